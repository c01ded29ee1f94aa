"""The buffer form of momentum against torch, schedules and dampening included."""

from typing import Any

import torch

from fiducial.reference.optimizers import momentum_buffer
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    follow,
    follows_torch,
    is_not,
    start,
    torch_course,
)

test_torch_follows_momentum_buffer = follows_torch(
    momentum_buffer.init, momentum_buffer.step, torch.optim.SGD, ["lr", "momentum", "dampening"], b="momentum_buffer")


def damped_from_the_start(x: Any, g: Any, state: Any, *, lr: Any, momentum: Any, dampening: Any) -> Any:
    """The plausible mistake: the first gradient damped like the others."""
    return momentum_buffer.step(x, g, state._replace(t=state.t + 1), lr=lr, momentum=momentum, dampening=dampening)


test_is_not = is_not(momentum_buffer.init, momentum_buffer.step, [damped_from_the_start],
                     lr=0.01, momentum=0.9, dampening=0.5)


def test_torch_follows_it_under_a_schedule() -> None:
    plan = Plan(0)
    schedule = [0.5 * 0.9**t for t in range(plan.steps)]
    ours = follow(momentum_buffer.step, start(momentum_buffer.init, plan), plan, lr=schedule, momentum=0.9)
    theirs = torch_course(torch.optim.SGD, plan, lr=schedule, momentum=0.9)
    assert against_torch(ours, theirs, b="momentum_buffer") <= 1
