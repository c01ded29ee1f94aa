"""Linear regression, by the batch and one example at a time, against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.fitted_objectives import (
    INPUTS,
    TARGETS,
    THETA,
    conditioned,
    one_example_leads_onto_its_constraint,
    the_batch_averages_single_examples,
)
from fiducial.checks.landscapes import convex
from fiducial.reference.objectives import linear_regression
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape, negative, scaled

DRAWS = {"theta": THETA, "x": INPUTS, "t": TARGETS}
SQUARES = Landscape(linear_regression, DRAWS, away=conditioned)
CONVEX = convex(other=THETA.map(lambda theta: theta[::-1] / 2), **DRAWS)


def by_the_norm(theta: Any, x: Any, t: Any, n: int) -> Any:
    """A step of 1/‖x_n‖."""
    return theta - linear_regression.one_backward(theta, x, t, n) / np.linalg.norm(x[n])


BINDING = Binding(
    row="linear regression", section=11, definition=linear_regression,
    claims=(*SQUARES.claims, CONVEX, the_batch_averages_single_examples, one_example_leads_onto_its_constraint),
    wrong=[*SQUARES.wrong, Wrong(negative(linear_regression), by=CONVEX),
           Wrong(variant(linear_regression, backward=lambda theta, x, t, g: scaled(
               linear_regression.backward, len(x))(theta, x, t, g)), by=the_batch_averages_single_examples),
           Wrong(variant(linear_regression, onto_constraint=by_the_norm), by=one_example_leads_onto_its_constraint)])
test_linear_regression = define_test(BINDING)


def in_torch(theta: torch.Tensor, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """torch's own mean squared error."""
    return 0.5 * torch.nn.functional.mse_loss(x @ theta, t)


test_torch_agrees = SQUARES.agrees_with_torch(in_torch)


def test_an_example_without_inputs_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        linear_regression.onto_constraint(np.zeros(2), np.zeros((1, 2)), np.ones(1), 0)
    assert str(raised.value) == "x[0] must not be zero: it constrains nothing"
