"""LAMB against optax and, where it is installed, torch-optimizer; its forms, and the length of its steps."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import adam, lamb, lars
from fiducial.suites.optimizers.optax_runs import optax_course
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

HYPER = ("lr", "beta1", "beta2", "eps", "weight_decay")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.1}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(lamb.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_lamb(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    theirs = optax_course("lamb", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"],
                          weight_decay=h["weight_decay"])
    assert against_torch(course(lamb.step, plan, **h), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize(("debias", "form"), [(False, lamb.uncorrected_step), (True, lamb.debiased_rate_step)])
@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_torch_optimizer_follows_the_forms_without_correction(plan: Plan, debias: bool, form: Any) -> None:
    """At rates up to 1: beyond, every step is longer than the weights, and the bound grows with them."""
    package, h = pytest.importorskip("torch_optimizer"), plan.draw(*HYPER)
    h["lr"] = min(h["lr"], 1.0)
    theirs = torch_course(package.Lamb, plan, **betas(h), clamp_value=1.5, debias=debias)
    assert against_torch(course(form, plan, **h, clamp=1.5), theirs, m="exp_avg", v="exp_avg_sq") <= 1


test_is_not = is_not(lamb.init, lamb.step, [lamb.uncorrected_step, lamb.debiased_rate_step, lamb.decoupled_step],
                     **TYPICAL)


def test_a_step_is_as_long_as_the_weights_say() -> None:
    """‖x_t - x_{t-1}‖ = η min(‖x_{t-1}‖, clamp), decay included, with or without correction."""
    for plan in plans(4):
        h = plan.draw(*HYPER)
        for form, clamp in ((lamb.step, math.inf), (lamb.step, 1.5), (lamb.uncorrected_step, 1.5)):
            path = [exact(plan.start), *(x for x, _ in course(form, plan, **h, clamp=clamp))]
            for before, after in pairwise(path):
                expected = exact(h["lr"]) * np.minimum(lars.norm(before), clamp)
                assert gap(lars.norm(after - before), expected) <= 1


def test_it_is_adam_at_a_rate_of_the_layers_own() -> None:
    """λ = 0: Adam's direction, from the same state."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw("lr", "beta1", "beta2", "eps").items()}
        x, state = exact(plan.start), start(lamb.init, plan)
        for g in plan.gradients:
            move = adam.step(x, exact(g), state, **{**h, "lr": exact(1.0)})[0] - x
            following, state = lamb.step(x, exact(g), state, **h)
            assert gap(following, x + h["lr"] * lars.norm(x) / lars.norm(move) * move) <= 1
            x = following


def test_without_epsilon_and_decay_the_correction_changes_nothing() -> None:
    """r and its norm are divided by the bias alike; as a factor of the rate it stays."""
    for plan in plans(4):
        plan.__dict__["gradients"] = [np.where(g == 0, 1.0, g) for g in plan.gradients]
        h = {**plan.draw("lr", "beta1", "beta2"), "eps": 0.0, "weight_decay": 0.0}
        ours = course(lamb.step, plan, **h)
        assert apart(ours, course(lamb.uncorrected_step, plan, **h, clamp=math.inf)) <= 1
        assert apart(ours, course(lamb.debiased_rate_step, plan, **h, clamp=math.inf)) > 1e6


def test_without_epsilon_and_decay_the_unit_of_the_gradients_does_not_matter() -> None:
    plan, other = Plan(3), Plan(3)
    gradients = [np.where(g == 0, 1.0, g) for g in plan.gradients]
    plan.__dict__["gradients"], other.__dict__["gradients"] = gradients, [2.0**20 * g for g in gradients]
    h = {**TYPICAL, "eps": 0.0, "weight_decay": 0.0}
    assert apart(course(lamb.step, plan, **h), course(lamb.step, other, **h)) <= 1


def test_decay_apart_is_decay_before() -> None:
    """`decoupled_step` from x is `step` without decay from x (1 - η λ)."""
    plan = Plan(4)
    h = {name: exact(value) for name, value in TYPICAL.items() if name != "weight_decay"}
    x, g, state = exact(plan.start), exact(plan.gradients[0]), start(lamb.init, plan)
    ours, _ = lamb.decoupled_step(x, g, state, **h, weight_decay=exact(0.1))
    plain, _ = lamb.step(x * (1 - exact(0.01) * exact(0.1)), g, state, **h)
    assert gap(ours, plain) <= 1


def test_weights_of_zero_move_at_the_rate() -> None:
    """The ratio is 1 where ‖x‖ = 0; and where ‖r‖ = 0 nothing moves."""
    still, g = Rounded(np.zeros(6)), exact(np.array([1.0, -2.0, 3.0, 1e-3, -5.0, 0.5]))
    h = {name: exact(value) for name, value in TYPICAL.items()}
    moved, _ = lamb.step(still, g, lamb.init(still), **h)
    assert gap(moved, still - h["lr"] * g / (abs(g) + h["eps"])) <= 1
    x = exact(Plan(5).start)
    unmoved: Any
    unmoved, _ = lamb.step(x, still, lamb.init(x), **{**h, "weight_decay": exact(0.0)})
    np.testing.assert_array_equal(unmoved.value, x.value)


def test_decay_beside_the_step_is_a_step_from_the_smaller_weights() -> None:
    """decoupled_step from x is step without decay from x (1 - η λ)."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in plan.draw(*HYPER).items()}
        rest = {name: h[name] for name in ("lr", "beta1", "beta2", "eps")}
        x: Any = exact(plan.start)
        state = lamb.init(x)
        for g in plan.gradients[:8]:
            expected, _ = lamb.step(x * (1 - h["lr"] * h["weight_decay"]), exact(g), state, **rest)
            x, state = lamb.decoupled_step(x, exact(g), state, **h)
            assert gap(x, expected) <= 1
