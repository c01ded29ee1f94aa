"""Schedule-free AdamW against optax, beside RMSprop and schedule-free SGD, and its forms."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, schedule_free_adamw, schedule_free_sgd
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.test_schedule_free_sgd import widened
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, gap, is_not, plans, start

HYPER = ("lr", "beta2", "eps", "weight_decay")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.1}

test_is_not = is_not(schedule_free_adamw.init, schedule_free_adamw.step,
                     [schedule_free_adamw.early_step, schedule_free_adamw.decay_at_z_step], **TYPICAL)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_schedule_free_adamw(plan: Plan) -> None:
    h = {**plan.draw(*HYPER), "beta1": 0.9}
    theirs = optax_course("contrib.schedule_free_adamw", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"],
                          eps=h["eps"], weight_decay=h["weight_decay"])
    ours = follow(schedule_free_adamw.step, start(schedule_free_adamw.init, plan), plan, **h)
    assert against_torch(widened(ours, h["beta1"]), theirs) <= 1


def test_without_momentum_it_is_adam_without_momentum() -> None:
    """β₁ = 0: y = z, which steps by Adam's second moment alone."""
    for plan in plans(8):
        h = {**plan.draw("lr", "beta2", "eps"), "beta1": 0.0}
        ours = follow(schedule_free_adamw.step, start(schedule_free_adamw.init, plan), plan, **h)
        assert apart(ours, follow(adam.step, start(adam.init, plan), plan, **h)) <= 1


def test_it_is_schedule_free_sgd_on_divided_gradients() -> None:
    """Handed g/(√v̂ + ε) for g, schedule-free SGD takes the same path, decay and warm-up included."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        more = {"weight_decay": h["weight_decay"], "warmup_steps": exact(7.0), "r": exact(1.0)}
        ours = follow(schedule_free_adamw.step, start(schedule_free_adamw.init, plan), plan, **h, **{
            k: v for k, v in more.items() if k != "weight_decay"}, beta1=0.9)
        y, v, state = exact(plan.start), exact(np.zeros(6)), start(schedule_free_sgd.init, plan)
        for t, (g, (expected, _)) in enumerate(zip(plan.gradients, ours, strict=True), start=1):
            v = h["beta2"] * v + (1 - h["beta2"]) * exact(g) ** 2
            divided = exact(g) / (np.sqrt(v / (1 - h["beta2"] ** t)) + h["eps"])
            y, state = schedule_free_sgd.step(y, divided, state, lr=h["lr"], momentum=exact(0.9), **more)
            assert gap(y, expected) <= 1


def test_decay_at_z_and_at_y_are_one_where_both_are() -> None:
    """β₁ = 0; and without decay anyway."""
    for options in ({"beta1": 0.0}, {"weight_decay": 0.0}):
        plan = Plan(1)
        h: dict[str, Any] = {**TYPICAL, **options}
        one, two = (follow(step, start(schedule_free_adamw.init, plan), plan, **h)
                    for step in (schedule_free_adamw.step, schedule_free_adamw.decay_at_z_step))
        assert apart(one, two) <= 1


def test_the_early_form_moves_its_correction_into_the_rate() -> None:
    """At ε = 0 and λ = 0 its z steps by γ √(1 - β₂^t) g/√v = γ g/√v̂, as the other's; the weights alone differ."""
    plan = Plan(2)
    plan.__dict__["gradients"] = [np.where(g == 0, 1.0, g) for g in plan.gradients]
    h = {**TYPICAL, "eps": 0.0, "weight_decay": 0.0}
    one, two = (follow(step, start(schedule_free_adamw.init, plan), plan, **h)
                for step in (schedule_free_adamw.step, schedule_free_adamw.early_step))
    assert all(gap(a.z, b.z) <= 1 for (_, a), (_, b) in zip(one, two, strict=True))
    assert apart(one, two) > 1e6


def test_a_constant_gradient_moves_z_at_the_rate() -> None:
    """z_{t+1} = z_1 - t γ g/(|g| + ε), and x is the mean of z_2 … z_{t+1}: half a step behind the middle."""
    for plan in plans(4):
        h = plan.draw("lr", "beta2", "eps")
        plan.__dict__["gradients"] = [plan.gradients[0]] * plan.steps
        g = exact(plan.gradients[0])
        pace = exact(h["lr"]) * g / (abs(g) + h["eps"])
        ours = follow(schedule_free_adamw.step, start(schedule_free_adamw.init, plan), plan, **h, beta1=0.9)
        for t, (_, state) in enumerate(ours, start=1):
            assert gap(state.z, exact(plan.start) - t * pace) <= 1
            assert gap(state.x, exact(plan.start) - (t + 1) / 2 * pace) <= 1
