"""RAdam against torch and optax, and the closed forms of its lengths."""

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, radam
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import without_zeros
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

test_torch_follows_radam = follows_torch(
    radam.init, radam.torch_step, torch.optim.RAdam, HYPER, options=betas, lerped=["beta1"], m="exp_avg",
    v="exp_avg_sq")

test_torch_is_not = is_not(radam.init, radam.torch_step, [radam.optax_step], **TYPICAL)


def test_optax_follows_its_form() -> None:
    for plan in plans(4):
        h = plan.draw(*HYPER)
        theirs = optax_course("radam", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"])
        ours = follow(radam.optax_step, start(radam.init, plan), plan, **h)
        assert against_torch(ours, theirs) <= 1


def test_the_papers_threshold_rectifies_one_step_earlier() -> None:
    """ρ_5 lies between 4 and 5 for β₂ = 0.99: the paper rectifies that step, torch does not."""
    rho, _ = radam.lengths(5, beta2=0.99)
    assert 4 < rho < 5
    plan = Plan(0)
    plan.__dict__["gradients"] = [np.where(g == 0, 1.0, g) for g in plan.gradients]
    h = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99}
    paper = follow(radam.step, start(radam.init, plan), plan, **h)
    torchs = follow(radam.torch_step, start(radam.init, plan), plan, **h, eps=0.0)
    assert apart(paper[:4], torchs[:4]) <= 1
    assert apart(paper[4:5], torchs[4:5]) > 1e6


def test_lengths_are_twice_the_mean_age_of_the_weights() -> None:
    """ρ_t = 2 Σ_k k w_k - 1 over the weights w_k = (1 - β₂) β₂^(k-1) / (1 - β₂^t) of the last t squares."""
    for beta2 in map(exact, (0.9, 0.99, 0.999)):
        for t in (1, 2, 5, 50):
            ages = sum(k * beta2 ** (k - 1) for k in range(1, t + 1))
            assert gap(radam.lengths(t, beta2=beta2)[0], 2 * ages * (1 - beta2) / (1 - beta2**t) - 1) <= 1


@pytest.mark.parametrize("beta2", [0.0, 0.5, 0.6])
def test_short_memories_are_never_rectified(beta2: float) -> None:
    """ρ_∞ <= 4: the rule is momentum with a correction, and v plays no part."""
    plan = Plan(1)
    h = {"lr": 0.01, "beta1": 0.9, "beta2": beta2}
    course = follow(radam.torch_step, start(radam.init, plan), plan, **h)
    averages, x = start(adam.init, plan), exact(plan.start)
    for (moved, _), g in zip(course, plan.gradients, strict=True):
        averages = adam.moments(exact(g), averages, beta1=0.9, beta2=beta2)
        x = x - 0.01 * averages.m / (1 - exact(0.9) ** averages.t)
        assert gap(moved, x) <= 1


def test_rectification_grows_to_one() -> None:
    """r_t rises from near 0 towards 1: after 5000 steps of β₂ = 0.999 it is within 1e-3 of it."""
    found = [radam.rectification(*radam.lengths(t, beta2=0.999)) for t in (6, 10, 100, 1000, 5000)]
    assert found == sorted(found)
    assert found[0] < 0.05
    assert 1 - found[-1] < 2e-2


def test_past_both_thresholds_the_paper_is_torchs_form_without_epsilon() -> None:
    for plan in map(without_zeros, plans(4)):
        h = {name: exact(value) for name, value in (("lr", 0.01), ("beta1", 0.9), ("beta2", 0.99))}
        x, state = exact(plan.start), start(radam.init, plan)
        for t, g in enumerate(plan.gradients, start=1):
            ours, new = radam.step(x, exact(g), state, **h)
            torchs, _ = radam.torch_step(x, exact(g), state, **h, eps=exact(0.0))
            assert t == 5 or gap(ours, torchs) <= 1
            x, state = ours, new
