"""Reductions: the forms of a mean, and their cotangents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.reference.losses import _reductions

LOSSES = np.array([1.0, 2.0, 6.0])


@pytest.mark.parametrize(("reduction", "value", "slope"),
                         [("none", LOSSES, 1.0), ("sum", 9.0, 1.0), ("mean", 3.0, 1 / 3)])
def test_a_reduction_and_its_cotangent(reduction: str, value: Any, slope: float) -> None:
    assert np.array_equal(_reductions.forward(LOSSES, reduction=reduction), value)
    assert np.array_equal(_reductions.backward(LOSSES, np.ones(()), reduction=reduction), np.full(3, slope))


def test_the_mean_of_no_loss_is_no_number_and_its_sum_is_zero() -> None:
    empty = np.zeros(0)
    assert np.isnan(_reductions.forward(empty, reduction="mean"))
    assert _reductions.forward(empty, reduction="sum") == 0


def test_a_mean_divides_by_what_it_is_told() -> None:
    assert _reductions.forward(LOSSES, reduction="mean", n=np.float64(2)) == 4.5


def test_another_word_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="reduction must be one of none, sum, mean, got 'average'"):
        _reductions.forward(LOSSES, reduction="average")
