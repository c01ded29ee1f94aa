"""Bagging: its claims, and the correlations that members cannot have."""

from math import exp
from typing import Any

import numpy as np
import pytest

from fiducial.checks import ensembles as claims
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.regularization import bagging
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

IS_THE_DERIVATIVE = gradient_is_the_derivative(predictions=claims.MEMBERS)


def permutations(n: int, *, k: int, rng: Any) -> Any:
    """Without replacement."""
    return rng.permuted(np.tile(np.arange(n), (k, 1)), axis=1)


def never_the_last(n: int, *, k: int, rng: Any) -> Any:
    """The last example is never drawn."""
    return bagging.draw(n - 1, k=k, rng=rng)[:, np.arange(n) % (n - 1)]


def highest(classes: Any, *, count: int) -> Any:
    """The highest of equals."""
    return count - 1 - bagging.vote(count - 1 - classes, count=count)


BINDING = Binding(
    row="bagging", section=6, definition=bagging,
    claims=(claims.inclusion_counts_all_samples, claims.samples_are_drawn_with_replacement,
            claims.members_are_averaged, claims.most_members_decide, claims.variance_of_the_average,
            IS_THE_DERIVATIVE),
    wrong=[
        Wrong(variant(bagging, inclusion=lambda n: 1 - exp(-1)), by=claims.inclusion_counts_all_samples),
        Wrong(variant(bagging, draw=permutations), by=claims.samples_are_drawn_with_replacement),
        Wrong(variant(bagging, draw=never_the_last), by=claims.samples_are_drawn_with_replacement),
        Wrong(variant(bagging, forward=lambda predictions: np.sum(predictions, axis=0)),
              by=claims.members_are_averaged),
        Wrong(variant(bagging, vote=highest), by=claims.most_members_decide),
        Wrong(variant(bagging, variance=lambda *, k, sigma2, rho: sigma2 / k), by=claims.variance_of_the_average),
        Wrong(variant(bagging, backward=lambda predictions, g: np.broadcast_to(g, predictions.shape)),
              by=IS_THE_DERIVATIVE),
    ])

test_bagging = define_test(BINDING)


def test_a_correlation_that_members_cannot_have_is_refused() -> None:
    """k variables correlate by -1/(k - 1) at least: their sum has a variance of 0 there."""
    assert bagging.variance(k=3, sigma2=1.0, rho=-0.5) == pytest.approx(0.0, abs=2.0**-53)
    with pytest.raises(ValueError, match=r"rho must lie in \[-0.5, 1\], got -0.6"):
        bagging.variance(k=3, sigma2=1.0, rho=-0.6)
