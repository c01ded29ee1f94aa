"""Scales as printed: a penalty divided by the batch size, inputs scaled to one covariance."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.checks.empirical_risk import penalty_keeps_the_minimizer
from fiducial.checks.scaled_inputs import scaling_keeps_the_correlations
from fiducial.reference.losses import empirical_risk
from fiducial.reference.preprocessing import standardize, whiten_zca
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def over_the_batch(losses: Any, batch: Any, penalty: Any) -> Any:
    """1/N Σ L + λ/N Ω, N the batch."""
    return empirical_risk.forward(losses, batch) + penalty / np.size(batch)


test_penalty = define_test(Binding(
    row="regularised risk: its penalty", section=13, definition=empirical_risk, claims=(penalty_keeps_the_minimizer,),
    wrong=[Wrong(variant(empirical_risk, penalized_forward=over_the_batch), by=penalty_keeps_the_minimizer,
                 printed="regularised risk: λ/N Ω with N the batch",
                 right="λ Ω: λ/N makes the minimizer depend on the batch")]))

test_inputs = define_test(Binding(
    row="scaled inputs", section=13, definition=standardize, claims=(scaling_keeps_the_correlations,),
    wrong=[Wrong(whiten_zca, by=scaling_keeps_the_correlations, printed="inputs scaled to “the same covariance”",
                 right="the same variance: covariances differ as the correlations do")]))
