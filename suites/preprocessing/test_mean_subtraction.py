"""Mean subtraction: its claims, the printed assignment refuted."""

from typing import Any

import numpy as np

from fiducial.checks import preprocessing as claims
from fiducial.checks.claims_of_maps import gradient_is_the_derivative
from fiducial.reference.preprocessing import mean_subtraction
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.preprocessing.mistakes import fitted_again
from fiducial.suites.preprocessing.tables import fitted_and_drawn

IS_THE_DERIVATIVE = gradient_is_the_derivative(**fitted_and_drawn(mean_subtraction, "mean"))


def whole_mean(x: Any, *, axis: Any = 0) -> Any:
    """One mean for everything."""
    return mean_subtraction.fit(x, axis=None)


def through_the_mean(x: Any, mean: Any, g: Any) -> Any:
    """The gradient as if the mean were that of x."""
    return g - g.mean(axis=0)


def divided(x: Any, mean: Any) -> Any:
    """(x - μ) / σ."""
    return (x - mean) / np.maximum(x.std(), 0.5)


BINDING = Binding(
    row="mean subtraction", section=7, definition=mean_subtraction,
    claims=(claims.mean_is_zero, claims.differences_are_kept, claims.subtracting_twice_changes_nothing,
            claims.statistics_come_from_the_training_set, IS_THE_DERIVATIVE),
    wrong=[
        Wrong(variant(mean_subtraction, forward=lambda x, mean: np.broadcast_to(mean, x.shape)),
              by=claims.mean_is_zero, printed="X = mean(X), as zero-centering", right="X -= mean(X)"),
        Wrong(variant(mean_subtraction, fit=whole_mean), by=claims.mean_is_zero),
        Wrong(variant(mean_subtraction, forward=divided), by=claims.differences_are_kept),
        Wrong(variant(mean_subtraction, forward=lambda x, mean: x - 2 * mean),
              by=claims.subtracting_twice_changes_nothing),
        Wrong(fitted_again(mean_subtraction), by=claims.statistics_come_from_the_training_set),
        Wrong(variant(mean_subtraction, backward=through_the_mean), by=IS_THE_DERIVATIVE),
    ])

test_mean_subtraction = define_test(BINDING)
