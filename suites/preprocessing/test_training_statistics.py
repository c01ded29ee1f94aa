"""Fit on the training set only: chains of steps, and what becomes of one that is fitted to the test set."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fiducial.checks import preprocessing, whitening
from fiducial.reference.preprocessing import decorrelate, mean_subtraction, standardize, training_statistics
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.preprocessing.mistakes import fitted_again

STEPS = (mean_subtraction, decorrelate, standardize)
CHAIN = SimpleNamespace(fit=lambda x: training_statistics.fit(x, STEPS), forward=training_statistics.forward)


def all_fitted_to_the_data(x: Any) -> Any:
    """Every step is fitted to the training set as it was in the beginning."""
    return tuple((step, step.fit(x)) for step in STEPS)


BINDING = Binding(
    row="fit on the training set only", section=7, definition=CHAIN,
    claims=(preprocessing.statistics_come_from_the_training_set, whitening.covariance_becomes_identity),
    wrong=[
        Wrong(fitted_again(CHAIN), by=preprocessing.statistics_come_from_the_training_set),
        Wrong(variant(CHAIN, fit=all_fitted_to_the_data), by=whitening.covariance_becomes_identity),
    ])

test_training_statistics = define_test(BINDING)


def test_a_chain_without_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="steps must hold at least one step, got none"):
        training_statistics.fit(np.zeros((2, 2)), [])
