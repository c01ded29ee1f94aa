"""The velocity form of momentum: torch's buffer form at a constant learning rate, and not under a schedule."""

from itertools import pairwise

import torch

from fiducial.reference.optimizers import momentum, momentum_buffer
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, follows_torch, plans, start

SCHEDULE = [0.5 * 0.9**t for t in range(Plan(0).steps)]

test_torch_follows_momentum_at_a_constant_rate = follows_torch(
    momentum.init, momentum.step, torch.optim.SGD, ["lr", "momentum"])


def test_the_buffer_form_is_the_same_at_a_constant_rate() -> None:
    for plan in plans():
        h = plan.draw("lr", "momentum")
        buffer = follow(momentum_buffer.step, start(momentum_buffer.init, plan), plan, **h)
        assert apart(follow(momentum.step, start(momentum.init, plan), plan, **h), buffer) <= 1


def test_a_schedule_tells_the_forms_apart() -> None:
    plan = Plan(0)
    buffer = follow(momentum_buffer.step, start(momentum_buffer.init, plan), plan, lr=SCHEDULE, momentum=0.9)
    velocity = follow(momentum.step, start(momentum.init, plan), plan, lr=SCHEDULE, momentum=0.9)
    assert apart(velocity, buffer) > 1e6


def test_under_a_schedule_the_buffer_form_is_the_velocity_form_with_scaled_friction() -> None:
    """α_t = μ η_t / η_{t-1}; with rates 2^-t the quotients are exact."""
    plan = Plan(0)
    rates = [2.0**-t for t in range(plan.steps)]
    frictions = [0.9, *(0.9 * b / a for a, b in pairwise(rates))]
    buffer = follow(momentum_buffer.step, start(momentum_buffer.init, plan), plan, lr=rates, momentum=0.9)
    velocity = follow(momentum.step, start(momentum.init, plan), plan, lr=rates, momentum=frictions)
    assert apart(velocity, buffer) <= 1
