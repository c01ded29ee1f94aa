"""Kaiming normal keeps the signal of a net of ReLUs, in the mean over nets, and nothing else does."""

from fiducial.checks.deep_nets import mean_is_kept_and_the_median_falls
from fiducial.reference.initializers import kaiming_normal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import KAIMING_NORMAL as RULE


def fan_in(n_in: int, n_out: int, a: float = 0.0, mode: str = "fan_in") -> float:
    """The mode ignored."""
    return 2 / ((1 + a**2) * n_in)


def without_leak(n_in: int, n_out: int, a: float = 0.0, mode: str = "fan_in") -> float:
    """The slope ignored."""
    return 2 / (n_in if mode == "fan_in" else n_out)


def as_lecun(n_in: int, n_out: int, a: float = 0.0, mode: str = "fan_in") -> float:
    """Half of the variance."""
    return 1 / ((1 + a**2) * (n_in if mode == "fan_in" else n_out))


def as_printed(n_in: int, n_out: int, a: float = 0.0, mode: str = "fan_in") -> float:
    """n D(w) = ½."""
    return 1 / (2 * n_in)


BINDING = Binding(
    row="kaiming_normal", section=5, rule=RULE, against=("torch.nn.init:kaiming_normal_",),
    wrong=[
        *draws.never_fresh(RULE, kaiming_normal),
        Wrong(variant(kaiming_normal, draw=draws.of_vectors_too), by=claimed(RULE, "vectors-have-no-fans")),
        Wrong(variant(kaiming_normal, draw=draws.normal(fan_in)), by=claimed(RULE, "follows-law")),
        Wrong(variant(kaiming_normal, draw=draws.uniform(without_leak)), by=claimed(RULE, "follows-law")),
        Wrong(variant(kaiming_normal, draw=draws.normal(as_lecun)), by=claimed(RULE, "keeps-relu-signal")),
        Wrong(variant(kaiming_normal, draw=draws.normal(as_printed)), by=claimed(RULE, "keeps-relu-signal"),
              printed="He condition n_d D(w) = 1/2", right="n_d D(w) = 2"),
        Wrong(variant(kaiming_normal, draw=draws.normal(without_leak)), by=claimed(RULE, "keeps-leaky-signal")),
        Wrong(variant(kaiming_normal, draw=draws.normal(fan_in)), by=claimed(RULE, "keeps-relu-gradient")),
        Wrong(variant(kaiming_normal, draw=draws.normal(as_lecun)), by=claimed(RULE, "doubles-linear-signal")),
        Wrong(variant(kaiming_normal, draw=lambda shape, rng: rng.standard_normal(shape) - 0.5),
              by=claimed(RULE, "half-of-the-activations-are-zero")),
        Wrong(variant(kaiming_normal, draw=draws.normal(as_lecun)), by=mean_is_kept_and_the_median_falls),
    ])
test_kaiming_normal = define_test(BINDING)
