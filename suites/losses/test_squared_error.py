"""Squared error held to its claims, and torch's mse_loss beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.checks.losses import additive_over_examples, scales_of_one_error
from fiducial.reference.losses import squared_error
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import of, of_any_map
from fiducial.suites.rules.losses import MSE_LOSS


def cut_off(y: Any, t: Any, *, reduction: str = "mean") -> Any:
    """An error that outliers do not raise beyond 1."""
    return np.minimum(MSE_LOSS.definition.forward(y, t, reduction=reduction), 1.0)


def by_rows(y: Any, t: Any, *, reduction: str = "mean") -> Any:
    """A mean over the rows only."""
    found = MSE_LOSS.definition.forward(y, t, reduction="sum" if reduction == "mean" else reduction)
    return found / len(y) if reduction == "mean" else found


BINDING = Binding(
    row="squared error", section=2, rule=MSE_LOSS, against=("torch.nn.functional:mse_loss", "torch.nn:MSELoss"),
    wrong=[*of_any_map(MSE_LOSS),
           Wrong(variant(MSE_LOSS.definition, forward=cut_off), by=of(MSE_LOSS, "value.middle-below-the-ends")),
           Wrong(variant(MSE_LOSS.definition, forward=by_rows), by=of(MSE_LOSS, "value.reductions-agree")),
           Wrong(variant(MSE_LOSS.definition, backward=lambda y, t, g, *, reduction="mean":
                         -0.5 * MSE_LOSS.definition.backward(y, t, g, reduction=reduction)),
                 by=of(MSE_LOSS, "gradient.is-the-derivative"),
                 printed="the derivative of (y - a)² for a is y - a", right="-2 (y - a): it lacks the factor -2")])
test_squared_error = define_test(BINDING)

FORMS = Binding(
    row="squared error", section=2, definition=squared_error, claims=(additive_over_examples, scales_of_one_error),
    wrong=[Wrong(variant(squared_error, forward=lambda y, t: y.size * squared_error.forward(y, t)),
                 by=additive_over_examples, printed="E = Σ_n L with L = Σ_n (t_n - y_n)²: summed in E and again in L",
                 right="each example once"),
           Wrong(variant(squared_error, half_backward=squared_error.backward), by=scales_of_one_error)])
test_forms_of_the_squared_error = define_test(FORMS)
