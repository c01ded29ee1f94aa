"""AdaBound: what its bounds leave of Adam and of gradient descent; public classes, where they are installed."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adabound, adam, amsgrad, momentum_average
from fiducial.suites.optimizers.plans_of_plans import without_zeros
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    betas,
    follow,
    gap,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "beta1", "beta2", "eps")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.9}
BOUNDS = {"final_lr": 0.02, "gamma": 0.3}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    first = h["lr"][0] if isinstance(h["lr"], list) else h["lr"]
    return follow(step, start(adabound.init, plan, lr=first), plan, **h)


@pytest.mark.zoo
@pytest.mark.parametrize(("amsbound", "form"), [(False, adabound.corrected_step), (True, adabound.amsbound_step)])
@pytest.mark.parametrize("plan", plans(6), ids=lambda plan: f"seed{plan.seed}")
def test_torch_optimizer_follows_the_corrected_form_under_a_schedule(plan: Plan, amsbound: bool, form: Any) -> None:
    package, drawn = pytest.importorskip("torch_optimizer"), plan.draw(*HYPER)
    h = {**drawn, **BOUNDS, "lr": [drawn["lr"] * 0.9**t for t in range(plan.steps)]}
    theirs = torch_course(package.AdaBound, plan, **betas(h), amsbound=amsbound)
    assert against_torch(course(form, plan, **h), theirs, m="exp_avg", v="exp_avg_sq") <= 1


def test_the_forms_differ() -> None:
    """Where no gradient is 0; the paper divides one that has always been by 0."""
    plan = without_zeros(Plan(0))
    paper, code, largest = (course(form, plan, **TYPICAL, **BOUNDS)
                            for form in (adabound.step, adabound.corrected_step, adabound.amsbound_step))
    assert min(apart(paper, code), apart(paper, largest), apart(code, largest)) > 1e6


@pytest.mark.parametrize(("form", "adams", "init"), [(adabound.corrected_step, adam.keras_step, adam.init),
                                                     (adabound.amsbound_step, amsgrad.keras_step, amsgrad.init)])
def test_bounds_wide_apart_leave_adam(form: Any, adams: Any, init: Any) -> None:
    """γ → 0: l = 0, u → ∞, and ε stands before the correction, as Keras has it."""
    for plan in plans(6):
        h = plan.draw(*HYPER)
        ours = course(form, plan, **h, final_lr=1.0, gamma=1e-60)
        assert apart(ours, follow(adams, start(init, plan), plan, **h)) <= 1


def test_the_papers_form_is_adam_without_correction_at_a_falling_rate() -> None:
    """γ → 0 and no clip: η / √t, ε = 0."""
    for plan in map(without_zeros, plans(6)):
        h = plan.draw("lr", "beta1", "beta2")
        falling = [exact(h["lr"]) / np.sqrt(exact(t)) for t in range(1, plan.steps + 1)]
        ours = course(adabound.step, plan, **h, final_lr=1.0, gamma=1e-60)
        adams = follow(adam.uncorrected_step, start(adam.init, plan), plan, **{**h, "lr": falling}, eps=0.0)
        assert apart(ours, adams) <= 1


def test_bounds_that_meet_leave_momentum() -> None:
    """γ → ∞: l = u = η*, whatever the second moment."""
    for plan in plans(6):
        h = plan.draw(*HYPER)
        for form in (adabound.corrected_step, adabound.amsbound_step):
            ours = course(form, plan, **h, final_lr=0.02, gamma=1e60)
            average = follow(momentum_average.step, start(momentum_average.init, plan), plan, lr=0.02,
                             momentum=h["beta1"])
            assert apart(ours, average) <= 1


def test_bounds_close_on_the_final_rate_from_both_sides() -> None:
    """l(t) rises from η* γ / (γ + 1), u(t) falls from η* (1 + 1/γ), and u - l < 3 η* / (γ t)."""
    found = [adabound.bounds(t, final_lr=0.1, gamma=0.01) for t in (1, 2, 10, 100, 10_000)]
    lower, upper = zip(*found, strict=True)
    assert list(lower) == sorted(lower)
    assert list(upper) == sorted(upper, reverse=True)
    assert lower[0] == pytest.approx(0.1 * 0.01 / 1.01, rel=1e-12)
    assert upper[0] == pytest.approx(10.1, rel=1e-12)
    assert upper[-1] - lower[-1] < 3 * 0.1 / (0.01 * 10_000)


def test_each_clip_is_at_work_somewhere() -> None:
    """Small squares hit the upper bound, large ones the lower; between them Adam's rate stands."""
    g = exact(np.array([1e-6, 1.0, 1e6]))
    x, h = exact(np.zeros(3)), {"lr": 0.1, "beta1": 0.0, "beta2": 0.5}
    moved, _ = adabound.corrected_step(x, g, adabound.init(x, lr=0.1), **h, eps=0.0, final_lr=0.1, gamma=1.0)
    assert gap(moved, -exact(np.array([0.2, 0.1, 0.05])) * g) <= 1


def test_a_schedule_moves_the_bounds_with_the_rate() -> None:
    """From one state, twice the rate is twice the step in the public form, clipped or not."""
    for plan in plans(4):
        h = {**plan.draw("beta1", "beta2", "eps"), **BOUNDS}
        x, state = course(adabound.corrected_step, plan, lr=0.25, **h)[-1]
        g = exact(plan.gradients[0])
        once, twice = (adabound.corrected_step(x, g, state, lr=lr, **h)[0] - x for lr in (0.5, 1.0))
        assert gap(twice, 2 * once) <= 1


def test_a_warm_up_from_zero_counts_its_steps_and_moves_nothing() -> None:
    x, state = np.ones(2), adabound.init(np.ones(2), lr=0.0)
    still, state = adabound.corrected_step(x, np.array([1.0, -2.0]), state, lr=0.0)
    np.testing.assert_array_equal(still, x)
    moved, state = adabound.corrected_step(x, np.array([1.0, -2.0]), state, lr=0.5)
    assert state.t == 2
    assert state.base == 0.5
    assert (moved != x).all()
