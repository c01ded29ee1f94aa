"""Leaky ReLU against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import rectifiers as claims
from fiducial.reference.activations import leaky_relu
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import LEAKY_RELU

Array = NDArray[np.float64]


def fixed_leak(x: Array, *, a: float = 0.01) -> Array:
    """0.01 x, whatever is asked."""
    return leaky_relu.forward(x)


def leak_of_all(x: Array, *, a: float = 0.01) -> Array:
    """max(0, x) less a |x|."""
    return np.maximum(x, 0) - a * np.abs(x)


def slope_1_at_0(x: Array, g: Array, *, a: float = 0.01) -> Array:
    """The slope of x where x ≥ 0."""
    return np.where(x >= 0, g, a * g)


def without_the_leak(x: Array, g: Array, *, a: float = 0.01) -> Array:
    """The slope of ReLU."""
    return np.where(x > 0, g, 0.0)


BINDING = Binding(
    row="leaky ReLU", section=1, rule=LEAKY_RELU, against=("torch.nn.functional:leaky_relu", "torch.nn:LeakyReLU"),
    wrong=[
        *of_a_map(LEAKY_RELU, forward=fixed_leak, backward=without_the_leak),
        Wrong(variant(leaky_relu, backward=slope_1_at_0), by=claims.slope_at_0_is_the_leak),
        Wrong(variant(leaky_relu, forward=fixed_leak), by=claims.relu_at_leak_0),
        Wrong(variant(leaky_relu, forward=leak_of_all), by=claims.identity_at_leak_1),
    ])

test_leaky_relu = define_test(BINDING)
