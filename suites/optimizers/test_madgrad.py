"""MADGRAD against optax and, where they are installed, public classes; closed forms and degrees of homogeneity."""

import importlib
from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import FLOAT32, Rounded, exact
from fiducial.reference.optimizers import madgrad
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import constant, scaled, without_zeros
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    follow,
    gap,
    is_not,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "momentum", "eps")


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(madgrad.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_the_shifted_form_with_weights_in_float32(plan: Plan) -> None:
    """It computes λ_k = (η + ε) √k in float32, whatever the parameters have: three roundings, one definition."""
    h = plan.draw(*HYPER)
    theirs = optax_course("contrib.madgrad", plan, learning_rate=h["lr"], momentum=h["momentum"], eps=h["eps"])
    rate = h["lr"] + h["eps"]
    ours = course(madgrad.step, plan, **{**h, "lr": Rounded(rate, 3 * FLOAT32.unit * rate)})
    assert against_torch(ours, theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("package", ["madgrad", "timm.optim", "torch_optimizer", "pytorch_optimizer"])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_public_classes_follow_the_shifted_form(plan: Plan, package: str) -> None:
    """With momentum by x_0, without it from wherever x is."""
    pytest.importorskip(package)
    kind, h = importlib.import_module(package).MADGRAD, plan.draw(*HYPER)
    ours, theirs = course(madgrad.shifted_step, plan, **h), torch_course(kind, plan, **h)
    assert against_torch(ours, theirs, s="s", v="grad_sum_sq", x0="x0") <= 1
    moving = course(madgrad.moving_step, plan, lr=exact(h["lr"]) + exact(h["eps"]), eps=h["eps"])
    assert against_torch(moving, torch_course(kind, plan, **{**h, "momentum": 0.0})) <= 1


test_is_not = is_not(madgrad.init, madgrad.step, [madgrad.shifted_step], lr=0.01, momentum=0.9, eps=1e-3)


def test_without_momentum_it_can_be_stepped_from_wherever_x_is() -> None:
    for plan in plans(8):
        h = plan.draw("lr", "eps")
        assert apart(course(madgrad.step, plan, **h, momentum=0.0), course(madgrad.moving_step, plan, **h)) <= 1


def test_a_constant_gradient_gives_the_closed_form() -> None:
    """s = η g Σ√k, v = η g² Σ√k, and x is the average of the z with weights (1 - β) β^(t-k)."""
    for plan in map(constant, plans(6)):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        g, total, x = exact(plan.gradients[0]), exact(0.0), exact(plan.start)
        for t, (ours, _) in enumerate(course(madgrad.step, plan, **h), 1):
            total = total + np.sqrt(exact(float(t)))
            size = (h["lr"] * total * g**2) ** (1 / np.full_like(g, 3.0))
            z = plan.start - h["lr"] * total * g / (size + h["eps"])
            x = h["momentum"] * x + (1 - h["momentum"]) * z
            assert gap(ours, x) <= 1


def test_the_first_step_is_a_two_thirds_power_of_the_rate() -> None:
    """ε = β = 0: x_1 - x_0 = -η^(2/3) g^(1/3)."""
    for plan in map(without_zeros, plans(6)):
        lr, g = plan.draw("lr")["lr"], plan.gradients[0]
        moved, _ = madgrad.step(np.zeros(6), g, madgrad.init(np.zeros(6)), lr=lr, momentum=0.0, eps=0.0)
        np.testing.assert_allclose(moved, -np.cbrt(lr) ** 2 * np.cbrt(g), rtol=1e-13)


@pytest.mark.parametrize(("gradient", "rate", "factor"), [(8.0, 1.0, 2.0), (1.0, 8.0, 4.0), (-1.0, 1.0, -1.0)])
def test_the_path_is_homogeneous_in_gradients_and_rate(gradient: float, rate: float, factor: float) -> None:
    """ε = 0: the way from x_0 goes with the cube root of the gradients' size, and with η^(2/3)."""
    for plan in map(without_zeros, plans(4)):
        h = {"momentum": 0.9, "eps": 0.0}
        one = course(madgrad.step, plan, lr=0.25, **h)
        other = course(madgrad.step, scaled(plan, gradient), lr=0.25 * rate, **h)
        for (x, _), (y, _) in zip(one, other, strict=True):
            assert gap(y - exact(plan.start), factor * (x - exact(plan.start))) <= 1


def test_later_gradients_weigh_more() -> None:
    """λ_k = η √k: the same gradient counts twice as much in step 4 as in step 1."""
    x, g, state = np.zeros(1), np.ones(1), madgrad.init(np.zeros(1))
    weights = []
    for _ in range(4):
        before = state.s
        x, state = madgrad.step(x, g, state, lr=1.0)
        weights.append(float(state.s[0] - before[0]))
    assert weights == pytest.approx([1, np.sqrt(2), np.sqrt(3), 2], rel=1e-14)
