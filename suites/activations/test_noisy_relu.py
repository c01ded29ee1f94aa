"""Noisy ReLU against its claims; no public package ships it as one callable."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fiducial.checks import rectifiers as claims
from fiducial.checks.activations import numbers
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.activations import noisy_relu, relu
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[np.float64]
SHAPES: st.SearchStrategy[tuple[int, ...]] = st.shared(st.sampled_from(((3,), (1,), (2, 3))), key="noisy_relu")
INPUTS = SHAPES.flatmap(lambda shape: numbers((shape,), (1.0, 0.1, 10.0)))
DERIVATIVE = gradient_is_the_derivative(x=INPUTS, z=SHAPES.flatmap(lambda shape: numbers((shape,), (1.0,))))


def noise_of_variance_1(x: Array, z: Array) -> Array:
    """max(0, x + z)."""
    return relu.forward(x + z)


BINDING = Binding(
    row="noisy ReLU", section=1, definition=noisy_relu,
    claims=(DERIVATIVE, claims.mean_under_noise, claims.second_moment_under_noise),
    wrong=[
        Wrong(variant(noisy_relu, backward=noisy_relu.fixed_noise_backward), by=DERIVATIVE),
        Wrong(variant(noisy_relu, forward=noisy_relu.wide_forward), by=claims.mean_under_noise),
        Wrong(variant(noisy_relu, forward=noise_of_variance_1), by=claims.second_moment_under_noise),
    ])
WIDE = Binding(
    row="noisy ReLU", section=1,
    definition=variant(noisy_relu, forward=noisy_relu.wide_forward, backward=noisy_relu.wide_backward),
    claims=(DERIVATIVE,), wrong=[Wrong(variant(noisy_relu, forward=noisy_relu.wide_forward), by=DERIVATIVE)])

test_noisy_relu = define_test(BINDING)
test_noisy_relu_with_the_sigmoid_for_its_deviation = define_test(WIDE)


def test_with_the_noise_fixed_the_slope_is_that_of_relu() -> None:
    x, z, g = np.array([-1.0, 0.5, 2.0]), np.array([0.1, -0.2, 1.0]), np.array([1.0, 2.0, 3.0])
    expected = relu.backward(x + noisy_relu.scale(x) * z, g)
    np.testing.assert_array_equal(noisy_relu.fixed_noise_backward(x, z, g), expected)
