"""LeCun normal keeps the variance of a linear net's signal, or of its gradients, and loses half under each ReLU."""

import math

from fiducial.checks.initializers import Draw, follows_law
from fiducial.checks.statistics import laws
from fiducial.reference.initializers import lecun_normal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import LECUN_NORMAL as RULE

KEPT = 0.7737413035499232  # the variance that is left of 1 after a cut at two σ


def fan_in(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """The mode ignored."""
    return 1 / n_in


def fan_out(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """The other fan."""
    return 1 / (n_out if mode == "fan_in" else n_in)


def doubled(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """He's variance."""
    return 2 / (n_in if mode == "fan_in" else n_out)


def as_printed(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """Weights multiplied by √fan-in."""
    return float(n_in)


def a_third(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """The variance of U(±1/√n), from which torch's linear layers start."""
    return 1 / (3 * n_in)


BINDING = Binding(row="lecun_normal", section=5, rule=RULE, wrong=[
    *draws.never_fresh(RULE, lecun_normal),
    Wrong(variant(lecun_normal, draw=draws.of_vectors_too), by=claimed(RULE, "vectors-have-no-fans")),
    Wrong(variant(lecun_normal, draw=draws.normal(fan_in)), by=claimed(RULE, "follows-law")),
    Wrong(variant(lecun_normal, draw=draws.normal(fan_out)), by=claimed(RULE, "keeps-linear-signal")),
    Wrong(variant(lecun_normal, draw=draws.normal(doubled)), by=claimed(RULE, "keeps-linear-signal")),
    Wrong(variant(lecun_normal, draw=draws.uniform(a_third)), by=claimed(RULE, "keeps-linear-signal")),
    Wrong(variant(lecun_normal, draw=draws.normal(as_printed)), by=claimed(RULE, "keeps-linear-signal"),
          printed="inputs scaled to the same covariance; weights scaled by √fan-in",
          right="the same variance; divided by √fan-in"),
    Wrong(variant(lecun_normal, draw=draws.normal(fan_in)), by=claimed(RULE, "keeps-linear-gradient")),
    Wrong(variant(lecun_normal, draw=draws.normal(doubled)), by=claimed(RULE, "loses-half-under-relu")),
])
test_lecun_normal = define_test(BINDING)


def test_truncated_normal_weights_have_the_same_variance() -> None:
    cut = variant(lecun_normal, draw=lecun_normal.truncated_draw)
    law = follows_law(lambda shape: laws.truncated_normal(0, 1 / math.sqrt(shape[1] * KEPT), *edges(shape)),
                      Draw((160, 128)))
    assert law.examine(cut).status == "passed"
    assert law.examine(lecun_normal).status == "failed"
    assert claimed(RULE, "keeps-linear-signal").examine(cut).status == "passed"


def edges(shape: tuple[int, ...]) -> tuple[float, float]:
    """Two σ of the law before the cut."""
    edge = 2 / math.sqrt(shape[1] * KEPT)
    return -edge, edge
