"""The average of the last M gradients: descent at M = 1, a sum written out, and the variance that it is for."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import Rounded, exact
from fiducial.checks.statistics import variance_of_normal
from fiducial.reference.optimizers import gradient_average, gradient_descent, momentum_average
from fiducial.suites.optimizers.plans_of_plans import constant
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, gap, is_not, plans, start

FORMS = (gradient_average.step, gradient_average.padded_step, gradient_average.fresh_step)


def course(form: Any, plan: Plan, *, window: int, lr: float) -> Any:
    """A form over a plan."""
    return follow(form, start(gradient_average.init, plan, window=window), plan, lr=lr)


def begun(x: Any) -> Any:
    """The state of a window of four."""
    return gradient_average.init(x, window=4)


def shorter_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """The plausible mistake: the newest gradient is left for the next step."""
    new = gradient_average.pushed(g, state)
    return x - lr * (np.sum(state.g, axis=0) / min(new.t, len(new.g))), new


test_is_not = is_not(begun, FORMS[0], [shorter_step, *FORMS[1:]], lr=0.1)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_window_of_one_is_descent(form: Any) -> None:
    for plan in plans():
        h = plan.draw("lr")
        alone = follow(gradient_descent.step, start(gradient_descent.init, plan), plan, **h)
        assert apart(course(form, plan, window=1, **h), alone) <= 1


@pytest.mark.parametrize("window", [2, 5, 30, 100])
def test_every_step_is_the_mean_written_out(window: int) -> None:
    """x_t - x_{t-1} from the plan's gradients, without any state."""
    for plan in plans(6):
        x: Any = Rounded(plan.start)
        ours, padded = (course(form, plan, window=window, lr=0.3) for form in FORMS[:2])
        y: Any = x
        for t in range(1, plan.steps + 1):
            total: Any = np.sum(exact(np.stack(plan.gradients[max(0, t - window):t])), axis=0)
            x, y = x - exact(0.3) * total / min(t, window), y - exact(0.3) * total / window
            assert gap(ours[t - 1][0], x) <= 1
            assert gap(padded[t - 1][0], y) <= 1


def test_fresh_gradients_move_at_every_mth_step_by_their_mean() -> None:
    plan = Plan(4)
    ours = course(FORMS[2], plan, window=5, lr=0.3)
    before: Any = Rounded(plan.start)
    for t, ((x, _), (after, _)) in enumerate(pairwise(ours), start=2):
        if t % 5:
            assert gap(x, after) == 0
        else:
            mean: Any = np.mean(exact(np.stack(plan.gradients[t - 5:t])), axis=0)
            assert gap(after, before - exact(0.3) * mean) <= 1
            before = after


def test_on_a_constant_gradient_it_is_descent() -> None:
    for plan in map(constant, plans(6)):
        alone = follow(gradient_descent.step, start(gradient_descent.init, plan), plan, lr=0.2)
        assert apart(course(FORMS[0], plan, window=7, lr=0.2), alone) <= 1


def test_over_one_epoch_it_is_the_full_gradient() -> None:
    """At a fixed x the M examples of an epoch have the mean that the batch has, whatever their order."""
    rng = np.random.default_rng(6)
    examples = rng.normal(size=(8, 3))
    for order in (rng.permutation(8) for _ in range(5)):
        state = gradient_average.init(exact(np.zeros(3)), window=8)
        for g in np.concatenate([examples[order], examples[order][:3]]):
            state = gradient_average.pushed(exact(g), state)
        mean: Any = np.mean(state.g, axis=0)
        assert gap(mean, np.mean(exact(examples), axis=0)) <= 1


def test_its_variance_is_that_of_a_mean() -> None:
    """Normal gradients of σ = 2: σ²/M for the window, σ²(1-β)/(1+β) for the exponential average; α = 1e-9 each.

    20,000 independent entries tell apart variances that differ by 10 % with a power of 0.99.
    """
    rng = np.random.default_rng(20)
    x, beta, window, steps = np.zeros(20_000), 0.8, 9, 120
    state, average = gradient_average.init(x, window=window), momentum_average.init(x)
    for _ in range(steps):
        g = 2 * rng.normal(size=x.size)
        state = gradient_average.pushed(g, state)
        _, average = momentum_average.step(x, g, average, lr=0.0, momentum=beta)
    assert variance_of_normal(np.mean(state.g, axis=0), 4 / window, alpha=1e-9).holds
    assert variance_of_normal(average.v, 4 * (1 - beta) / (1 + beta) * (1 - beta ** (2 * steps)), alpha=1e-9).holds


@pytest.mark.parametrize("window", [0, -1, 2.5, True])
def test_a_window_is_a_count(window: Any) -> None:
    with pytest.raises(ValueError, match="window must be a whole number of at least 1"):
        gradient_average.init(np.zeros(2), window=window)
