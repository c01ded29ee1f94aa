"""The sigmoid against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import activations as claims
from fiducial.reference.activations import sigmoid, tanh
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import SIGMOID

Array = NDArray[np.float64]


def naive(x: Array) -> Array:
    """e^x / (1 + e^x)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.exp(x) / (1 + np.exp(x)))


def gompertz(x: Array) -> Array:
    """e^(-e^-x)."""
    with np.errstate(over="ignore"):
        return np.exp(-np.exp(-x))


def tanh_backward(x: Array, g: Array) -> Array:
    """g (1 - y²)."""
    return g * (1 - sigmoid.forward(x) ** 2)


def through_the_output(x: Array, g: Array) -> Array:
    """g σ'(y), y = σ(x)."""
    return sigmoid.backward(sigmoid.forward(x), g)


BINDING = Binding(
    row="sigmoid", section=1, rule=SIGMOID,
    against=("torch:sigmoid", "torch.nn.functional:sigmoid", "torch.nn:Sigmoid"),
    wrong=[
        *of_a_map(SIGMOID, forward=gompertz, backward=tanh_backward),
        Wrong(variant(sigmoid, backward=through_the_output), by=SIGMOID.claims[2],
              printed="∂x = g ⊙ g'(y)", right="∂x = g ⊙ g'(z), z the input: y(1 - y) is already in terms of y"),
        Wrong(variant(sigmoid, forward=gompertz), by=claims.complement),
        Wrong(variant(sigmoid, backward=tanh_backward), by=claims.slope_at_most_a_quarter),
        Wrong(variant(sigmoid, backward=through_the_output), by=claims.slope_is_the_product),
        Wrong(variant(sigmoid, forward=lambda x: sigmoid.forward(x - 0.5)), by=claims.mean_output_is_a_half),
        Wrong(variant(sigmoid, forward=naive), by=claims.saturates_without_overflow),
        Wrong(tanh, by=claims.saturates_without_overflow),
    ])

test_sigmoid = define_test(BINDING)


def test_the_slope_from_the_output_is_0_where_the_slope_is_not() -> None:
    x, g = np.array([36.0, 37.5, 700.0]), np.ones(3)
    assert np.array_equal(sigmoid.backward(x, g) == 0, [False, True, True])
    np.testing.assert_allclose(sigmoid.symmetric_backward(x, g), np.exp(-x), rtol=1e-15)
