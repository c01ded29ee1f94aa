"""Random normal numbers follow N(μ, σ²) and are independent."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import normal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import NORMAL as RULE


def of_variance(shape: tuple[int, ...], *, rng: np.random.Generator, mean: float = 0.0,
                std: float = 1.0) -> Array:
    """std taken for a variance."""
    return np.asarray(mean + np.sqrt(std) * rng.standard_normal(shape))


def uniform(shape: tuple[int, ...], *, rng: np.random.Generator, mean: float = 0.0, std: float = 1.0) -> Array:
    """The uniform law of the same mean and variance."""
    return np.asarray(mean + std * np.sqrt(3) * (2 * rng.random(shape) - 1))


BINDING = Binding(row="normal", section=5, rule=RULE, against=("torch.nn.init:normal_",), wrong=[
    Wrong(variant(normal, draw=of_variance), by=claimed(RULE, "follows-law")),
    Wrong(variant(normal, draw=uniform), by=claimed(RULE, "follows-law")),
    *draws.never_fresh(RULE, normal),
])
test_normal = define_test(BINDING)
