"""Softmax against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import softmax as claims
from fiducial.reference.activations import softmax
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import SOFTMAX

Array = NDArray[np.float64]


def naive(x: Array, *, axis: int = -1) -> Array:
    """e^x / Σ e^x."""
    e = np.exp(x)
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def other_axis(x: Array, *, axis: int = -1) -> Array:
    """Probabilities along the axis beside; 1 where there is none."""
    return softmax.forward(x, axis=axis - 1) if x.ndim > 1 else np.ones(x.shape)


def free_of_any_vector(x: Array, *, axis: int = -1) -> Array:
    """Scores less their largest over the batch, class by class: the same for x + b, whatever the vector b."""
    return softmax.forward(x - x.max(axis=tuple(range(x.ndim - 1)), keepdims=True), axis=axis)


def largest_weight_vector_taken_off(x: Array, *, axis: int = -1) -> Array:
    """The scores of the class with the longest weight vector taken off all; for unit vectors as inputs w_k is x_k."""
    rows = x.reshape(-1, x.shape[-1])
    longest = int(np.argmax(np.linalg.norm(rows, axis=0)))
    return naive(x - x[..., longest:longest + 1], axis=axis)


def cumulative(x: Array, *, axis: int = -1) -> Array:
    """e^x over the sum so far."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / np.cumsum(e, axis=axis))


def without_normalization(x: Array, g: Array, *, axis: int = -1) -> Array:
    """diag(p) g."""
    return softmax.forward(x, axis=axis) * g


def plain_mean_taken_off(x: Array, g: Array, *, axis: int = -1) -> Array:
    """p (g - mean g)."""
    return np.asarray(softmax.forward(x, axis=axis) * (g - g.mean(axis=axis, keepdims=True)))


def lost_sign(x: Array, g: Array, *, axis: int = -1) -> Array:
    """(p pᵀ - diag(p)) g."""
    return -softmax.backward(x, g, axis=axis)


BINDING = Binding(
    row="softmax, log-softmax, logsumexp", section=1, rule=SOFTMAX,
    against=("torch.nn.functional:softmax", "torch.nn:Softmax", "torch.special:softmax"),
    wrong=[
        *of_a_map(SOFTMAX, forward=other_axis, backward=without_normalization),
        Wrong(variant(softmax, forward=naive), by=claims.shift_invariance),
        Wrong(variant(softmax, forward=free_of_any_vector), by=claims.unequal_shift_multiplies_the_odds,
              printed="softmax(a + b) = softmax(a) for a fixed vector b",
              right="for equal entries of b only (or the same vector taken off every w_k)"),
        Wrong(variant(softmax, forward=other_axis), by=claims.sums_to_one),
        Wrong(variant(softmax, forward=cumulative), by=claims.permutation_equivariance),
        Wrong(variant(softmax, backward=without_normalization), by=claims.jacobian_is_diag_p_minus_p_pt),
        Wrong(variant(softmax, backward=plain_mean_taken_off), by=claims.jacobian_is_symmetric),
        Wrong(variant(softmax, backward=lost_sign), by=claims.jacobian_is_positive_semidefinite),
        Wrong(variant(softmax, backward=without_normalization), by=claims.jacobian_rows_sum_to_zero),
        Wrong(variant(softmax, forward=naive), by=claims.no_overflow),
        Wrong(variant(softmax, forward=largest_weight_vector_taken_off), by=claims.no_overflow,
              printed="subtract the largest weight vector",
              right="subtract the largest logit of each example, from all"),
    ])

test_softmax = define_test(BINDING)
