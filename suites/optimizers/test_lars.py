"""LARS against optax and, where it is installed, torch-optimizer; its forms, and the length of its steps."""

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import lars, momentum_buffer, nesterov_buffer
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    follow,
    gap,
    is_not,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "momentum", "weight_decay")
TYPICAL = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "trust_coefficient": 0.02}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(lars.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_its_form(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    theirs = optax_course("lars", plan, learning_rate=h["lr"], weight_decay=h["weight_decay"], trust_coefficient=0.02,
                          momentum=h["momentum"])
    assert against_torch(course(lars.optax_step, plan, **h, trust_coefficient=0.02), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_torch_optimizer_follows_the_torch_form(plan: Plan) -> None:
    """With decay; without it, it is plain momentum."""
    package, h = pytest.importorskip("torch_optimizer"), plan.draw("lr", "momentum", "dampening", "eps")
    for decay, form in ((0.1, partial(lars.torch_step, trust_coefficient=exact(0.02), weight_decay=exact(0.1))),
                        (0.0, lambda x, g, s, *, eps, **o: lars.plain_step(x, g, s, **o))):
        theirs = torch_course(package.LARS, plan, **h, weight_decay=decay, trust_coefficient=0.02)
        assert against_torch(course(form, plan, **h), theirs, v="momentum_buffer") <= 1


test_is_not = is_not(lars.init, lars.step, [lars.optax_step], **TYPICAL)


def test_without_decay_the_papers_form_is_optaxs() -> None:
    for plan in plans(8):
        h = {**plan.draw("lr", "momentum"), "weight_decay": 0.0, "trust_coefficient": 0.02}
        assert apart(course(lars.step, plan, **h), course(lars.optax_step, plan, **h)) <= 1


def test_at_a_constant_rate_its_place_does_not_matter() -> None:
    """γ inside the velocity or outside the buffer: one path at ε = 0, until γ changes."""
    plan, falling = Plan(0), [0.1 * 0.9**t for t in range(30)]
    for rate, same in ((0.1, True), (falling, False)):
        h = {**TYPICAL, "lr": rate}
        found = apart(course(lars.step, plan, **h), course(lars.torch_step, plan, **h, eps=0.0))
        assert found <= 1 if same else found > 1e6


def test_a_step_is_as_long_as_the_weights_say() -> None:
    """μ = 0, λ = 0: ‖x_t - x_{t-1}‖ = γ κ ‖x_{t-1}‖, whatever the gradient's unit."""
    for plan in plans(4):
        h = {"lr": 0.5, "momentum": 0.0, "weight_decay": 0.0, "trust_coefficient": 0.02}
        path = [exact(plan.start), *(x for x, _ in course(lars.step, plan, **h))]
        for before, after in pairwise(path):
            assert gap(lars.norm(after - before), exact(0.5) * exact(0.02) * lars.norm(before)) <= 1
        other = Plan(plan.seed)
        other.__dict__["gradients"] = [2.0**20 * g for g in plan.gradients]
        assert apart(course(lars.step, plan, **h), course(lars.step, other, **h)) <= 1


def test_with_decay_the_unit_of_the_gradients_matters() -> None:
    plan, other = Plan(1), Plan(1)
    other.__dict__["gradients"] = [2.0**20 * g for g in plan.gradients]
    assert apart(course(lars.step, plan, **TYPICAL), course(lars.step, other, **TYPICAL)) > 1e6


def test_the_ratio_is_bounded_by_the_decay() -> None:
    """q ≤ κ/λ, reached as the gradient vanishes; at a gradient of 0 it is 1."""
    x, still = exact(Plan(2).start), exact(np.zeros(6))

    def ratio(x: Any, g: Any) -> float:
        q: Any = lars.trust(x, g, trust_coefficient=exact(0.02), weight_decay=exact(0.1))
        return float(q.value)

    for size in (1e-12, 1.0, 1e6):
        assert ratio(x, exact(np.full(6, size))) <= 0.2
    assert ratio(x, exact(np.full(6, 1e-12))) == pytest.approx(0.2, rel=1e-9)
    assert ratio(x, still) == 1
    assert ratio(still, x) == 1


def test_two_layers_are_two_layers() -> None:
    """Cut in two, the halves take paths of their own: the rule does not work entry by entry."""
    plan = Plan(3)
    whole, _ = lars.step(plan.start, plan.gradients[0], lars.init(plan.start), lr=0.1)
    halves = [lars.step(plan.start[i:i + 3], plan.gradients[0][i:i + 3], lars.init(plan.start[i:i + 3]), lr=0.1)[0]
              for i in (0, 3)]
    assert np.abs(whole - np.concatenate(halves)).max() > 1e-9 * np.abs(whole - plan.start).max()


def test_its_momentum_is_torchs() -> None:
    for plan in plans(4):
        h = plan.draw("lr", "momentum", "dampening")
        theirs = follow(momentum_buffer.step, start(momentum_buffer.init, plan), plan, **h)
        assert apart(course(lars.plain_step, plan, **h), theirs) <= 1
        h = plan.draw("lr", "momentum")
        ahead = follow(nesterov_buffer.step, start(nesterov_buffer.init, plan), plan, **h)
        assert apart(course(lars.nesterov_step, plan, **h), ahead) <= 1
