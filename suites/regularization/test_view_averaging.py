"""Test-time averaging: its claims, and what it refuses."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks import crops as claims
from fiducial.reference.regularization import view_averaging
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def added(views: Any, predict: Any) -> Any:
    """The sum."""
    return np.sum([predict(view) for view in views], axis=0)


def twice(views: Any, predict: Any) -> Any:
    """Predicts once more for the shape of the result."""
    total = np.zeros_like(predict(views[0]))
    for view in views:
        total = total + predict(view)
    return total / len(views)


BINDING = Binding(
    row="test-time averaging", section=6, definition=view_averaging,
    claims=(claims.predictions_are_averaged, claims.logarithms_may_be_averaged,
            claims.mean_over_flips_is_flip_invariant, claims.cost_is_one_prediction_a_view,
            claims.ten_crops_are_corners_and_middle),
    wrong=[
        Wrong(variant(view_averaging, forward=added), by=claims.predictions_are_averaged),
        Wrong(variant(view_averaging, forward=lambda views, predict: predict(views[0])),
              by=claims.predictions_are_averaged),
        Wrong(variant(view_averaging, log_forward=view_averaging.forward), by=claims.logarithms_may_be_averaged),
        Wrong(variant(view_averaging, flips=lambda x: [x, x]), by=claims.mean_over_flips_is_flip_invariant),
        Wrong(variant(view_averaging, forward=twice), by=claims.cost_is_one_prediction_a_view),
        Wrong(variant(view_averaging, ten_crops=lambda x, *, size: view_averaging.ten_crops(x, size=size)[:5]),
              by=claims.ten_crops_are_corners_and_middle),
    ])

test_view_averaging = define_test(BINDING)


def test_bad_input_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="views must hold at least one image, got none"):
        view_averaging.forward([], claims.predicted)
    with pytest.raises(ValueError, match="size must be at most the shorter side, 4, got 5"):
        view_averaging.ten_crops(np.zeros((4, 6, 1)), size=5)
