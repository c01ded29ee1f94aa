"""FTRL-proximal against the condition of a minimum, AdaGrad, and the penalty that stands in z alone."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adagrad, ftrl
from fiducial.suites.optimizers.plans_of_plans import without_zeros
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, gap, plans, start

TYPICAL = {"lr": 0.1, "beta": 0.5, "l1": 0.3, "l2": 0.2}


def course(step: Any, plan: Plan, *, first: float = 0.1, **h: Any) -> Any:
    return follow(step, start(ftrl.init, plan, initial_accumulator_value=first), plan, **h)


def test_a_step_by_hand() -> None:
    """n = 0 → 16, σ = 4/½ = 8, z = 4 - 8·1 = -4; x = (4 - 1)/((1 + 4)/½ + 2) = ¼."""
    x, state = ftrl.step(np.array([1.0]), np.array([4.0]), ftrl.init(np.array([1.0])),
                         lr=0.5, beta=1.0, l1=1.0, l2=2.0)
    assert (float(x[0]), float(state.n[0]), float(state.z[0])) == (0.25, 16.0, -4.0)


@pytest.mark.parametrize("power", [0.5, 1.0, 0.3])
def test_every_point_is_the_minimum_of_its_sum(power: float) -> None:
    """0 ∈ z + ((β + n^p)/η + λ₂) x + λ₁ ∂|x|."""
    for plan in plans(6):
        zeros = 0
        for x, state in course(ftrl.step, plan, power=power, **TYPICAL):
            slope = state.z + ((0.5 + state.n**power) / exact(0.1) + 0.2) * x
            moved = x.value != 0
            assert gap(slope[moved], -0.3 * exact(np.sign(x.value[moved]))) <= 1
            assert (np.abs(state.z.value[~moved]) <= 0.3).all()
            zeros += int((~moved).sum())
        assert zeros > 0


def test_without_penalties_it_is_adagrad() -> None:
    """λ₁ = λ₂ = β = 0, n_0 = 0 and no gradient of 0: x - η g / √n."""
    for plan in map(without_zeros, plans(6)):
        ours = course(ftrl.step, plan, first=0.0, lr=0.1)
        assert apart(ours, follow(adagrad.step, start(adagrad.init, plan), plan, lr=0.1, eps=0.0)) <= 1


def test_a_start_that_no_gradient_has_seen_is_lost() -> None:
    x = np.array([3.0, -2.0])
    moved, _ = ftrl.step(x, np.zeros(2), ftrl.init(x, initial_accumulator_value=0.1), lr=0.1)
    assert not moved.any()


def test_the_shrinkage_stands_in_z_and_not_in_n() -> None:
    for plan in plans(6):
        x, g = exact(plan.start), exact(plan.gradients[0])
        state = start(ftrl.init, plan, initial_accumulator_value=0.1)
        _, plain = ftrl.step(x, g, state, **TYPICAL)
        _, shrunk = ftrl.shrunk_step(x, g, state, shrinkage=0.25, **TYPICAL)
        assert gap(shrunk.n, plain.n) == 0
        assert gap(shrunk.z - plain.z, 0.5 * x) <= 1


def test_each_penalty_and_the_power_show() -> None:
    plan = Plan(0)
    ours = course(ftrl.step, plan, power=0.5, **TYPICAL)
    for moved in ({"power": 0.4}, {"beta": 0.4}, {"l1": 0.2}, {"l2": 0.1}, {"lr": 0.11}):
        assert apart(ours, course(ftrl.step, plan, **{"power": 0.5, **TYPICAL, **moved})) > 1e6
