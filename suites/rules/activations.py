"""Rules of activations: how public functions and modules spell the arguments of `reference.activations`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import just

from fiducial.checks import activations as smooth
from fiducial.checks import gates, rectifiers
from fiducial.checks import softmax as scores
from fiducial.checks.activations import BETAS, EMPTY, REALS, TIMES_BETA, WITH_KINKS, Ranges
from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import (
    empty_batch,
    float32_follows_definition,
    follows_definition,
    gradient_follows_definition,
    gradient_is_the_derivative,
    layouts_change_nothing,
)
from fiducial.checks.rectifiers import IMAGE_RANGES, LEAKS, LEAKS_TRAINED, NO_IMAGES
from fiducial.checks.softmax import AXES, EMPTY_BATCH, RANGES
from fiducial.reference.activations import (
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsumexp,
    mish,
    prelu,
    relu,
    rrelu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from fiducial.suites.bindings import variant
from fiducial.suites.rules.kinds import MapRule, RandomMapRule


def of_a_map(definition: Any, x: Ranges = REALS, *, empty: Mapping[str, Any] | None = None,
             **rest: Any) -> tuple[Claim, ...]:
    """What every activation claims: values, gradients, float32, strides, empty batches."""
    return (follows_definition(definition, examples=50, x=x.wide, **rest),
            gradient_follows_definition(definition, examples=50, x=x.wide, **rest),
            gradient_is_the_derivative(examples=10, x=x.near, **rest),
            float32_follows_definition(definition, examples=25, x=x.float32, **rest),
            layouts_change_nothing(definition, examples=8, x=x.wide, **rest),
            empty_batch(definition, examples=4, **(empty or {"x": EMPTY})))


NO_SCORES = {"x": EMPTY_BATCH, "axis": just(-1)}

SIGMOID = MapRule(
    name="sigmoid", aliases=("logistic", "expit"), summary="squash any number into (0, 1)",
    formula="y = 1 / (1 + e^-x)", source="Rumelhart, Hinton, Williams, 1986, eq. 2", definition=sigmoid,
    claims=(*of_a_map(sigmoid), smooth.complement, smooth.slope_at_most_a_quarter, smooth.slope_is_the_product,
            smooth.mean_output_is_a_half, smooth.saturates_without_overflow))

TANH = MapRule(
    name="tanh", summary="squash any number into (-1, 1)", formula="y = (e^x - e^-x) / (e^x + e^-x)",
    source="LeCun, Bottou, Orr, Müller, 1998, section 4.4", definition=tanh,
    claims=(*of_a_map(tanh), smooth.odd, smooth.stretched_sigmoid, smooth.slope_between_0_and_1,
            smooth.slope_at_0_is_four_times_the_sigmoids, smooth.mean_output_is_0))

RELU = MapRule(
    name="relu", aliases=("rectifier",), summary="keep what is positive, and nothing else", formula="y = max(0, x)",
    source="Nair, Hinton, 2010", definition=relu,
    claims=(*of_a_map(relu, WITH_KINKS), rectifiers.positively_homogeneous, rectifiers.idempotent,
            rectifiers.half_of_the_outputs_are_0, rectifiers.half_of_the_second_moment,
            rectifiers.kink_is_called_a_kink))

SOFTPLUS = MapRule(
    name="softplus", summary="the smooth ReLU, whose slope is the sigmoid", formula="y = ln(1 + e^(βx)) / β",
    source="Dugas et al., 2000", definition=softplus, who="JAX, Keras, TensorFlow",
    claims=(*of_a_map(softplus, TIMES_BETA, beta=BETAS), smooth.difference_is_the_input, smooth.slope_is_the_sigmoid,
            smooth.lies_just_above_relu))

THRESHOLDED = variant(softplus, forward=softplus.thresholded_forward, backward=softplus.thresholded_backward)
SOFTPLUS_OF_TORCH = MapRule(
    name="softplus/torch", aliases=("torch.nn.functional:softplus", "torch.nn:Softplus"),
    summary="softplus, but x itself where βx > 20", formula="y = x if βx > 20, else ln(1 + e^(βx)) / β",
    source="torch.nn.Softplus", definition=THRESHOLDED, who="torch",
    claims=(*of_a_map(THRESHOLDED, TIMES_BETA, beta=BETAS), smooth.threshold_costs_little))

LEAKY_RELU = MapRule(
    name="leaky_relu", summary="let a small share of what is negative through", formula="y = x if x > 0, else a x",
    source="Maas, Hannun, Ng, 2013", definition=leaky_relu, spelt={"a": ("negative_slope", "alpha", "slope")},
    claims=(*of_a_map(leaky_relu, WITH_KINKS, a=LEAKS), rectifiers.slope_at_0_is_the_leak, rectifiers.relu_at_leak_0,
            rectifiers.identity_at_leak_1))

PRELU = MapRule(
    name="prelu", summary="a leaky ReLU whose leak is trained, per channel or shared",
    formula="y = max(0, x) + β min(0, x)", source="He, Zhang, Ren, Sun, 2015, eq. 1", definition=prelu,
    positional=("x", "beta"), parameters={"beta": ("weight",)},
    sizes={"num_parameters": lambda sample: sample["beta"].size},
    claims=(*of_a_map(prelu, IMAGE_RANGES, beta=LEAKS_TRAINED, empty={"x": NO_IMAGES, "beta": LEAKS_TRAINED}),
            rectifiers.leak_gradient_is_a_sum, rectifiers.equal_leaks_are_one))

RRELU = RandomMapRule(
    name="rrelu", summary="a leak drawn for every entry in training, and its mean at test",
    formula="y = x if x > 0, else a x;  a ~ U(l, u) in training, (l + u)/2 at test", source="Xu, Wang, Chen, Li, 2015",
    definition=rrelu, claims=(rectifiers.test_is_the_mean_of_training, rectifiers.leaks_are_uniform,
                              rectifiers.gradient_leaks_as_the_values_do))

SOFTMAX = MapRule(
    name="softmax", summary="scores into probabilities", formula="p_k = e^(x_k - m) / Σ_j e^(x_j - m), m = max_j x_j",
    source="Bridle, 1989", definition=softmax, spelt={"axis": ("dim", "axis")},
    claims=(*of_a_map(softmax, RANGES, axis=AXES, empty=NO_SCORES),
            scores.shift_invariance, scores.unequal_shift_multiplies_the_odds,
            scores.sums_to_one, scores.permutation_equivariance, scores.jacobian_is_diag_p_minus_p_pt,
            scores.jacobian_is_symmetric, scores.jacobian_is_positive_semidefinite, scores.jacobian_rows_sum_to_zero,
            scores.no_overflow))

LOG_SOFTMAX = MapRule(
    name="log_softmax", summary="logarithms of softmax's probabilities", formula="y_k = x_k - m - ln Σ_j e^(x_j - m)",
    source="Blanchard, Higham, Higham, 2021", definition=log_softmax, spelt={"axis": ("dim", "axis")},
    claims=(*of_a_map(log_softmax, RANGES, axis=AXES, empty=NO_SCORES),
            scores.logarithm_of_softmax, scores.permutation_equivariance,
            scores.finite_for_large_scores))

LOGSUMEXP = MapRule(
    name="logsumexp", aliases=("log_sum_exp",), summary="the smooth maximum", formula="y = m + ln Σ_j e^(x_j - m)",
    source="Blanchard, Higham, Higham, 2021", definition=logsumexp, spelt={"axis": ("dim", "axis")},
    claims=(*of_a_map(logsumexp, RANGES, axis=AXES, empty=NO_SCORES),
            scores.shift_passes_through, scores.slopes_are_probabilities,
            scores.finite_for_large_scores))

GELU = MapRule(
    name="gelu", summary="the input times the chance that a normal number lies below it", formula="y = x Φ(x)",
    source="Hendrycks, Gimpel, 2016, section 2", definition=gelu, who="torch, Keras; JAX if asked",
    claims=(*of_a_map(gelu), gates.gates_of_both_signs_add_up))

BY_TANH = variant(gelu, forward=gelu.tanh_forward, backward=gelu.tanh_backward)
GELU_BY_TANH = MapRule(
    name="gelu/tanh", summary="GELU by its approximation", formula="y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))",
    source="Hendrycks, Gimpel, 2016, section 2", definition=BY_TANH, who="JAX; torch and Keras if asked",
    claims=(*of_a_map(BY_TANH), gates.close_to_gelu))

SILU = MapRule(
    name="silu", aliases=("swish",), summary="the input times its own sigmoid", formula="y = x σ(x)",
    source="Elfwing, Uchibe, Doya, 2018", definition=silu,
    claims=(*of_a_map(silu), gates.gates_of_both_signs_add_up))

ELU = MapRule(
    name="elu", summary="the identity above zero, below it an exponential", formula="y = x if x > 0, else α (e^x - 1)",
    source="Clevert, Unterthiner, Hochreiter, 2016", definition=elu,
    claims=(*of_a_map(elu, alpha=gates.ALPHAS), gates.saturates_at_minus_alpha, gates.slope_at_0_is_alpha))

SELU = MapRule(
    name="selu", summary="an ELU that keeps mean 0 and variance 1", formula="y = λ elu(x; α)",
    source="Klambauer, Unterthiner, Mayr, Hochreiter, 2017, eq. 2", definition=selu,
    claims=(*of_a_map(selu), gates.keeps_mean_0_and_variance_1))

MISH = MapRule(
    name="mish", summary="the input times the tanh of its softplus", formula="y = x tanh(ln(1 + e^x))",
    source="Misra, 2020", definition=mish, claims=(*of_a_map(mish), gates.between_its_minimum_and_relu))

HARDTANH = MapRule(
    name="hardtanh", aliases=("hard_tanh",), summary="clip to an interval", formula="y = min(max(x, l), u)",
    source="Collobert, 2004", definition=hardtanh, spelt={"lower": ("min_val",), "upper": ("max_val",)},
    claims=(*of_a_map(hardtanh, WITH_KINKS), gates.projects_onto_its_interval))

HARDSIGMOID = MapRule(
    name="hardsigmoid", aliases=("hard_sigmoid",), summary="a clipped straight line in place of the sigmoid",
    formula="y = min(max(x + 3, 0), 6) / 6", source="Howard et al., 2019, section 5.2", definition=hardsigmoid,
    claims=(*of_a_map(hardsigmoid, WITH_KINKS), smooth.complement))

HARDSWISH = MapRule(
    name="hardswish", aliases=("hard_swish", "hard_silu"), summary="the input times its hard sigmoid",
    formula="y = x min(max(x + 3, 0), 6) / 6", source="Howard et al., 2019, section 5.2", definition=hardswish,
    claims=(*of_a_map(hardswish, WITH_KINKS), gates.gates_of_both_signs_add_up))
