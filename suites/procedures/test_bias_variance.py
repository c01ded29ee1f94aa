"""The flowchart of bias and variance against its claims."""

from __future__ import annotations

from typing import Any

import pytest

from fiducial.checks.training_advice import (
    bias_first_then_variance,
    errors_of_least_squares_are_these,
    more_data_closes_the_gap,
)
from fiducial.reference.procedures import bias_variance
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def variance_first(train: float, validation: float, *, target: float) -> str:
    """Data for whatever has a gap."""
    gap = validation - train > 0.01
    return bias_variance.DATA if gap and validation > target else bias_variance.advice(train, validation, target=target)


def of_fresh_inputs(p: int, n: int, *, variance: float) -> tuple[float, float]:
    """A gap of p/(n - p)."""
    return variance * (1 - p / n), variance * (1 + p / max(n - p, 1))


def without_weights(p: int, n: int, *, variance: float) -> tuple[float, float]:
    """σ² for both."""
    return variance, variance


BINDING = Binding(
    row="bias-variance flowchart", section=10, definition=bias_variance,
    claims=(bias_first_then_variance, more_data_closes_the_gap, errors_of_least_squares_are_these),
    wrong=[Wrong(variant(bias_variance, advice=variance_first), by=bias_first_then_variance),
           Wrong(variant(bias_variance, expected_errors=of_fresh_inputs), by=more_data_closes_the_gap),
           Wrong(variant(bias_variance, expected_errors=without_weights), by=errors_of_least_squares_are_these)])
test_bias_variance = define_test(BINDING)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: bias_variance.advice(-0.1, 0.2, target=0.1), "train must be at least 0, got -0.1"),
    (lambda: bias_variance.expected_errors(9, 8, variance=1.0), "p must lie between 0 and n = 8, got 9"),
])
def test_a_bad_argument_is_refused_in_one_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        call()
    assert str(raised.value) == sentence
