"""ASGD against torch, whose rates have float32's precision, and beside plain descent and the plain mean."""

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import FLOAT32, Rounded, exact
from fiducial.reference.optimizers import asgd, gradient_descent
from fiducial.suites.optimizers.trajectories import (
    Course,
    Plan,
    against_torch,
    apart,
    follow,
    gap,
    plans,
    start,
    torch_course,
)

FALLING = {"lr": 0.1, "lambd": 0.05, "alpha": 0.75, "t0": 3.0}


def coarse(state: Any) -> Any:
    """η and μ known to one unit of float32 more."""
    eta, mu = exact(state.eta), exact(state.mu)
    return state._replace(eta=Rounded(eta.value, eta.error + FLOAT32.unit * abs(eta.value)),
                          mu=Rounded(mu.value, mu.error + FLOAT32.unit * abs(mu.value)))


def kept_in_float32(plan: Plan, **h: Any) -> Course:
    """The definition's course with η and μ kept in float32."""

    def step(x: Any, g: Any, state: Any, **options: Any) -> Any:
        x, state = asgd.torch_step(x, g, state, **options)
        return x, coarse(state)

    first = h["lr"][0] if isinstance(h["lr"], list) else h["lr"]
    return follow(step, coarse(start(asgd.init, plan, lr=first)), plan, **h)


@pytest.mark.parametrize("plan", plans(), ids=lambda plan: f"seed{plan.seed}")
def test_torch_follows_asgd_with_rates_in_float32(plan: Plan) -> None:
    """The learning rate changing at every step, so that torch's delay of one step shows."""
    rng = np.random.default_rng([plan.seed, 7])
    h = {"lr": list(10 ** rng.uniform(-4, 0, plan.steps)), "lambd": float(rng.choice([0.0, 1e-4, 0.3])),
         "alpha": float(rng.choice([0.5, 0.75])), "t0": float(rng.choice([1.0, 5.0, 1e6]))}
    assert against_torch(kept_in_float32(plan, **h), torch_course(torch.optim.ASGD, plan, **h),
                         ax="ax", eta="eta", mu="mu") <= 1


def test_at_a_constant_rate_torchs_delay_is_no_delay() -> None:
    for plan in plans(4):
        state = start(asgd.init, plan, lr=0.1)
        assert apart(follow(asgd.step, state, plan, **FALLING), follow(asgd.torch_step, state, plan, **FALLING)) <= 1


def test_at_a_changing_rate_it_is_one() -> None:
    plan = Plan(0)
    h = {**FALLING, "lr": [0.1 * 0.5**t for t in range(plan.steps)]}
    state = start(asgd.init, plan, lr=0.1)
    assert apart(follow(asgd.step, state, plan, **h), follow(asgd.torch_step, state, plan, **h)) > 1e6


def test_without_lambda_it_is_descent() -> None:
    for plan in plans(4):
        ours = follow(asgd.step, start(asgd.init, plan), plan, **{**FALLING, "lambd": 0.0})
        assert apart(ours, follow(gradient_descent.step, start(gradient_descent.init, plan), plan, lr=0.1)) <= 1


def test_the_mean_is_the_mean_of_what_was_passed() -> None:
    """With t₀ = 3: a_t = x_t up to x_5, then the mean of x_5 … x_t, written out."""
    plan = Plan(0)
    course = follow(asgd.step, start(asgd.init, plan, lr=0.1), plan, **FALLING)
    passed = [x for x, _ in course]
    for t, (x, state) in enumerate(course, start=1):
        window = passed[4:t] or [x]
        assert gap(state.ax, sum(window[1:], window[0]) / len(window)) <= 1


def test_the_rate_falls_as_a_power() -> None:
    """η_{t+1} (1 + λ η t)^α = η."""
    for t in (1, 10, 1000):
        now = asgd.rate(t, lr=exact(0.1), lambd=exact(0.05), alpha=exact(0.75))
        assert gap(now * (1 + exact(0.05) * 0.1 * t) ** 0.75, exact(0.1)) <= 1
