"""Early stopping as capacity control: the filter of descent, beside that of a ridge penalty."""

from typing import Any

import numpy as np

from fiducial.checks import early_stopping as claims
from fiducial.reference.regularization import descent_filter, early_stopping
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def one_step_more(s: Any, *, eta: float, t: int) -> Any:
    """1 - (1 - η s)^(t+1)."""
    return descent_filter.forward(s, eta=eta, t=t + 1)


def missing(s: Any, *, eta: float, t: int) -> Any:
    """(1 - η s)ᵗ."""
    return (1 - eta * s) ** t


def twice_the_penalty(x: Any, y: Any, *, alpha: float) -> Any:
    """The minimizer of L(w) + α ‖w‖²."""
    return descent_filter.ridge_solution(x, y, alpha=2 * alpha)


BINDING = Binding(
    row="early stopping as capacity control", section=6, definition=descent_filter,
    claims=(claims.descent_is_the_filter, claims.ridge_is_the_filter, claims.filter_rises_with_time,
            claims.filters_agree_to_first_order, claims.gradient_that_is_left),
    wrong=[
        Wrong(variant(descent_filter, forward=one_step_more), by=claims.descent_is_the_filter),
        Wrong(variant(descent_filter, ridge_solution=twice_the_penalty), by=claims.ridge_is_the_filter),
        Wrong(variant(descent_filter, forward=missing), by=claims.filter_rises_with_time),
        Wrong(variant(descent_filter, ridge=lambda s, *, alpha: s / (s + 1 / alpha)),
              by=claims.filters_agree_to_first_order),
        Wrong(variant(descent_filter, gradient=lambda x, y, w: np.zeros_like(w)), by=claims.gradient_that_is_left),
    ])

test_descent_filter = define_test(BINDING)


def test_training_may_stop_where_the_gradient_is_not_small() -> None:
    """On a validation set that prefers small weights the run ends with a fifth of the gradient left."""
    rng = np.random.default_rng(3)
    x, unseen, truth = rng.normal(size=(20, 15)), rng.normal(size=(200, 15)), np.zeros(15)
    truth[0] = 0.5
    y, target = x @ truth + rng.normal(size=20), unseen @ truth
    losses, slopes, w = [], [], np.zeros(15)
    for _ in range(200):
        losses.append(float(np.mean((unseen @ w - target) ** 2)))
        slopes.append(float(np.linalg.norm(descent_filter.gradient(x, y, w))))
        w = w - 0.05 * descent_filter.gradient(x, y, w)
    state = early_stopping.run(losses, patience=3)
    assert state.stopped
    assert slopes[state.epoch] > 0.2 * slopes[0]
    assert slopes[-1] < 0.2 * slopes[0]
