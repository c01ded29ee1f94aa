"""Centered RMSprop against torch, and where neither can be judged."""

import numpy as np
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import rmsprop, rmsprop_centered
from fiducial.suites.optimizers.trajectories import Plan, alpha, apart, follow, follows_torch, is_not, start

test_torch_follows_rmsprop_centered = follows_torch(
    rmsprop_centered.init, rmsprop_centered.step, torch.optim.RMSprop, ["lr", "rho", "eps", "momentum"],
    options=lambda h: {**alpha(h), "centered": True}, lerped=["rho"], v="square_avg", m="grad_avg", b="momentum_buffer")

test_is_not = is_not(rmsprop_centered.init, rmsprop_centered.step, [rmsprop_centered.keras_step],
                     lr=0.01, rho=0.9, eps=1e-3)


def test_the_centre_matters() -> None:
    plan, h = Plan(0), {"lr": 0.01, "rho": 0.9, "eps": 1e-8}
    centered = follow(rmsprop_centered.step, start(rmsprop_centered.init, plan), plan, **h)
    assert apart(centered, follow(rmsprop.step, start(rmsprop.init, plan), plan, **h)) > 1e6


def test_equal_gradients_cannot_be_judged() -> None:
    """v - m² falls to 0 and its rounding below: the bound is infinite, and torch does give nan."""
    g = np.random.default_rng(11).standard_normal(200)
    x = exact(np.zeros(200))
    state = rmsprop_centered.init(x)
    for _ in range(400):
        x, state = rmsprop_centered.step(x, exact(g), state, lr=exact(0.01), rho=exact(0.9), eps=exact(1e-8))
    theirs = torch.zeros(200, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.RMSprop([theirs], lr=0.01, alpha=0.9, centered=True)
    for _ in range(400):
        theirs.grad = torch.tensor(g)
        optimizer.step()
    assert np.isinf(x.error).all()
    assert torch.isnan(theirs).any()
