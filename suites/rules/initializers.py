"""Rules of initializers: how public functions spell the options of `reference.initializers`."""

from __future__ import annotations

from fiducial.checks import initial_matrices as matrices
from fiducial.checks import signal_propagation as signals
from fiducial.checks.deep_nets import mean_is_kept_and_the_median_falls
from fiducial.checks.hidden_units import hidden_units_stay_equal, zeros_never_leave_zero
from fiducial.checks.initializers import (
    Draw,
    draws_come_from_the_generator,
    entries_are_independent,
    every_entry_is,
    follows_law,
    kaiming,
    lecun,
    normal_of,
    uniform_of,
    vectors_have_no_fans,
    xavier,
)
from fiducial.checks.statistics import laws
from fiducial.reference.initializers import (
    constant,
    dirac,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    ones,
    orthogonal,
    small_random,
    sparse,
    trunc_normal,
    uniform,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from fiducial.suites.rules.kinds import InitializerRule

KERNEL, MATRIX = (64, 20, 4, 4), (160, 128)  # 20,480 entries each; fans 320 and 1024, 128 and 160
OUT = {"mode": "fan_out"}
FLAT = Draw(MATRIX)
FRESH = (draws_come_from_the_generator(FLAT), entries_are_independent(FLAT))

ZEROS = InitializerRule(
    name="zeros", aliases=("torch.nn.init:zeros_",), summary="every entry is 0", formula="w = 0",
    source="Rumelhart, Hinton, Williams, 1986 (why not to)", definition=zeros,
    claims=(every_entry_is(lambda: 0.0, Draw((3, 4)), Draw((5,))), hidden_units_stay_equal(), zeros_never_leave_zero))

ONES = InitializerRule(
    name="ones", aliases=("torch.nn.init:ones_",), summary="every entry is 1", formula="w = 1",
    source="Goyal et al., 2017, section 5.1", definition=ones,
    claims=(every_entry_is(lambda: 1.0, Draw((3, 4)), Draw((5,))), hidden_units_stay_equal()))

CONSTANT = InitializerRule(
    name="constant", aliases=("torch.nn.init:constant_",), summary="every entry is one value", formula="w = c",
    source="Goodfellow, Bengio, Courville, 2016, section 8.4", definition=constant,
    spelt={"value": ("val", "value", "fill_value", "constant")},
    claims=(every_entry_is(lambda value: float(value), Draw((3, 4), {"value": 0.1}), Draw((5,), {"value": -7.0})),
            hidden_units_stay_equal(value=0.3)))

NORMAL = InitializerRule(
    name="normal", aliases=("random_normal", "gaussian", "torch.nn.init:normal_"),
    summary="independent normal entries", formula="w ~ N(μ, σ²)",
    source="Goodfellow, Bengio, Courville, 2016, section 8.4", definition=normal,
    spelt={"std": ("std", "stddev", "sigma", "scale"), "mean": ("mean", "mu", "loc")},
    claims=(follows_law(lambda shape, mean=0.0, std=1.0: laws.normal(mean, std),
                        FLAT, Draw((20_480,), {"mean": -3.0, "std": 0.05})), *FRESH))

UNIFORM = InitializerRule(
    name="uniform", aliases=("random_uniform", "torch.nn.init:uniform_"),
    summary="independent uniform entries", formula="w ~ U(a, b)",
    source="Goodfellow, Bengio, Courville, 2016, section 8.4", definition=uniform,
    spelt={"a": ("a", "low", "minval"), "b": ("b", "high", "maxval")},
    claims=(follows_law(lambda shape, a=0.0, b=1.0: laws.uniform(a, b),
                        FLAT, Draw((20_480,), {"a": -0.05, "b": 0.05})), *FRESH))

SMALL_RANDOM = InitializerRule(
    name="small_random", summary="N(0, 0.01²) whatever the fan", formula="w ~ N(0, 0.01²)",
    source="Krizhevsky, Sutskever, Hinton, 2012, section 5", definition=small_random,
    spelt={"std": ("std", "stddev", "sigma", "scale")},
    claims=(follows_law(lambda shape, std: laws.normal(0, std), Draw(MATRIX, {"std": 0.01}),
                        Draw(KERNEL, {"std": 0.01})), signals.small_numbers_scale_with_the_fan))

LECUN_NORMAL = InitializerRule(
    name="lecun_normal", aliases=("fan_in_normal",), summary="normal, variance 1/n", formula="w ~ N(0, 1/n)",
    source="LeCun, Bottou, Orr, Müller, 1998, eq. 16", definition=lecun_normal,
    claims=(follows_law(normal_of(lecun), Draw(KERNEL), Draw(MATRIX, OUT)), *FRESH, vectors_have_no_fans,
            signals.keeps_linear_signal(), signals.keeps_linear_gradient(**OUT), signals.loses_half_under_relu))

LECUN_UNIFORM = InitializerRule(
    name="lecun_uniform", aliases=("fan_in_uniform",), summary="uniform, variance 1/n",
    formula="w ~ U(±√(3/n))", source="LeCun, Bottou, Orr, Müller, 1998, eq. 16", definition=lecun_uniform,
    claims=(follows_law(uniform_of(lecun), Draw(KERNEL), Draw(MATRIX, OUT)), *FRESH, vectors_have_no_fans,
            signals.keeps_linear_signal(), signals.keeps_linear_gradient(**OUT), signals.loses_half_under_relu))

GAINED = (Draw(KERNEL), Draw(MATRIX, {"gain": 5 / 3}))

XAVIER_NORMAL = InitializerRule(
    name="xavier_normal", aliases=("glorot_normal", "torch.nn.init:xavier_normal_"),
    summary="normal, variance 2/(n_in + n_out)", formula="w ~ N(0, gain² · 2/(n_in + n_out))",
    source="Glorot, Bengio, 2010, eq. 12", definition=xavier_normal,
    claims=(follows_law(normal_of(xavier), *GAINED), *FRESH, vectors_have_no_fans,
            signals.compromises_between_signal_and_gradient, signals.keeps_small_tanh_signal))

XAVIER_UNIFORM = InitializerRule(
    name="xavier_uniform", aliases=("glorot_uniform", "torch.nn.init:xavier_uniform_"),
    summary="uniform, variance 2/(n_in + n_out)", formula="w ~ U(±gain √(6/(n_in + n_out)))",
    source="Glorot, Bengio, 2010, eq. 16", definition=xavier_uniform,
    claims=(follows_law(uniform_of(xavier), *GAINED), *FRESH, vectors_have_no_fans,
            signals.compromises_between_signal_and_gradient, signals.keeps_small_tanh_signal))

LEAKED = (Draw(KERNEL), Draw(MATRIX, OUT), Draw(KERNEL, {"a": 0.5, **OUT}))
RECTIFIED = (signals.keeps_relu_signal(), signals.keeps_leaky_signal(0.8), signals.keeps_relu_gradient(**OUT),
             signals.doubles_linear_signal, signals.half_of_the_activations_are_zero)

KAIMING_NORMAL = InitializerRule(
    name="kaiming_normal", aliases=("he_normal", "torch.nn.init:kaiming_normal_"),
    summary="normal, variance 2/n, for ReLUs", formula="w ~ N(0, 2/((1 + a²) n))",
    source="He, Zhang, Ren, Sun, 2015, eq. 10, 14, 15", definition=kaiming_normal,
    claims=(follows_law(normal_of(kaiming), *LEAKED), *FRESH, vectors_have_no_fans, *RECTIFIED,
            mean_is_kept_and_the_median_falls))

KAIMING_UNIFORM = InitializerRule(
    name="kaiming_uniform", aliases=("he_uniform", "torch.nn.init:kaiming_uniform_"),
    summary="uniform, variance 2/n, for ReLUs", formula="w ~ U(±√(6/((1 + a²) n)))",
    source="He, Zhang, Ren, Sun, 2015, eq. 10, 14, 15", definition=kaiming_uniform,
    claims=(follows_law(uniform_of(kaiming), *LEAKED), *FRESH, vectors_have_no_fans, *RECTIFIED))

ORTHOGONAL = InitializerRule(
    name="orthogonal", aliases=("torch.nn.init:orthogonal_",), summary="a random rotation, from Haar's law",
    formula="W = gain · Q sign(diag R),  Q R Gaussian", source="Saxe, McClelland, Ganguli, 2014; Mezzadri, 2007",
    definition=orthogonal,
    claims=(matrices.columns_are_orthonormal, matrices.is_rotation_invariant,
            draws_come_from_the_generator(Draw((7, 5)))))

TRUNC_NORMAL = InitializerRule(
    name="trunc_normal", aliases=("truncated_normal", "torch.nn.init:trunc_normal_"),
    summary="normal entries given that they fall between two values", formula="w ~ N(μ, σ²) given a ≤ w ≤ b",
    source="Devroye, 1986, section II.2.1", definition=trunc_normal,
    spelt={"std": ("std", "stddev", "sigma", "scale"), "mean": ("mean", "mu", "loc"),
           "a": ("a", "low", "lower"), "b": ("b", "high", "upper")},
    claims=(follows_law(lambda shape, mean=0.0, std=1.0, a=-2.0, b=2.0: laws.truncated_normal(mean, std, a, b),
                        FLAT, Draw(MATRIX, {"std": 2.0}), Draw(MATRIX, {"mean": 1.0, "std": 0.5, "a": 1.5, "b": 3.0})),
            *FRESH))

DIRAC = InitializerRule(
    name="dirac", aliases=("torch.nn.init:dirac_",), summary="a convolution that starts as the identity",
    formula="w[g m + i, i, centre] = 1, 0 elsewhere", source="Zagoruyko, Komodakis, 2017", definition=dirac,
    claims=(matrices.convolution_is_the_identity,))

SPARSE = InitializerRule(
    name="sparse", aliases=("torch.nn.init:sparse_",), summary="so many zeros in each column, small numbers elsewhere",
    formula="⌈sparsity · out⌉ zeros a column, w ~ N(0, σ²) elsewhere", source="Martens, 2010", definition=sparse,
    spelt={"std": ("std", "stddev", "sigma")},
    claims=(matrices.columns_have_their_zeros, matrices.zeros_fall_anywhere,
            draws_come_from_the_generator(Draw((6, 20), {"sparsity": 0.5}))))
