"""Lion against optax and, where they are installed, public classes; the averages whose sign it takes."""

import importlib

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import decay, lion, momentum_average
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import constant, scaled, without_zeros
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    betas,
    follow,
    gap,
    is_not,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "beta1", "beta2", "weight_decay")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1}


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_lion(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    theirs = optax_course("lion", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"],
                          weight_decay=h["weight_decay"])
    assert against_torch(follow(lion.step, start(lion.init, plan), plan, **h), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("package", ["lion_pytorch", "timm.optim", "optimi", "pytorch_optimizer"])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_public_classes_follow_lion(plan: Plan, package: str) -> None:
    pytest.importorskip(package)
    h = plan.draw(*HYPER)
    theirs = torch_course(importlib.import_module(package).Lion, plan, **betas(h))
    ours = follow(lion.step, start(lion.init, plan), plan, **h)
    assert against_torch(ours, theirs, m="exp_avg") <= 1


test_is_not = is_not(lion.init, lion.step, [lion.smooth_step, lion.refined_step], **TYPICAL)


def test_with_one_rate_it_is_the_sign_of_a_running_average() -> None:
    """β₁ = β₂: c = m, momentum's average; with β = 0 the sign of the gradient itself."""
    for plan in plans(4):
        h = plan.draw("lr", "beta2")
        for beta in (h["beta2"], 0.0):
            course = follow(lion.step, start(lion.init, plan), plan, lr=h["lr"], beta1=beta, beta2=beta)
            averages = follow(momentum_average.step, start(momentum_average.init, plan), plan, lr=1.0, momentum=beta)
            x = exact(plan.start)
            for (ours, _), (_, average) in zip(course, averages, strict=True):
                x = x - exact(h["lr"]) * np.sign(average.v)
                assert gap(ours, x) <= 1


def test_every_entry_moves_by_the_rate() -> None:
    """λ = 0: |x_t - x_{t-1}| = η wherever a gradient was seen, however small."""
    plan = without_zeros(Plan(5))
    x = exact(plan.start)
    for moved, _ in follow(lion.step, start(lion.init, plan), plan, lr=0.25, beta1=0.9, beta2=0.99):
        assert gap(abs(moved - x), exact(np.full(6, 0.25))) <= 1
        x = moved


def test_the_size_of_gradients_does_not_matter() -> None:
    """Gradients 1024 times as large, the same path bit for bit."""
    plan = Plan(2)
    one, other = (follow(lion.step, start(lion.init, p), p, **TYPICAL) for p in (plan, scaled(plan, 1024.0)))
    for (x, _), (y, _) in zip(one, other, strict=True):
        np.testing.assert_array_equal(x.value, y.value)


def test_the_newest_gradient_weighs_more_in_the_step_than_in_the_memory() -> None:
    """From m = 1 a gradient below -β₁ / (1 - β₁) = -9 turns the step; only one below -99 would turn the memory."""
    options = {"lr": 1.0, "beta1": 0.9, "beta2": 0.99}
    x, state = np.zeros(1), lion.State(m=np.ones(1))
    for turn, expected in ((-8.9, -1.0), (-9.1, 1.0)):
        moved, kept = lion.step(x, np.array([turn]), state, **options)
        assert moved == expected
        assert kept.m > 0


def test_decay_is_decoupled() -> None:
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        g, x, state = exact(plan.gradients[0]), exact(plan.start), start(lion.init, plan)
        without = {name: h[name] for name in ("lr", "beta1", "beta2")}
        shrunk = decay.decoupled(x, lr=h["lr"], weight_decay=h["weight_decay"])
        assert gap(lion.step(x, g, state, **h)[0], lion.step(shrunk, g, state, **without)[0]) <= 1


def test_the_smooth_form_tends_to_the_sign_and_the_refined_one_is_momentum_below_1() -> None:
    plan = constant(Plan(0))
    state = start(lion.init, plan)
    smooth = follow(lion.smooth_step, state, plan, **TYPICAL, smooth=1e6)
    assert apart(smooth, follow(lion.step, state, plan, **TYPICAL)) <= 1
    small = scaled(plan, 0.1)
    ours = follow(lion.refined_step, state, small, lr=0.1, beta1=0.9, beta2=0.9)
    average = follow(momentum_average.step, start(momentum_average.init, small), small, lr=0.1, momentum=0.9)
    assert apart(ours, average) <= 1
