"""Adan against optax and, where they are installed, public classes; its corners; what its two averages add up to."""

import importlib
from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, adan, momentum_average
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import constant, with_gradients
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

TYPICAL = {"lr": 0.01, "beta1": 0.98, "beta2": 0.92, "beta3": 0.99, "eps": 1e-3, "weight_decay": 0.1}


def drawn(plan: Plan) -> dict[str, float]:
    """Rate, ε and λ, and three decay rates that differ."""
    h = plan.draw("lr", "eps", "weight_decay", "rho", "momentum", "beta2")
    return {"lr": h["lr"], "eps": h["eps"], "weight_decay": h["weight_decay"], "beta1": h["rho"],
            "beta2": h["momentum"], "beta3": h["beta2"]}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(adan.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_the_form_whose_differences_weigh_the_complement(plan: Plan) -> None:
    h = drawn(plan)
    theirs = optax_course("adan", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], b3=h["beta3"],
                          eps=h["eps"], eps_root=0.0, weight_decay=h["weight_decay"])
    assert against_torch(course(adan.optax_step, plan, **h), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize(("package", "options", "form"), [
    ("timm.optim", {"no_prox": False}, adan.step), ("timm.optim", {"no_prox": True}, adan.decoupled_step),
    ("optimi", {}, adan.step), ("pytorch_optimizer", {"weight_decouple": False}, adan.step),
    ("pytorch_optimizer", {"weight_decouple": True}, adan.decoupled_step)])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_public_classes_follow_adan(plan: Plan, package: str, options: dict[str, bool], form: Any) -> None:
    pytest.importorskip(package)
    h = drawn(plan)
    rest = {name: h[name] for name in ("lr", "eps", "weight_decay")}
    kind = importlib.import_module(package).Adan
    theirs = torch_course(kind, plan, **rest, betas=(h["beta1"], h["beta2"], h["beta3"]), **options)
    assert against_torch(course(form, plan, **h), theirs) <= 1


test_is_not = is_not(adan.init, adan.step, [adan.decoupled_step, adan.optax_step], **TYPICAL)


def test_at_one_half_the_complement_is_the_same() -> None:
    for plan in plans(4):
        h = {**drawn(plan), "beta2": 0.5}
        assert apart(course(adan.optax_step, plan, **h), course(adan.decoupled_step, plan, **h)) <= 1


def test_a_constant_gradient_has_no_differences() -> None:
    """d = 0, m̂ = g, n̂ = g²: equal steps η g / (|g| + ε)."""
    for plan in map(constant, plans(4)):
        h = {**drawn(plan), "weight_decay": 0.0}
        g = exact(plan.gradients[0])
        for t, (x, state) in enumerate(course(adan.step, plan, **h), 1):
            assert not state.d.value.any()
            assert gap(x, plan.start - t * exact(h["lr"]) * g / (abs(g) + h["eps"])) <= 1


def test_without_its_second_rate_it_is_adam() -> None:
    """β₂ = 0: no look-ahead; Adam with the rates β₁ and β₃."""
    for plan in plans(6):
        h = {**drawn(plan), "weight_decay": 0.0, "beta2": 0.0}
        adams = {"lr": h["lr"], "eps": h["eps"], "beta1": h["beta1"], "beta2": h["beta3"]}
        assert apart(course(adan.step, plan, **h), follow(adam.step, start(adam.init, plan), plan, **adams)) <= 1


def test_two_averages_make_one_of_gradients_that_look_ahead() -> None:
    """β₁ = β₂ = β: m + β d is the average of g_t + β (g_t - g_{t-1})."""
    for plan in plans(6):
        h = drawn(plan)
        beta = exact(h["beta2"])
        previous = [plan.gradients[0], *plan.gradients[:-1]]
        average = start(momentum_average.init, plan)
        found = course(adan.step, plan, **{**h, "beta1": h["beta2"]})
        for g, before, (_, state) in zip(plan.gradients, previous, found, strict=True):
            ahead = exact(g) + beta * (exact(g) - exact(before))
            _, average = momentum_average.step(exact(plan.start), ahead, average, lr=1.0, momentum=beta)
            assert gap(state.m + beta * state.d, average.v) <= 1


def test_the_first_step_is_the_learning_rate_times_a_softened_sign() -> None:
    for plan in plans(6):
        h = {name: exact(value) for name, value in drawn(plan).items()}
        g = exact(plan.gradients[0])
        moved, _ = adan.step(exact(plan.start), g, start(adan.init, plan), **h)
        shrunk = 1 + h["lr"] * h["weight_decay"]
        assert gap(moved, (plan.start - h["lr"] * g / (abs(g) + h["eps"])) / shrunk) <= 1


def test_decay_is_the_proximal_step_of_its_penalty() -> None:
    """x minimizes η λ/2 ‖x‖² + ½ ‖x - y‖², y the step without decay: η λ x + x - y = 0."""
    for plan in plans(6):
        h = {**drawn(plan), "weight_decay": 0.3}
        decay = exact(h["lr"]) * exact(0.3)
        x, state = course(adan.step, plan, **h)[-1]
        g = exact(plan.gradients[0])
        new, _ = adan.step(x, g, state, **h)
        y, _ = adan.step(x, g, state, **{**h, "weight_decay": 0.0})
        assert gap(decay * new + new, y) <= 1


def test_without_gradients_only_decay_is_left() -> None:
    plan = with_gradients(Plan(0), [np.zeros(6)] * 5)
    for t, (x, _) in enumerate(course(adan.step, plan, **TYPICAL), 1):
        assert gap(x, exact(plan.start) / (1 + exact(0.01) * exact(0.1)) ** t) <= 1
