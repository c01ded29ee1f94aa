"""Adam against torch, its variants against it, and its first step."""

from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import FLOAT32, exact
from fiducial.reference.optimizers import adam
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.trajectories import (
    OTHER_ORDER,
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

test_torch_follows_adam = follows_torch(
    adam.init, adam.step, torch.optim.Adam, HYPER, options=betas, lerped=["beta1"], m="exp_avg", v="exp_avg_sq")

test_is_not = is_not(adam.init, adam.step, [adam.keras_step, adam.under_root_step, adam.uncorrected_step],
                     lr=0.01, beta1=0.9, beta2=0.99, eps=1e-3)


@pytest.mark.parametrize("plan", plans(12), ids=lambda plan: f"seed{plan.seed}")
def test_torch_follows_adam_in_float32(plan: Plan) -> None:
    """The bound counts float32's roundings; the definition itself stays in float64."""
    drawn = {**plan.draw("beta1", "beta2"), "lr": 0.01, "eps": 1e-6}
    start32, gradients = plan.start.astype(np.float32), [g.astype(np.float32) for g in plan.gradients]
    x: Any = exact(start32, FLOAT32)
    h = {name: exact(value, FLOAT32) for name, value in drawn.items()}
    theirs = torch.tensor(start32, requires_grad=True)
    state, optimizer = adam.init(x), torch.optim.Adam([theirs], **betas(drawn))
    for g in gradients:
        x, state = adam.step(x, exact(g, FLOAT32), state, **h)
        theirs.grad = torch.tensor(g)
        optimizer.step()
        assert (np.abs(theirs.detach().numpy() - x.value) <= OTHER_ORDER * x.error).all()
    assert np.median(x.error) < 1e-2 * drawn["lr"]  # a hundredth of one step, after 30


def test_the_comparison_forgives_a_billionth_of_the_update() -> None:
    """The median over plans and entries; a learning rate of 1e-6 beside parameters of size 1 is among them."""
    found = []
    for plan in plans():
        x = follow(adam.step, start(adam.init, plan), plan, **plan.draw(*HYPER))[-1][0]
        found += list(x.error / np.maximum(np.abs(x.value - plan.start), np.finfo(float).tiny))
    assert np.median(found) < 1e-9


def test_bounds_leave_the_values_as_they_are() -> None:
    """On plain arrays the definition gives what it gives on Rounded ones, to the bound."""
    plan = Plan(3)
    h = plan.draw(*HYPER)
    x, state = plan.start, adam.init(plan.start)
    for g in plan.gradients:
        x, state = adam.step(x, g, state, **h)
    bounded, last = follow(adam.step, start(adam.init, plan), plan, **h)[-1]
    assert gap(exact(x), bounded) <= 1
    assert gap(exact(state.v), last.v) <= 1


def test_the_first_step_is_the_learning_rate_times_a_softened_sign() -> None:
    """x_1 - x_0 = -η g / (|g| + ε), whatever β₁ and β₂."""
    for plan in plans():
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        g = exact(plan.gradients[0])
        x, _ = adam.step(exact(plan.start), g, start(adam.init, plan), **h)
        assert gap(x, plan.start - h["lr"] * g / (abs(g) + h["eps"])) <= 1


def test_keras_is_adam_with_an_epsilon_that_moves() -> None:
    """keras_step with ε is step with ε_t = ε / √(1 - β₂^t)."""
    for plan in plans():
        h = plan.draw(*HYPER)
        moving = [exact(h["eps"]) / np.sqrt(1 - exact(h["beta2"]) ** t) for t in range(1, plan.steps + 1)]
        state = start(adam.init, plan)
        keras = follow(adam.keras_step, state, plan, **h)
        assert apart(keras, follow(adam.step, state, plan, **{**h, "eps": moving})) <= 1


def test_optax_puts_its_second_epsilon_under_the_root() -> None:
    for plan in plans(4):
        h = plan.draw(*HYPER)
        theirs = optax_course("adam", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=0.0,
                              eps_root=h["eps"])
        assert against_torch(follow(adam.under_root_step, start(adam.init, plan), plan, **h), theirs) <= 1


def test_without_corrections_it_is_adam_at_a_rate_and_an_epsilon_that_move() -> None:
    """uncorrected_step is step at η_t = η (1 - β₁^t) / √(1 - β₂^t) and ε_t = ε / √(1 - β₂^t)."""
    for plan in plans(6):
        h, state = plan.draw(*HYPER), start(adam.init, plan)
        roots = [np.sqrt(1 - exact(h["beta2"]) ** t) for t in range(1, plan.steps + 1)]
        rates = [exact(h["lr"]) * (1 - exact(h["beta1"]) ** t) / root for t, root in enumerate(roots, start=1)]
        moving = {**h, "lr": rates, "eps": [exact(h["eps"]) / root for root in roots]}
        assert apart(follow(adam.uncorrected_step, state, plan, **h), follow(adam.step, state, plan, **moving)) <= 1
