"""NovoGrad against optax and, where it is installed, pytorch_optimizer; its norms, its averages, its starts."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import novograd, rmsprop
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import scaled, with_gradients
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
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(novograd.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_novograd(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    theirs = optax_course("novograd", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"],
                          weight_decay=h["weight_decay"])
    assert against_torch(course(novograd.step, plan, **h), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize(("averaging", "form"), [(False, novograd.step), (True, novograd.undamped_step)])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_pytorch_optimizer_follows_two_forms(plan: Plan, averaging: bool, form: Any) -> None:
    package, h = pytest.importorskip("pytorch_optimizer"), plan.draw(*HYPER)
    theirs = torch_course(package.NovoGrad, plan, **betas(h), grad_averaging=averaging)
    assert against_torch(course(form, plan, **h), theirs, m="moments", v="grads_ema") <= 1


test_is_not = is_not(novograd.init, novograd.step,
                     [novograd.averaged_step, novograd.undamped_step, novograd.amsgrad_step], **TYPICAL)


def test_the_first_step_is_as_long_as_the_rate() -> None:
    """λ = ε = 0: ‖x_1 - x_0‖ = η, in the direction of the gradient."""
    for plan in plans(6):
        g, x, lr = exact(plan.gradients[0]), exact(plan.start), exact(plan.draw("lr")["lr"])
        moved, _ = novograd.step(x, g, start(novograd.init, plan), lr=lr, eps=0.0)
        assert gap(np.linalg.norm(moved - x), lr) <= 1
        assert gap(moved - x, -lr * g / np.linalg.norm(g)) <= 1


def test_the_size_of_gradients_does_not_matter() -> None:
    """ε = 0: gradients 1024 times as large, the same path bit for bit."""
    plan, h = Plan(2), {**TYPICAL, "eps": 0.0}
    one, other = course(novograd.step, plan, **h), course(novograd.step, scaled(plan, 1024.0), **h)
    for (x, _), (y, _) in zip(one, other, strict=True):
        np.testing.assert_array_equal(x.value, y.value)


def test_on_a_single_number_it_is_rmsprop_with_momentum() -> None:
    """‖g‖² = g²: RMSprop whose second moment starts at g_1²."""
    for seed in range(6):
        plan = Plan(seed, size=1)
        h = plan.draw("lr", "beta1", "beta2", "eps")
        ours = course(novograd.step, plan, **h)
        state = start(rmsprop.init, plan, initial_accumulator_value=exact(plan.gradients[0]) ** 2)
        assert apart(ours, follow(rmsprop.step, state, plan, lr=h["lr"], rho=h["beta2"], eps=h["eps"],
                                  momentum=h["beta1"])) <= 1


def test_averaging_divides_the_rate() -> None:
    """(1 - β₁) m: the same path at rate η / (1 - β₁)."""
    for plan in plans(6):
        h = plan.draw(*HYPER)
        rate = exact(h["lr"]) / (1 - exact(h["beta1"]))
        ours = course(novograd.averaged_step, plan, **{**h, "lr": rate})
        assert apart(ours, course(novograd.step, plan, **h)) <= 1


def test_an_undamped_start_stays_for_ever() -> None:
    """m_t differs by β₁^t d_1 from that of the average that starts at 0."""
    for plan in plans(6):
        h = plan.draw("lr", "beta1", "beta2", "eps")
        first, beta1 = exact(plan.gradients[0]), exact(h["beta1"])
        d = first / (np.linalg.norm(first) + exact(h["eps"]))
        one, other = course(novograd.undamped_step, plan, **h), course(novograd.averaged_step, plan, **h)
        for t, ((_, whole), (_, damped)) in enumerate(zip(one, other, strict=True), 1):
            assert gap(whole.m - damped.m, beta1**t * d) <= 1


def test_the_largest_norm_never_shrinks_and_is_the_last_while_norms_grow() -> None:
    plan = Plan(0)
    states = [state for _, state in course(novograd.amsgrad_step, plan, **TYPICAL)]
    assert all(after.vmax.value >= before.vmax.value for before, after in pairwise(states))
    growing = with_gradients(plan, [(-1.5) ** t * plan.start for t in range(plan.steps)])
    assert apart(course(novograd.amsgrad_step, growing, **TYPICAL), course(novograd.step, growing, **TYPICAL)) <= 1


def test_a_second_moment_that_waits_starts_with_the_first_gradient_that_is_not_zero() -> None:
    """g_1 = 0: v_2 = ‖g_2‖² if it waits, (1 - β₂) ‖g_2‖² in the paper."""
    state, g = novograd.init(np.zeros(2)), np.array([3.0, 4.0])
    for moment, expected in ((novograd.moment, 2.5), (novograd.waiting_moment, 25.0)):
        still = moment(np.zeros(2), state, beta2=0.9)
        assert still.v == 0
        assert moment(g, still, beta2=0.9).v == pytest.approx(expected, rel=1e-15)
    for plan in plans(4):
        one, other = start(novograd.init, plan), start(novograd.init, plan)
        for value in map(exact, plan.gradients):
            one, other = novograd.moment(value, one, beta2=0.9), novograd.waiting_moment(value, other, beta2=0.9)
            assert gap(one.v, other.v) <= 1
