"""Xavier normal compromises between signals and gradients, and keeps both where the fans are equal."""

import numpy as np

from fiducial.checks.statistics import distribution, laws, variance_of_bounded
from fiducial.reference.initializers import xavier_normal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import XAVIER_NORMAL as RULE


def without_gain(n_in: int, n_out: int, gain: float = 1.0) -> float:
    """The gain ignored."""
    return 2 / (n_in + n_out)


def one_fan(n_in: int, n_out: int, gain: float = 1.0) -> float:
    """LeCun's variance."""
    return gain**2 / n_in


def doubled(n_in: int, n_out: int, gain: float = 1.0) -> float:
    """He's variance at equal fans."""
    return gain**2 * 4 / (n_in + n_out)


BINDING = Binding(
    row="xavier_normal", section=5, rule=RULE, against=("torch.nn.init:xavier_normal_",),
    wrong=[
        *draws.never_fresh(RULE, xavier_normal),
        Wrong(variant(xavier_normal, draw=draws.of_vectors_too), by=claimed(RULE, "vectors-have-no-fans")),
        Wrong(variant(xavier_normal, draw=draws.normal(without_gain)), by=claimed(RULE, "follows-law")),
        Wrong(variant(xavier_normal, draw=xavier_normal.truncated_draw), by=claimed(RULE, "follows-law")),
        Wrong(variant(xavier_normal, draw=draws.normal(one_fan)), by=claimed(RULE, "follows-law"),
              printed="\"Xavier/Glorot\" for variance 1/n", right="that is LeCun (fan-in) initialization"),
        Wrong(variant(xavier_normal, draw=draws.normal(one_fan)),
              by=claimed(RULE, "compromises-between-signal-and-gradient")),
        Wrong(variant(xavier_normal, draw=draws.normal(doubled)), by=claimed(RULE, "keeps-small-tanh-signal")),
    ])
test_xavier_normal = define_test(BINDING)


def test_keras_truncates_and_once_forgot_to_widen() -> None:
    rng = np.random.default_rng(5)
    now = xavier_normal.truncated_draw((160, 128), rng=rng) * 12
    once = xavier_normal.early_keras_draw((160, 128), rng=rng) * 12
    wide = 1 / 0.87962566
    assert distribution(now, laws.truncated_normal(0, wide, -2 * wide, 2 * wide), alpha=1e-9).holds
    assert distribution(once, laws.truncated_normal(0, 1, -2, 2), alpha=1e-9).holds
    assert variance_of_bounded(now.ravel(), 1.0, (-2.28, 2.28), alpha=1e-9).holds
    assert variance_of_bounded(once.ravel(), 0.7737, (-2, 2), alpha=1e-9).holds
    assert not variance_of_bounded(once.ravel(), 1.0, (-2, 2), alpha=1e-9).holds
