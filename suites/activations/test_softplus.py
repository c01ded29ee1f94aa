"""Softplus against its claims, and torch's form, cut off at 20, against its own."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fiducial.checks import activations as claims
from fiducial.reference.activations import softplus
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import SOFTPLUS, SOFTPLUS_OF_TORCH

Array = NDArray[np.float64]


def not_divided(x: Array, *, beta: float = 1.0) -> Array:
    """ln(1 + e^βx)."""
    return beta * softplus.forward(x, beta=beta)


def beta_left_out(x: Array, g: Array, *, beta: float = 1.0) -> Array:
    """g σ(x)."""
    return softplus.backward(x, g)


def cut_at_10(x: Array, *, beta: float = 1.0) -> Array:
    """x itself where βx > 10."""
    return softplus.thresholded_forward(x, beta=beta, threshold=10.0)


BINDING = Binding(
    row="softplus", section=1, rule=SOFTPLUS,
    wrong=[
        *of_a_map(SOFTPLUS, forward=not_divided, backward=beta_left_out),
        Wrong(variant(softplus, forward=softplus.thresholded_forward), by=SOFTPLUS.claims[0]),
        Wrong(variant(softplus, forward=softplus.thresholded_forward), by=claims.difference_is_the_input),
        Wrong(variant(softplus, backward=beta_left_out), by=claims.slope_is_the_sigmoid),
        Wrong(variant(softplus, forward=not_divided), by=claims.lies_just_above_relu),
    ])
OF_TORCH = Binding(
    row="softplus", section=1, rule=SOFTPLUS_OF_TORCH, against=("torch.nn.functional:softplus", "torch.nn:Softplus"),
    wrong=[
        *of_a_map(SOFTPLUS_OF_TORCH, forward=not_divided, backward=beta_left_out),
        Wrong(variant(softplus, forward=cut_at_10), by=claims.threshold_costs_little),
    ])

test_softplus = define_test(BINDING)
test_softplus_of_torch = define_test(OF_TORCH)


def test_no_beta_of_0() -> None:
    with pytest.raises(ValueError, match=r"beta must be positive, got 0\.0"):
        softplus.forward(np.zeros(1), beta=0.0)
