"""LeCun uniform keeps the variance of a linear net's signal, or of its gradients, and loses half under each ReLU."""

import math

import numpy as np
import pytest

from fiducial.checks.evidence import Array
from fiducial.checks.initializers import Draw, follows_law
from fiducial.checks.statistics import laws
from fiducial.reference.initializers import lecun_uniform
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import LECUN_UNIFORM as RULE


def fan_in(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """The mode ignored."""
    return 1 / n_in


def fan_out(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """The other fan."""
    return 1 / (n_out if mode == "fan_in" else n_in)


def doubled(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """He's variance."""
    return 2 / (n_in if mode == "fan_in" else n_out)


def third(n_in: int, n_out: int, mode: str = "fan_in") -> float:
    """The variance of U(±1/√n), which torch's linear layers start from."""
    return 1 / (3 * n_in)


BINDING = Binding(row="lecun_uniform", section=5, rule=RULE, wrong=[
    *draws.never_fresh(RULE, lecun_uniform),
    Wrong(variant(lecun_uniform, draw=draws.of_vectors_too), by=claimed(RULE, "vectors-have-no-fans")),
    Wrong(variant(lecun_uniform, draw=draws.uniform(fan_in)), by=claimed(RULE, "follows-law")),
    Wrong(variant(lecun_uniform, draw=draws.uniform(fan_out)), by=claimed(RULE, "keeps-linear-signal")),
    Wrong(variant(lecun_uniform, draw=draws.uniform(doubled)), by=claimed(RULE, "keeps-linear-signal")),
    Wrong(variant(lecun_uniform, draw=draws.uniform(third)), by=claimed(RULE, "keeps-linear-signal")),
    Wrong(variant(lecun_uniform, draw=draws.uniform(fan_in)), by=claimed(RULE, "keeps-linear-gradient")),
    Wrong(variant(lecun_uniform, draw=draws.uniform(doubled)), by=claimed(RULE, "loses-half-under-relu")),
])
test_lecun_uniform = define_test(BINDING)


class Layers:
    """The weights that torch's linear layers start with, as an initializer."""

    @staticmethod
    def draw(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
        """A fresh layer's weights."""
        torch = pytest.importorskip("torch")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**62)))
            layer = torch.nn.Linear(shape[1], shape[0], dtype=torch.float64)
        return np.asarray(layer.weight.detach().numpy())


THIRD = follows_law(lambda shape: laws.uniform(-1 / math.sqrt(shape[1]), 1 / math.sqrt(shape[1])), Draw((160, 128)))


def test_torchs_linear_layers_start_with_a_third_of_the_variance() -> None:
    ours = variant(lecun_uniform, draw=lecun_uniform.linear_draw)
    assert THIRD.examine(ours).status == "passed"
    assert THIRD.examine(Layers).status == "passed"
    assert THIRD.examine(lecun_uniform).status == "failed"
    assert claimed(RULE, "keeps-linear-signal").examine(Layers).status == "failed"
