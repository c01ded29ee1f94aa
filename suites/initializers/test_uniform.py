"""Random uniform numbers follow U(a, b) and are independent."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import uniform
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import UNIFORM as RULE


def symmetric(shape: tuple[int, ...], *, rng: np.random.Generator, a: float = 0.0, b: float = 1.0) -> Array:
    """b for both bounds."""
    return b * (2 * rng.random(shape) - 1)


def on_a_grid(shape: tuple[int, ...], *, rng: np.random.Generator, a: float = 0.0, b: float = 1.0) -> Array:
    """Only 256 values."""
    return a + (b - a) * rng.integers(0, 256, shape) / 256


BINDING = Binding(row="uniform", section=5, rule=RULE, against=("torch.nn.init:uniform_",), wrong=[
    Wrong(variant(uniform, draw=symmetric), by=claimed(RULE, "follows-law")),
    Wrong(variant(uniform, draw=on_a_grid), by=claimed(RULE, "follows-law")),
    *draws.never_fresh(RULE, uniform),
])
test_uniform = define_test(BINDING)
