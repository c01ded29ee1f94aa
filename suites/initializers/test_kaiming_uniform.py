"""Kaiming uniform keeps the signal of a net of ReLUs, in the mean over nets."""

from fiducial.reference.initializers import kaiming_uniform
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import KAIMING_UNIFORM as RULE


def fan_in(n_in: int, n_out: int, a: float = 0.0, mode: str = "fan_in") -> float:
    """The mode ignored."""
    return 2 / ((1 + a**2) * n_in)


def without_leak(n_in: int, n_out: int, a: float = 0.0, mode: str = "fan_in") -> float:
    """The slope ignored."""
    return 2 / (n_in if mode == "fan_in" else n_out)


def as_lecun(n_in: int, n_out: int, a: float = 0.0, mode: str = "fan_in") -> float:
    """Half of the variance."""
    return 1 / ((1 + a**2) * (n_in if mode == "fan_in" else n_out))


BINDING = Binding(
    row="kaiming_uniform", section=5, rule=RULE, against=("torch.nn.init:kaiming_uniform_",),
    wrong=[
        *draws.never_fresh(RULE, kaiming_uniform),
        Wrong(variant(kaiming_uniform, draw=draws.of_vectors_too), by=claimed(RULE, "vectors-have-no-fans")),
        Wrong(variant(kaiming_uniform, draw=draws.uniform(fan_in)), by=claimed(RULE, "follows-law")),
        Wrong(variant(kaiming_uniform, draw=draws.normal(without_leak)), by=claimed(RULE, "follows-law")),
        Wrong(variant(kaiming_uniform, draw=draws.uniform(as_lecun)), by=claimed(RULE, "keeps-relu-signal")),
        Wrong(variant(kaiming_uniform, draw=draws.uniform(without_leak)), by=claimed(RULE, "keeps-leaky-signal")),
        Wrong(variant(kaiming_uniform, draw=draws.uniform(fan_in)), by=claimed(RULE, "keeps-relu-gradient")),
        Wrong(variant(kaiming_uniform, draw=draws.uniform(as_lecun)), by=claimed(RULE, "doubles-linear-signal")),
        Wrong(variant(kaiming_uniform, draw=lambda shape, rng: rng.standard_normal(shape) - 0.5),
              by=claimed(RULE, "half-of-the-activations-are-zero")),
    ])
test_kaiming_uniform = define_test(BINDING)
