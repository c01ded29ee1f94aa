"""AMSGrad: torch's form against torch, the forms against each other, and beside Adam."""

import numpy as np
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, amsgrad
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
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.9, "eps": 1e-3}

test_torch_follows_amsgrad = follows_torch(
    amsgrad.init, amsgrad.torch_step, torch.optim.Adam, HYPER, options=lambda h: {**betas(h), "amsgrad": True},
    lerped=["beta1"], m="exp_avg", v="exp_avg_sq", vmax="max_exp_avg_sq")

test_the_paper_is_not = is_not(
    amsgrad.init, amsgrad.step, [amsgrad.torch_step, amsgrad.optax_step, amsgrad.keras_step], **TYPICAL)
test_torch_is_not = is_not(amsgrad.init, amsgrad.torch_step, [amsgrad.optax_step, amsgrad.keras_step], **TYPICAL)


def test_while_v_grows_it_is_adam() -> None:
    """|g_t| rising, so that v_t > v_{t-1}."""
    plan = Plan(0)
    h = {name: exact(value) for name, value in TYPICAL.items()}
    x = y = exact(plan.start)
    ours, adams = amsgrad.init(x), adam.init(y)
    for t in range(30):
        g = exact(np.abs(Plan(1).start) * 1.5**t)
        x, ours = amsgrad.torch_step(x, g, ours, **h)
        y, adams = adam.step(y, g, adams, **h)
        assert gap(x, y) <= 1


def test_elsewhere_it_is_not() -> None:
    plan = Plan(0)
    ours = follow(amsgrad.torch_step, start(amsgrad.init, plan), plan, **TYPICAL)
    assert apart(ours, follow(adam.step, start(adam.init, plan), plan, **TYPICAL)) > 1e6


def test_keras_is_torchs_form_with_an_epsilon_that_moves() -> None:
    for plan in plans():
        h, state = plan.draw(*HYPER), start(amsgrad.init, plan)
        moving = [exact(h["eps"]) / np.sqrt(1 - exact(h["beta2"]) ** t) for t in range(1, plan.steps + 1)]
        keras = follow(amsgrad.keras_step, state, plan, **h)
        assert apart(keras, follow(amsgrad.torch_step, state, plan, **{**h, "eps": moving})) <= 1


def test_torchs_rate_can_rise_where_the_papers_cannot() -> None:
    """After one gradient and then zeros vmax stays, and torch's √(vmax / (1 - β₂^t)) shrinks by √(1 - β₂)."""
    x = exact(np.zeros(1))
    state, beta2 = amsgrad.init(x), exact(0.9)
    _, state = amsgrad.torch_step(x, exact([1.0]), state, lr=exact(1.0), beta2=beta2)
    first = np.sqrt(state.vmax / (1 - beta2))
    for _ in range(500):
        _, state = amsgrad.torch_step(x, exact([0.0]), state, lr=exact(1.0), beta2=beta2)
    last = np.sqrt(state.vmax / (1 - beta2**state.t))
    assert gap(last, first * np.sqrt(1 - beta2)) <= 1 + 1e-6  # β₂^500 = 1.3e-23 is a millionth of rounding


def test_the_paper_is_torchs_form_at_a_rate_and_an_epsilon_that_move() -> None:
    """step is torch_step at η_t = η (1 - β₁^t) / √(1 - β₂^t) and ε_t = ε / √(1 - β₂^t)."""
    for plan in plans(6):
        h, state = plan.draw(*HYPER), start(amsgrad.init, plan)
        roots = [np.sqrt(1 - exact(h["beta2"]) ** t) for t in range(1, plan.steps + 1)]
        rates = [exact(h["lr"]) * (1 - exact(h["beta1"]) ** t) / root for t, root in enumerate(roots, start=1)]
        moving = {**h, "lr": rates, "eps": [exact(h["eps"]) / root for root in roots]}
        assert apart(follow(amsgrad.step, state, plan, **h), follow(amsgrad.torch_step, state, plan, **moving)) <= 1


def test_optax_follows_its_form() -> None:
    for plan in plans(4):
        h = plan.draw(*HYPER)
        theirs = optax_course("amsgrad", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"])
        assert against_torch(follow(amsgrad.optax_step, start(amsgrad.init, plan), plan, **h), theirs) <= 1
