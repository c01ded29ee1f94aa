"""Schedule-free SGD against optax, as means of z, and at the settings where its forms meet."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import gradient_descent, schedule_free_sgd
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.trajectories import Course, Plan, against_torch, apart, follow, gap, plans, start

HYPER = ("lr", "momentum", "weight_decay")
WARMED = {"lr": 0.3, "momentum": 0.9, "weight_decay": 0.1, "warmup_steps": 7, "r": 1.0, "weight_lr_power": 2.0}


def course(step: Any, plan: Plan, **h: Any) -> Course:
    """A form of it through a plan; plain numbers among its own state become bounded ones."""
    return follow(step, start(schedule_free_sgd.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_schedule_free_sgd(plan: Plan) -> None:
    """optax takes x back from y and z by a division by β₁, and adds what it takes: some units of y/β₁ at every step."""
    h = {**plan.draw("lr", "weight_decay"), "momentum": 0.9}
    theirs = optax_course("contrib.schedule_free_sgd", plan, learning_rate=h["lr"], b1=h["momentum"],
                          weight_decay=h["weight_decay"])
    assert against_torch(widened(course(schedule_free_sgd.step, plan, **h), h["momentum"]), theirs) <= 1


def widened(ours: Course, beta: float) -> Course:
    """The bounds with 4 units of (|y| + |z|)/β added for every step so far."""
    out, more = [], 0.0
    for y, state in ours:
        more = more + 4 * 2.0**-53 * (np.abs(y.value) + np.abs(state.z.value)) / beta
        out.append((Rounded(y.value, y.error + more), state))
    return out


def test_x_is_the_weighted_mean_of_all_z() -> None:
    """x_{t+1} = Σ w_i z_{i+1} / Σ w_i, w_i = i^r γ_i^p, and y between x and z; under a warm-up."""
    for plan in plans(4):
        total, sums = exact(0.0), exact(np.zeros(6))
        for t, (y, state) in enumerate(course(schedule_free_sgd.step, plan, **WARMED), start=1):
            gamma = exact(0.3) * min(t, 7) / 7
            weight = t * gamma**2
            total, sums = total + weight, sums + weight * state.z
            assert gap(state.x, sums / total) <= 1
            assert gap(y, exact(0.9) * state.x + (1 - exact(0.9)) * state.z) <= 1


def test_z_descends_along_the_gradients_at_y() -> None:
    """z_{t+1} = z_1 - Σ γ_i (g_i + λ y_i)."""
    for plan in plans(4):
        z, y = exact(plan.start), exact(plan.start)
        ours = course(schedule_free_sgd.step, plan, **WARMED)
        for t, (now, state) in enumerate(ours, start=1):
            z = z - exact(0.3) * min(t, 7) / 7 * (exact(plan.gradients[t - 1]) + exact(0.1) * y)
            assert gap(state.z, z) <= 1
            y = now


def test_uniform_weights_give_the_mean_with_the_first_z() -> None:
    plan = Plan(1)
    held = [exact(plan.start)]
    for _, state in course(schedule_free_sgd.uniform_step, plan, lr=0.1, momentum=0.9):
        held.append(state.z)
        assert gap(state.x, sum(held[1:], held[0]) / len(held)) <= 1


def test_without_momentum_y_is_descent_and_x_its_mean() -> None:
    """β = 0: y = z."""
    for plan in plans(4):
        h = {"lr": plan.draw("lr")["lr"], "momentum": 0.0}
        ours = course(schedule_free_sgd.step, plan, **h)
        assert apart(ours, follow(gradient_descent.step, start(gradient_descent.init, plan), plan, lr=h["lr"])) <= 1


def test_with_whole_momentum_y_is_the_mean_itself() -> None:
    """β = 1: y = x, which with equal weights is Polyak's and Ruppert's mean."""
    plan = Plan(2)
    for y, state in course(schedule_free_sgd.step, plan, lr=0.1, momentum=1.0):
        assert gap(y, state.x) <= 1


def test_the_papers_weights_are_the_same_until_the_rate_falls() -> None:
    plan = Plan(0)
    rising = {"lr": 0.3, "momentum": 0.9, "warmup_steps": 7}
    falling = {"lr": [0.3 * 0.8**t for t in range(plan.steps)], "momentum": 0.9}
    for h, same in ((rising, True), (falling, False)):
        found = apart(course(schedule_free_sgd.step, plan, **h), course(schedule_free_sgd.paper_step, plan, **h))
        assert found <= 1 if same else found > 1e6


def test_weights_by_the_steps_alone_do_not_see_the_rate() -> None:
    """p = 0, r = 0: c = 1/t, which x_1 has no part in."""
    plan = Plan(3)
    held: list[Any] = []
    rates = [0.3 * 0.8**t for t in range(plan.steps)]
    for _, state in course(schedule_free_sgd.step, plan, lr=rates, momentum=0.9, weight_lr_power=0.0):
        held.append(state.z)
        assert gap(state.x, sum(held[1:], held[0]) / len(held)) <= 1


def test_a_rate_of_zero_leaves_everything_where_it_is() -> None:
    plan = Plan(4)
    for y, state in course(schedule_free_sgd.step, plan, lr=0.0, momentum=0.9):
        np.testing.assert_array_equal(state.z.value, plan.start)
        np.testing.assert_array_equal(state.x.value, plan.start)
        assert gap(y, exact(plan.start)) <= 1


def test_it_solves_a_quadratic_at_the_rate_of_its_theorem() -> None:
    """f = |y|, G = 1, D = |x_1|, γ = D/√T: f(x_T) ≤ D/√T for any β (theorem 2 at the best rate)."""
    for beta in (0.0, 0.5, 0.9, 1.0):
        for steps in (10, 100, 1000):
            y = np.array([2.0])
            state = schedule_free_sgd.init(y)
            for _ in range(steps):
                y, state = schedule_free_sgd.step(y, np.sign(y), state, lr=2.0 / np.sqrt(steps), momentum=beta)
            assert abs(state.x[0]) <= 2.0 / np.sqrt(steps)
