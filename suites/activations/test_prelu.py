"""Parametric ReLU against its claims, torch's among its subjects."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fiducial.checks import rectifiers as claims
from fiducial.reference.activations import prelu
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import PRELU

Array = NDArray[np.float64]


def first_channel_alone(x: Array, beta: Array) -> Array:
    """β_0 for the first of several channels, no leak for the others."""
    return prelu.forward(x, beta * (np.arange(beta.size) == 0))


def mean_over_the_batch(x: Array, beta: Array, g: Array) -> prelu.Gradients:
    """∂β divided by the number of examples."""
    found = prelu.backward(x, beta, g)
    return prelu.Gradients(found.x, found.beta / 2)


BINDING = Binding(
    row="PReLU", section=1, rule=PRELU, against=("torch.nn.functional:prelu", "torch.nn:PReLU"),
    wrong=[
        *of_a_map(PRELU, forward=first_channel_alone, backward=mean_over_the_batch),
        Wrong(variant(prelu, backward=mean_over_the_batch), by=claims.leak_gradient_is_a_sum),
        Wrong(variant(prelu, forward=first_channel_alone), by=claims.equal_leaks_are_one),
    ])

test_prelu = define_test(BINDING)


def test_channels_on_the_last_axis() -> None:
    x, beta, g = np.array([[[-1.0, -2.0]], [[3.0, -4.0]]]), np.array([0.5, 0.25]), np.ones((2, 1, 2))
    np.testing.assert_array_equal(prelu.forward(x, beta, axis=-1), [[[-0.5, -0.5]], [[3.0, -1.0]]])
    np.testing.assert_array_equal(prelu.backward(x, beta, g, axis=-1).beta, [-1.0, -6.0])
    with pytest.raises(ValueError, match="beta must hold 1 leak or one for each of the 1 channels, got 2"):
        prelu.forward(x, beta)
