"""Adamax against torch and optax, and what its maximum makes of constant and of vanishing gradients."""

import numpy as np
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adamax
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    betas,
    follow,
    follows_torch,
    gap,
    is_not,
    plans,
    start,
)

HYPER = ("lr", "beta1", "beta2", "eps")

test_torch_follows_adamax = follows_torch(
    adamax.init, adamax.step, torch.optim.Adamax, HYPER, options=betas, lerped=["beta1"], m="exp_avg", u="exp_inf")

test_is_not = is_not(adamax.init, adamax.step, [adamax.keras_step], lr=0.01, beta1=0.9, beta2=0.99, eps=1e-3)


def test_optax_follows_adamax() -> None:
    for plan in plans(4):
        h = plan.draw(*HYPER)
        theirs = optax_course("adamax", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"])
        assert against_torch(follow(adamax.step, start(adamax.init, plan), plan, **h), theirs) <= 1


def test_without_epsilon_keras_is_the_paper() -> None:
    """Where no gradient is 0, ε = 0 is allowed, and the two forms are one."""
    plan = Plan(0)
    h, state = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 0.0}, start(adamax.init, plan)
    plan.__dict__["gradients"] = [np.where(g == 0, 1.0, g) for g in plan.gradients]
    assert apart(follow(adamax.step, state, plan, **h), follow(adamax.keras_step, state, plan, **h)) <= 1


def test_a_constant_gradient_takes_equal_steps() -> None:
    """m̂ = g and u = |g| + ε from the first step on: x_t = x_0 - t η g / (|g| + ε)."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        x, g, state = exact(plan.start), exact(plan.gradients[0]), start(adamax.init, plan)
        for t in range(1, 11):
            x, state = adamax.step(x, g, state, **h)
            assert gap(x, plan.start - t * h["lr"] * g / (abs(g) + h["eps"])) <= 1


def test_after_one_gradient_the_maximum_decays_alone() -> None:
    """g, then zeros, ε = 0: m_t = β₁^(t-1) (1-β₁) g and u_t = β₂^(t-1) |g|, a geometric course of steps."""
    plan = Plan(0)
    beta1, beta2, lr = exact(0.9), exact(0.99), exact(0.1)
    x = y = exact(plan.start)
    g = exact(1 + np.abs(plan.start))
    state = start(adamax.init, plan)
    for t in range(1, 9):
        x, state = adamax.step(x, g if t == 1 else 0 * g, state, lr=lr, beta1=beta1, beta2=beta2, eps=exact(0.0))
        y = y - lr * (1 - beta1) / (1 - beta1**t) * (beta1 / beta2) ** (t - 1)
        assert gap(x, y) <= 1
