"""Log-softmax against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import softmax as claims
from fiducial.reference.activations import log_softmax, softmax
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import LOG_SOFTMAX

Array = NDArray[np.float64]


def maximum_taken_off_alone(x: Array, *, axis: int = -1) -> Array:
    """x - m."""
    return np.asarray(x - x.max(axis=axis, keepdims=True))


def cumulative(x: Array, *, axis: int = -1) -> Array:
    """x - m - ln of the sum so far."""
    z = maximum_taken_off_alone(x, axis=axis)
    return np.asarray(z - np.log(np.cumsum(np.exp(z), axis=axis)))


def logarithm_of_softmax(x: Array, *, axis: int = -1) -> Array:
    """ln p, formed from p."""
    with np.errstate(divide="ignore"):
        return np.log(softmax.forward(x, axis=axis))


def as_of_softmax(x: Array, g: Array, *, axis: int = -1) -> Array:
    """The backward pass of softmax."""
    return softmax.backward(x, g, axis=axis)


BINDING = Binding(
    row="softmax, log-softmax, logsumexp", section=1, rule=LOG_SOFTMAX,
    against=("torch.nn.functional:log_softmax", "torch.nn:LogSoftmax", "torch.special:log_softmax"),
    wrong=[
        *of_a_map(LOG_SOFTMAX, forward=maximum_taken_off_alone, backward=as_of_softmax),
        Wrong(variant(log_softmax, forward=maximum_taken_off_alone), by=claims.logarithm_of_softmax),
        Wrong(variant(log_softmax, forward=cumulative), by=claims.permutation_equivariance),
        Wrong(variant(log_softmax, forward=logarithm_of_softmax), by=claims.finite_for_large_scores),
    ])

test_log_softmax = define_test(BINDING)
