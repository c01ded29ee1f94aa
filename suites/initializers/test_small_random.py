"""Small random numbers do not look at the fan, so their signal does."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import small_random
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import SMALL_RANDOM as RULE


def of_variance(shape: tuple[int, ...], *, rng: np.random.Generator, std: float = 0.01) -> Array:
    """0.01 taken for the variance."""
    return np.asarray(np.sqrt(std) * rng.standard_normal(shape))


def scaled(shape: tuple[int, ...], *, rng: np.random.Generator, std: float = 0.01) -> Array:
    """0.01 at 64 inputs, scaled by the fan elsewhere."""
    return np.asarray(std * np.sqrt(64 / shape[1]) * rng.standard_normal(shape))


BINDING = Binding(row="small random", section=5, rule=RULE, against=("torch.nn.init:normal_",), wrong=[
    Wrong(variant(small_random, draw=of_variance), by=claimed(RULE, "follows-law")),
    Wrong(variant(small_random, draw=scaled), by=claimed(RULE, "scale-with-the-fan")),
])
test_small_random = define_test(BINDING)
