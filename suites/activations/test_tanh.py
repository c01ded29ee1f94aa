"""The hyperbolic tangent against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import activations as claims
from fiducial.reference.activations import sigmoid, tanh
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import TANH

Array = NDArray[np.float64]


def naive(x: Array) -> Array:
    """(e^2x - 1) / (e^2x + 1)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((np.exp(2 * x) - 1) / (np.exp(2 * x) + 1))


def not_doubled(x: Array) -> Array:
    """2 σ(x) - 1."""
    return 2 * sigmoid.forward(x) - 1


def slope_not_doubled(x: Array, g: Array) -> Array:
    """The slope of 2 σ(x) - 1."""
    return 2 * sigmoid.backward(x, g)


def lost_sign(x: Array, g: Array) -> Array:
    """g (1 + y²)."""
    return g * (1 + tanh.forward(x) ** 2)


BINDING = Binding(
    row="tanh", section=1, rule=TANH, against=("torch.nn.functional:tanh", "torch.nn:Tanh"),
    wrong=[
        *of_a_map(TANH, forward=not_doubled, backward=lost_sign),
        Wrong(variant(tanh, forward=naive), by=claims.odd),
        Wrong(variant(tanh, forward=not_doubled), by=claims.stretched_sigmoid),
        Wrong(variant(tanh, backward=lost_sign), by=claims.slope_between_0_and_1),
        Wrong(variant(tanh, backward=slope_not_doubled), by=claims.slope_at_0_is_four_times_the_sigmoids),
        Wrong(sigmoid, by=claims.mean_output_is_0),
    ])

test_tanh = define_test(BINDING)


def test_the_slope_is_0_in_floats_beyond_19_1() -> None:
    x = np.array([18.0, 19.1, -19.1, 100.0])
    assert np.array_equal(tanh.backward(x, np.ones(4)) == 0, [False, True, True, True])
