"""The 0-1 loss held to its claims; torch has none, so that the usual two lines of it stand beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.reference.losses import cross_entropy, zero_one
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import doubled, of
from fiducial.suites.rules.losses import ZERO_ONE


def smooth(x: Any, labels: Any, *, reduction: str = "mean") -> Any:
    """1 - p_y, the expected 0-1 loss of a drawn class."""
    p = np.exp(cross_entropy.log_softmax(x))
    return 1 - np.mean(p[np.arange(len(x)), labels])


def from_one(x: Any, labels: Any, *, reduction: str = "mean") -> Any:
    """Classes counted from 1."""
    return zero_one.forward(x, (labels + 1) % x.shape[1], reduction=reduction)


def of_two_batches(x: Any, labels: Any, *, reduction: str = "mean") -> Any:
    """A mean over one example less."""
    found = zero_one.forward(x, labels, reduction=reduction)
    return found * 2 if reduction == "mean" else found


BINDING = Binding(
    row="0-1 loss", section=2, rule=ZERO_ONE, against=("fiducial.suites.losses.torch_forms:zero_one",),
    wrong=[Wrong(doubled(zero_one), by=of(ZERO_ONE, "value.counts-the-mistakes")),
           Wrong(variant(zero_one, forward=smooth), by=of(ZERO_ONE, "gradient.flat-almost-everywhere")),
           Wrong(variant(zero_one, forward=from_one), by=of(ZERO_ONE, "value.below-the-cross-entropy")),
           Wrong(variant(zero_one, forward=of_two_batches), by=of(ZERO_ONE, "value.reductions-agree"))])
test_zero_one = define_test(BINDING)


def test_of_equal_scores_the_first_counts_and_the_derivative_is_zero() -> None:
    x = np.array([[1.0, 1.0], [0.0, 2.0]])
    assert zero_one.forward(x, np.array([1, 1])) == 0.5
    assert not zero_one.backward(x, np.array([1, 1]), np.ones(())).any()


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"labels must lie in \[0, 2\), got 2"):
        zero_one.forward(np.zeros((1, 2)), np.array([2]))
