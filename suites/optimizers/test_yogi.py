"""Yogi against optax and, where they are installed, public classes; the additive walk of its second moment."""

from itertools import pairwise

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adagrad, yogi
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import with_gradients
from fiducial.suites.optimizers.trajectories import (
    Course,
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

HYPER = ("lr", "beta1", "beta2", "eps")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3}


def public_form(plan: Plan, first: float = 1e-6, **h: float) -> Course:
    """With corrections, m_0 = v_0 = `first`."""
    state = start(yogi.init, plan, initial_accumulator_value=first, initial_momentum=first)
    return follow(yogi.corrected_step, state, plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_the_public_form(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    theirs = optax_course("yogi", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"])
    assert against_torch(public_form(plan, **h), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_torch_optimizer_follows_the_public_form(plan: Plan) -> None:
    package, h = pytest.importorskip("torch_optimizer"), plan.draw(*HYPER)
    theirs = torch_course(package.Yogi, plan, **betas(h), initial_accumulator=0.01)
    assert against_torch(public_form(plan, 0.01, **h), theirs, m="exp_avg", v="exp_avg_sq") <= 1


test_is_not = is_not(yogi.init, yogi.step, [yogi.corrected_step], **TYPICAL)


def test_the_second_moment_walks_towards_the_square() -> None:
    """v_t - v_{t-1} = ±(1 - β₂) g_t², upwards where v_{t-1} < g_t², and not at all without a gradient."""
    for plan in plans(4):
        h = plan.draw(*HYPER)
        course = follow(yogi.step, start(yogi.init, plan), plan, **h)
        states = [start(yogi.init, plan), *(state for _, state in course)]
        for (before, after), g in zip(pairwise(states), plan.gradients, strict=True):
            way = np.where(before.v.value < g**2, 1.0, -1.0)
            assert gap(after.v, before.v + way * (1 - exact(h["beta2"])) * exact(g) ** 2) <= 1


def test_while_gradients_grow_it_is_adagrad() -> None:
    """g_t² > v_{t-1} throughout: v_t = (1 - β₂) Σ g²; with β₁ = 0 AdaGrad at η and ε over √(1 - β₂)."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw("lr", "beta2", "eps").items()}
        growing = with_gradients(plan, [(-2.0) ** t * plan.start for t in range(plan.steps)])
        share = np.sqrt(1 - h["beta2"])
        ours = follow(yogi.step, start(yogi.init, growing), growing, beta1=0.0, **h)
        sums = follow(adagrad.step, start(adagrad.init, growing), growing, lr=h["lr"] / share, eps=h["eps"] / share)
        assert apart(ours, sums) <= 1


def test_a_sudden_calm_is_forgotten_slowly() -> None:
    """From v = 1 under |g| = 0.1 for 100 steps Yogi keeps v > 0.9, where Adam's average falls below 0.4."""
    x, state, average = np.zeros(1), yogi.State(np.zeros(1), np.ones(1), 0), 1.0
    for _ in range(100):
        x, state = yogi.step(x, np.array([0.1]), state, lr=0.0, beta2=0.99)
        average = 0.99 * average + 0.01 * 0.1**2
    assert state.v > 0.9 > 0.4 > average


def test_a_start_of_momentum_fades_as_its_rate() -> None:
    """Without gradients the public form still moves: m_t = m_0 β₁^t."""
    plan = with_gradients(Plan(0), [np.zeros(6)] * 5)
    for t, (_, state) in enumerate(public_form(plan, **TYPICAL), 1):
        assert gap(state.m, exact(np.full(6, 1e-6)) * exact(0.9) ** t) <= 1
        assert gap(state.v, exact(np.full(6, 1e-6))) == 0
