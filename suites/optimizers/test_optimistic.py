"""Optimistic descent against optax; plain descent, momentum's form of it, and the game that it ends."""

from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import gradient_descent, momentum, optimistic
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import constant
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, is_not, plans, start


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(optimistic.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_it(plan: Plan) -> None:
    h = {**plan.draw("lr"), "alpha": 0.5 + plan.seed, "beta": 0.25 * plan.seed}
    theirs = optax_course("optimistic_gradient_descent", plan, learning_rate=h["lr"], alpha=h["alpha"], beta=h["beta"])
    assert against_torch(course(optimistic.step, plan, **h), theirs) <= 1


test_is_not = is_not(optimistic.init, optimistic.step, [optimistic.from_zero_step], lr=0.1)


def test_without_optimism_or_change_it_is_descent() -> None:
    """β = 0, or one gradient throughout: descent at rate ηα."""
    for plan in plans(4):
        plain = follow(gradient_descent.step, start(gradient_descent.init, plan), plan, lr=0.2)
        assert apart(course(optimistic.step, plan, lr=0.1, alpha=2.0, beta=0.0), plain) <= 1
        steady = constant(plan)
        plain = follow(gradient_descent.step, start(gradient_descent.init, steady), steady, lr=0.2)
        assert apart(course(optimistic.step, steady, lr=0.1, alpha=2.0, beta=0.7), plain) <= 1


def test_what_it_adds_is_the_last_difference() -> None:
    """Σ of all steps telescopes: x_t = x_0 - ηα Σg - ηβ (g_t - g_1)."""
    plan = Plan(1)
    total = np.cumsum(plan.gradients, axis=0)
    for (x, _), g, s in zip(course(optimistic.step, plan, lr=0.1, alpha=0.5, beta=0.25), plan.gradients, total,
                            strict=True):
        closed = plan.start - 0.1 * (0.5 * s + 0.25 * (g - plan.gradients[0]))
        np.testing.assert_allclose(x.value, closed, rtol=0, atol=1e-15 * 30 * np.abs(total).max())


def test_it_ends_a_game_that_descent_and_momentum_lose() -> None:
    """min over x, max over y of x y: descent's circle widens by √(1 + η²) a step, optimism's closes."""
    start_, turn = np.array([1.0, 0.0]), np.array([[0.0, 1.0], [-1.0, 0.0]])
    ends = {}
    for name, definition, h in (("optimistic", optimistic, {}), ("descent", gradient_descent, {}),
                                ("momentum", momentum, {"momentum": 0.5})):
        x, state = start_, definition.init(start_)
        for _ in range(300):
            x, state = definition.step(x, turn @ x, state, lr=0.1, **h)
        ends[name] = np.linalg.norm(x)
    np.testing.assert_allclose(ends["descent"], 1.01**150, rtol=1e-12)
    assert ends["optimistic"] < 0.3
    assert ends["momentum"] > 1.0
