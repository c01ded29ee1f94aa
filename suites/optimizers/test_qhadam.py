"""QHAdam: Adam at its corner, against torch there; its two ways of averaging; public classes, where installed."""

import importlib
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, qhadam
from fiducial.suites.optimizers.plans_of_plans import constant
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    betas,
    follow,
    gap,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "beta1", "beta2", "eps")


def drawn(plan: Plan) -> dict[str, float]:
    """Adam's hyper-parameters, and both ν between 0 and 1."""
    return {**plan.draw(*HYPER), "nu1": plan.draw("dampening")["dampening"],
            "nu2": Plan(plan.seed + 100).draw("dampening")["dampening"]}


def plain(plan: Plan, **h: Any) -> Any:
    return follow(qhadam.step, start(qhadam.init, plan), plan, **h)


def weighted(plan: Plan, **h: Any) -> Any:
    return follow(qhadam.weighted_step, start(qhadam.weighted_init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_torch_follows_the_corner_that_is_adam(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    theirs = torch_course(torch.optim.Adam, plan, **betas(h))
    for form in (plain, weighted):
        assert against_torch(form(plan, **h, nu1=1.0, nu2=1.0), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("package", ["qhoptim.pyt", "torch_optimizer"])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
@pytest.mark.filterwarnings("ignore:This overload of add:UserWarning")
def test_public_classes_follow_qhadam(plan: Plan, package: str) -> None:
    pytest.importorskip(package)
    h = drawn(plan)
    options = {**betas({name: h[name] for name in HYPER}), "nus": (h["nu1"], h["nu2"])}
    theirs = torch_course(importlib.import_module(package).QHAdam, plan, **options)
    assert against_torch(weighted(plan, **h), theirs, m="exp_avg", v="exp_avg_sq") <= 1


def test_both_ways_of_averaging_agree_at_constant_rates() -> None:
    """m = m̂: w = (1 - β^t) / (1 - β) is the sum of the weights."""
    for plan in plans():
        h = drawn(plan)
        ours, other = plain(plan, **h), weighted(plan, **h)
        assert apart(ours, other) <= 1
        beta1 = exact(h["beta1"])
        assert gap(other[-1][1].w1, (1 - beta1**plan.steps) / (1 - beta1)) <= 1


def test_they_part_when_a_rate_changes() -> None:
    plan = Plan(0)
    h = {"lr": 0.01, "beta1": [0.5 + 0.01 * t for t in range(plan.steps)], "beta2": 0.99, "nu1": 0.7, "eps": 1e-3}
    assert apart(plain(plan, **h), weighted(plan, **h)) > 1e6


def test_without_its_first_average_it_is_corrected_rmsprop() -> None:
    """ν₁ = 0, ν₂ = 1: x - η g / (√v̂ + ε), whatever β₁."""
    for plan in plans(6):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        x, v = exact(plan.start), exact(np.zeros(plan.size))
        for t, (g, (ours, _)) in enumerate(zip(plan.gradients, plain(plan, **h, nu1=0.0, nu2=1.0), strict=True), 1):
            v = h["beta2"] * v + (1 - h["beta2"]) * exact(g) ** 2
            x = x - h["lr"] * exact(g) / (np.sqrt(v / (1 - h["beta2"] ** t)) + h["eps"])
            assert gap(ours, x) <= 1


def test_without_either_average_it_is_a_softened_sign() -> None:
    """ν₁ = ν₂ = 0 is Adam with β₁ = β₂ = 0."""
    for plan in plans(6):
        h = plan.draw("lr", "eps")
        sign = follow(adam.step, start(adam.init, plan), plan, **h, beta1=0.0, beta2=0.0)
        assert apart(plain(plan, **h, nu1=0.0, nu2=0.0), sign) <= 1


def test_a_constant_gradient_takes_equal_steps_whatever_the_mixture() -> None:
    for plan in map(constant, plans(4)):
        h = drawn(plan)
        g = exact(plan.gradients[0])
        for t, (x, _) in enumerate(weighted(plan, **h), 1):
            assert gap(x, plan.start - t * exact(h["lr"]) * g / (abs(g) + h["eps"])) <= 1
