"""Xavier uniform compromises between signals and gradients, and keeps both where the fans are equal."""

from fiducial.reference.initializers import xavier_uniform
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import XAVIER_UNIFORM as RULE


def without_gain(n_in: int, n_out: int, gain: float = 1.0) -> float:
    """The gain ignored."""
    return 2 / (n_in + n_out)


def one_fan(n_in: int, n_out: int, gain: float = 1.0) -> float:
    """LeCun's variance."""
    return gain**2 / n_in


def doubled(n_in: int, n_out: int, gain: float = 1.0) -> float:
    """He's variance at equal fans."""
    return gain**2 * 4 / (n_in + n_out)


def printed_bound(n_in: int, n_out: int, gain: float = 1.0) -> float:
    """The variance of U(±√6/(n_in + n_out))."""
    return gain**2 * 2 / (n_in + n_out) ** 2


BINDING = Binding(
    row="xavier_uniform", section=5, rule=RULE, against=("torch.nn.init:xavier_uniform_",),
    wrong=[
        *draws.never_fresh(RULE, xavier_uniform),
        Wrong(variant(xavier_uniform, draw=draws.of_vectors_too), by=claimed(RULE, "vectors-have-no-fans")),
        Wrong(variant(xavier_uniform, draw=draws.uniform(without_gain)), by=claimed(RULE, "follows-law")),
        Wrong(variant(xavier_uniform, draw=draws.uniform(printed_bound)), by=claimed(RULE, "follows-law"),
              printed="Xavier uniform bound √6/(n_in+n_out)", right="√(6/(n_in+n_out))"),
        Wrong(variant(xavier_uniform, draw=draws.uniform(one_fan)),
              by=claimed(RULE, "compromises-between-signal-and-gradient")),
        Wrong(variant(xavier_uniform, draw=draws.uniform(doubled)), by=claimed(RULE, "keeps-small-tanh-signal")),
    ])
test_xavier_uniform = define_test(BINDING)
