"""AdaGrad against torch, and the place of its ε."""

import numpy as np
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adagrad
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, follows_torch, gap, is_not, plans, start

test_torch_follows_adagrad = follows_torch(
    adagrad.init, adagrad.step, torch.optim.Adagrad, ["lr", "lr_decay", "eps"],
    starts=["initial_accumulator_value"], r="sum")

test_is_not = is_not(adagrad.init, adagrad.step, [adagrad.keras_step], lr=0.01, eps=1e-3)


def test_without_epsilon_its_place_is_the_same() -> None:
    for plan in plans():
        state = start(adagrad.init, plan, initial_accumulator_value=0.1)  # Keras's start: no division by 0
        outside = follow(adagrad.step, state, plan, lr=0.01, eps=0.0)
        assert apart(outside, follow(adagrad.keras_step, state, plan, lr=0.01, eps=0.0)) <= 1


def test_equal_gradients_make_steps_that_fall_as_one_over_root_t() -> None:
    """x_t - x_{t-1} = -η sign(g) / √t at ε = 0."""
    x, g = exact(np.zeros(6)), exact(np.abs(Plan(0).start))
    state = adagrad.init(x)
    for t in range(1, 31):
        before = x
        x, state = adagrad.step(x, g, state, lr=exact(0.5), eps=exact(0.0))
        assert gap(x, before - 0.5 / np.sqrt(exact(float(t)))) <= 1
