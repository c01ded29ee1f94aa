"""RMSprop against torch, with and without momentum, and beside Adam."""

from functools import partial

import numpy as np
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, rmsprop
from fiducial.suites.optimizers.trajectories import Plan, alpha, apart, follow, follows_torch, gap, is_not, plans, start

test_torch_follows_rmsprop = follows_torch(
    rmsprop.init, rmsprop.step, torch.optim.RMSprop, ["lr", "rho", "eps"], options=alpha, v="square_avg")

test_torch_follows_rmsprop_with_momentum = follows_torch(
    rmsprop.init, rmsprop.step, torch.optim.RMSprop, ["lr", "rho", "eps", "momentum"], options=alpha,
    v="square_avg", b="momentum_buffer")

test_is_not = is_not(rmsprop.init, rmsprop.step, [rmsprop.keras_step], lr=0.01, rho=0.9, eps=1e-3)


def test_it_is_adam_without_first_average_and_correction() -> None:
    """β₁ = 0, β₂ = ρ."""
    for plan in plans():
        h = plan.draw("lr", "rho", "eps")
        ours = follow(rmsprop.step, start(rmsprop.init, plan), plan, **h)
        h["beta2"] = h.pop("rho")
        assert apart(ours, follow(adam.uncorrected_step, start(adam.init, plan), plan, **h, beta1=0.0)) <= 1


def test_the_first_step_is_larger_than_the_learning_rate() -> None:
    """η / √(1 - ρ) at v_0 = 0 and ε = 0."""
    x, g, rho = exact(np.zeros(6)), exact(np.abs(Plan(0).start)), exact(0.99)
    x, _ = rmsprop.step(x, g, rmsprop.init(x), lr=exact(0.01), rho=rho, eps=exact(0.0))
    assert gap(x, np.zeros(6) - 0.01 / np.sqrt(1 - rho)) <= 1


def test_a_start_at_one_is_another_trajectory() -> None:
    plan = Plan(0)
    zero, one = start(rmsprop.init, plan), start(rmsprop.init, plan, initial_accumulator_value=1.0)
    assert apart(follow(rmsprop.step, zero, plan, lr=0.01), follow(rmsprop.step, one, plan, lr=0.01)) > 1e6


def test_under_a_schedule_the_place_of_the_rate_matters() -> None:
    """η inside the buffer (TensorFlow) and outside (torch): the same at a constant rate only, at ε = 0."""
    plan = Plan(0)
    state, falling = start(rmsprop.init, plan, initial_accumulator_value=1.0), [0.5 * 0.9**t for t in range(30)]
    h = {"rho": 0.9, "eps": 0.0, "momentum": 0.9}
    outside, inside = (partial(follow, step, state, plan, **h) for step in (rmsprop.step, rmsprop.keras_step))
    assert apart(outside(lr=0.01), inside(lr=0.01)) <= 1
    assert apart(outside(lr=falling), inside(lr=falling)) > 1e6
