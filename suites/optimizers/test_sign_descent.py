"""Sign-only descent against optax, beside Adam, Lion and Rprop at the settings at which they are it, and its limits."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, gradient_descent, lion, rprop, sign_descent
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import scaled, with_gradients, without_zeros
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, gap, is_not, plans, start

test_is_not = is_not(sign_descent.init, sign_descent.step, [gradient_descent.step], lr=0.1)


@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_sign_descent(plan: Plan) -> None:
    h = plan.draw("lr")
    ours = follow(sign_descent.step, start(sign_descent.init, plan), plan, **h)
    assert against_torch(ours, optax_course("sign_sgd", plan, learning_rate=h["lr"])) <= 1


def test_adam_and_lion_without_averages_are_it() -> None:
    """β₁ = β₂ = 0: Adam's m̂/√v̂ is g/|g|, wherever g is not 0 and its square is a normal number."""
    for plan in map(without_zeros, plans()):
        h = plan.draw("lr")
        ours = follow(sign_descent.step, start(sign_descent.init, plan), plan, **h)
        none: dict[str, Any] = {**h, "beta1": 0.0, "beta2": 0.0}
        assert apart(ours, follow(adam.step, start(adam.init, plan), plan, **none, eps=0.0)) <= 1
        assert apart(ours, follow(lion.step, start(lion.init, plan), plan, **none, weight_decay=0.0)) <= 1


def test_rprop_with_one_size_for_all_is_it() -> None:
    """s kept at η; its pause after a turn needs gradients that keep their signs."""
    for plan in plans():
        steady = with_gradients(plan, [np.abs(g) * np.sign(plan.start) for g in plan.gradients])
        h = plan.draw("lr")
        one = {"etaminus": 1.0, "etaplus": 1.0, "step_min": h["lr"], "step_max": h["lr"]}
        ours = follow(sign_descent.step, start(sign_descent.init, plan), steady, **h)
        assert apart(ours, follow(rprop.step, start(rprop.init, plan, **h), steady, **one)) <= 1


def test_the_size_of_a_gradient_does_not_matter() -> None:
    plan = Plan(2)
    ours = follow(sign_descent.step, start(sign_descent.init, plan), plan, lr=0.1)
    assert apart(ours, follow(sign_descent.step, start(sign_descent.init, plan), scaled(plan, 1e-9), lr=0.1)) == 0


def test_it_ends_in_a_cycle_as_wide_as_its_rate() -> None:
    """On |x| it comes to within η of 0 and then steps over it for ever; all these numbers are exact."""
    x: Any = np.array([1 + 2.0**-5])
    course = []
    for _ in range(30):
        x, _ = sign_descent.step(x, np.sign(x), sign_descent.init(x), lr=2.0**-3)
        course.append(float(x[0]))
    assert course[-4:] == [-3 * 2.0**-5, 2.0**-5] * 2


def test_minibatches_make_it_drift() -> None:
    """Nine gradients of +0.1 and one of -0.9 cancel, but their signs do not: the reason for full batches."""
    x: Any = exact(np.zeros(1))
    for g in [0.1] * 9 + [-0.9]:
        x, _ = sign_descent.step(x, exact(np.array([g])), sign_descent.init(x), lr=0.5)
    assert gap(x, exact(np.array([-0.5 * 8]))) <= 1
