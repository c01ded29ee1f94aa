"""ADOPT against optax, on constant gradients, and where its clipping begins."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adopt
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, gap, is_not, plans, start

HYPER = ("lr", "beta1", "beta2", "eps")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-6}


def followed_by_optax(plan: Plan, step: Any, **options: Any) -> float:
    h = plan.draw(*HYPER)
    theirs = optax_course("contrib.adopt", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"],
                          **options)
    return against_torch(follow(step, start(adopt.init, plan), plan, **h), theirs)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_adopt(plan: Plan) -> None:
    assert followed_by_optax(plan, adopt.step) <= 1


@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_the_form_without_clipping(plan: Plan) -> None:
    assert followed_by_optax(plan, adopt.unclipped_step, use_clipping=False) <= 1


test_is_not = is_not(adopt.init, adopt.step, [adopt.unclipped_step, adopt.late_step], **TYPICAL)


def test_the_first_gradient_moves_nothing() -> None:
    plan = Plan(1)
    x, state = adopt.step(plan.start, plan.gradients[0], adopt.init(plan.start), lr=0.1)
    np.testing.assert_array_equal(x, plan.start)
    np.testing.assert_array_equal(state.v, plan.gradients[0] ** 2)
    assert not state.m.any()


def test_a_constant_gradient_gives_the_closed_form() -> None:
    """v stays g², n = sign g, m_t = (1 - β₁^t) sign g: x_T = x_0 - η (T - β₁ (1 - β₁^T) / (1 - β₁)) sign g."""
    for plan in plans(8):
        h = plan.draw("lr", "beta1", "beta2")
        plan.__dict__["gradients"] = [np.where(plan.start > 0, 0.3, -7.0)] * plan.steps
        course = follow(adopt.step, start(adopt.init, plan), plan, **h, eps=1e-6)
        beta1 = exact(h["beta1"])
        for t, (x, _) in enumerate(course):
            travelled = t - beta1 * (1 - beta1**t) / (1 - beta1)
            assert gap(x, exact(plan.start) - exact(h["lr"]) * travelled * np.sign(plan.gradients[0])) <= 1


def test_the_newest_gradient_is_no_part_of_its_own_denominator() -> None:
    """With β₁ = 0 and below the bound, twice the gradient is twice the step."""
    plan = Plan(2)
    g, x = exact(np.full(6, 3.0)), exact(plan.start)
    h = {"lr": exact(0.1), "beta1": exact(0.0), "beta2": exact(0.9), "eps": exact(1e-6)}
    _, state = adopt.step(x, g, adopt.init(x), **h)
    one, two = (adopt.step(x, factor * g, state, **h)[0] - x for factor in (0.25, 0.5))
    assert gap(2 * one, two) <= 1


def test_gradients_that_explode_take_the_longest_steps() -> None:
    """β₁ = 0, each gradient a hundred times the last: x_t - x_{t-1} = -η t^¼; without clipping it is longer by far."""
    plan = Plan(0)
    plan.__dict__["gradients"] = [np.full(6, 100.0**t) for t in range(plan.steps)]
    h, lr = {**TYPICAL, "beta1": 0.0}, exact(TYPICAL["lr"])
    clipped, closed = follow(adopt.step, start(adopt.init, plan), plan, **h), exact(plan.start)
    for t, (x, _) in enumerate(clipped):
        closed = closed - lr * exact(float(t)) ** 0.25
        assert gap(x, closed) <= 1
    assert apart(clipped, follow(adopt.unclipped_step, start(adopt.init, plan), plan, **h)) > 1e6


def test_with_neither_clipping_nor_eps_the_unit_of_the_gradients_does_not_matter() -> None:
    plan, other = Plan(3), Plan(3)
    gradients = [np.where(g == 0, 1.0, g) for g in plan.gradients]
    plan.__dict__["gradients"], other.__dict__["gradients"] = gradients, [2.0**20 * g for g in gradients]
    h = {**TYPICAL, "eps": 0.0}
    one, two = (follow(adopt.unclipped_step, start(adopt.init, p), p, **h) for p in (plan, other))
    assert apart(one, two) <= 1
