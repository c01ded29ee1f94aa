"""Log-sum-exp against its claims, torch's among its subjects."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fiducial.checks import softmax as claims
from fiducial.reference.activations import logsumexp
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import LOGSUMEXP

Array = NDArray[np.float64]


def naive(x: Array, *, axis: int = -1) -> Array:
    """ln Σ e^x."""
    with np.errstate(over="ignore", divide="ignore"):
        return np.asarray(np.log(np.sum(np.exp(x), axis=axis)))


def logarithm_of_the_mean(x: Array, *, axis: int = -1) -> Array:
    """ln mean e^x."""
    return np.asarray(logsumexp.forward(x, axis=axis) - np.log(x.shape[axis]))


def as_of_a_mean(x: Array, g: Array, *, axis: int = -1) -> Array:
    """g / n for every score."""
    return np.asarray(np.expand_dims(g, axis) * np.ones(x.shape) / x.shape[axis])


BINDING = Binding(
    row="softmax, log-softmax, logsumexp", section=1, rule=LOGSUMEXP, against=("torch:logsumexp",),
    wrong=[
        *of_a_map(LOGSUMEXP, forward=logarithm_of_the_mean, backward=as_of_a_mean),
        Wrong(variant(logsumexp, forward=naive), by=claims.shift_passes_through),
        Wrong(variant(logsumexp, backward=as_of_a_mean), by=claims.slopes_are_probabilities),
        Wrong(variant(logsumexp, forward=naive), by=claims.finite_for_large_scores),
    ])

test_logsumexp = define_test(BINDING)


def test_scores_that_are_all_minus_infinity() -> None:
    assert logsumexp.forward(np.full(3, -np.inf)) == -np.inf
    with pytest.raises(ValueError, match=r"x must have entries along axis -1, got shape \(2, 0\)"):
        logsumexp.forward(np.zeros((2, 0)))
