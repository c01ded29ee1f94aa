"""Fromage against optax and, where it is installed, pytorch_optimizer; the lengths and angles of its steps."""

from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import fromage
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import scaled
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    follow,
    is_not,
    plans,
    start,
    torch_course,
)


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(fromage.init, plan), plan, **h)


@pytest.mark.parametrize("min_norm", [1e-6, 1.5])
@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_the_floored_form(plan: Plan, min_norm: float) -> None:
    h = plan.draw("lr")
    theirs = optax_course("fromage", plan, learning_rate=h["lr"], min_norm=min_norm)
    assert against_torch(course(fromage.floored_step, plan, **h, min_norm=min_norm), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_pytorch_optimizer_follows_it(plan: Plan) -> None:
    package, h = pytest.importorskip("pytorch_optimizer"), plan.draw("lr")
    assert against_torch(course(fromage.step, plan, **h), torch_course(package.Fromage, plan, **h)) <= 1


def floored(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    return fromage.floored_step(x, g, state, lr=lr, min_norm=2e4)


test_is_not = is_not(fromage.init, fromage.step, [floored], lr=0.1)


def test_a_step_does_not_know_the_size_of_a_gradient() -> None:
    """Nor its floored form, where no norm is below the floor."""
    for plan in plans(4):
        ours = course(fromage.step, plan, lr=0.1)
        assert apart(ours, course(fromage.step, scaled(plan, 2.0**10), lr=0.1)) <= 1
        assert apart(ours, course(fromage.floored_step, plan, lr=0.1, min_norm=1e-30)) <= 1


def test_a_gradient_at_right_angles_leaves_the_norm() -> None:
    """‖x - η‖x‖e‖² = (1 + η²)‖x‖², e ⊥ x of length 1; two roundings of each of four products."""
    rng = np.random.default_rng(83)
    for lr in (1e-3, 0.1, 3.0):
        x, g = rng.normal(size=(2, 7))
        g -= x * (g @ x) / (x @ x)
        moved, _ = fromage.step(x, g, fromage.init(x), lr=lr)
        np.testing.assert_allclose(np.linalg.norm(moved), np.linalg.norm(x), rtol=1e-13)


def test_where_a_norm_is_0_it_is_descent_that_shrinks() -> None:
    g = np.array([3.0, 4.0])
    np.testing.assert_allclose(fromage.step(0 * g, g, fromage.init(g), lr=0.75)[0], -0.75 * g / 1.25, rtol=1e-15)
    np.testing.assert_allclose(fromage.step(g, 0 * g, fromage.init(g), lr=0.75)[0], g / 1.25, rtol=1e-15)
