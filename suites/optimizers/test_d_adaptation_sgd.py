"""D-Adaptation for descent: its bound on the distance to the minimum, the other form of its estimate, and averaging."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import d_adaptation_sgd, gradient_descent, momentum_average
from fiducial.suites.optimizers.plans_of_plans import constant, scaled, with_gradients
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, gap, is_not, plans, start

STEP = d_adaptation_sgd.step


def unscaled_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """The plausible mistake: the rate is not divided by the first gradient's norm."""
    return STEP(x, g, state, lr=lr * np.sqrt(np.sum(g**2)))


def single_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """Another: the factor 2 of the estimate is lost."""
    moved, new = STEP(x, g, state, lr=lr)
    return moved, new._replace(d=np.maximum(state.d, new.r / np.sqrt(np.sum(new.s**2))))


test_is_not = is_not(d_adaptation_sgd.init, STEP, [unscaled_step, single_step], lr=1.0)


def test_without_averaging_and_growth_it_is_descent_at_a_constant_rate() -> None:
    """growth = 1 keeps d at d_0: x_0 - Σ λg, λ = d_0 γ/‖g_0‖."""
    for plan in plans(8):
        h = plan.draw("lr")
        ours = follow(STEP, start(d_adaptation_sgd.init, plan, d0=0.25), plan, **h, momentum=0.0, growth=1.0)
        rate = exact(0.25) * h["lr"] / np.sqrt(np.sum(exact(plan.gradients[0]) ** 2))
        assert apart(ours, follow(gradient_descent.step, start(gradient_descent.init, plan), plan, lr=rate)) <= 1


def test_averaging_is_momentum() -> None:
    """x = μx + (1-μ)z, z by descent at λ, is the running-average form of momentum at the rate λ (Defazio 2021)."""
    for plan in plans(8):
        h = plan.draw("momentum")
        ours = follow(STEP, start(d_adaptation_sgd.init, plan, d0=0.25), plan, **h, growth=1.0)
        rate = exact(0.25) / np.sqrt(np.sum(exact(plan.gradients[0]) ** 2))
        average = follow(momentum_average.step, start(momentum_average.init, plan), plan, **h, lr=rate)
        assert apart(ours, average) <= 1


def test_both_forms_of_the_estimate_are_one_number() -> None:
    """2 Σ λ gᵀs = ‖s‖² - Σ λ²‖g‖², with λ read off the states."""
    for plan in plans(8):
        course = follow(STEP, start(d_adaptation_sgd.init, plan, d0=0.1), plan)
        squares: Any = exact(0.0)
        d: Any = exact(0.1)
        for g, (_, state) in zip(plan.gradients, course, strict=True):
            squares = squares + (d / state.size) ** 2 * np.sum(exact(g) ** 2)
            length = np.sqrt(np.sum(state.s**2))
            assert gap(2 * state.r / length, d_adaptation_sgd.difference_estimate(state.s, squares)) <= 1
            d = state.d


@pytest.mark.parametrize("seed", range(10))
def test_the_distance_to_the_minimum_is_never_overestimated(seed: int) -> None:
    """On Σ w|x - c| and on ½Σ w(x - c)², d <= ‖x_0 - c‖ from any start; it grows from 1e-6 to a tenth of it at least.

    That is the paper's theorem for the point at which gradients are taken, without averaging; u n covers rounding.
    """
    rng = np.random.default_rng([52, seed])
    c, w = rng.normal(size=6), rng.uniform(0.5, 2, 6)
    for slope in (np.sign, np.positive):
        x: Any = np.zeros(6)
        state = d_adaptation_sgd.init(x)
        for _ in range(300):
            x, state = STEP(x, w * slope(x - c), state, momentum=0.0)
            assert state.d <= np.linalg.norm(c) * (1 + 1e-12)
        assert state.d > 0.1 * np.linalg.norm(c)


def growing(plan: Plan) -> Plan:
    """One direction, lengths 1, 2, 3, … times the first."""
    one = constant(plan).gradients[0]
    return with_gradients(plan, [(k + 1) * one for k in range(plan.steps)])


def test_along_one_direction_the_distance_follows_a_recurrence() -> None:
    """λ_k g_k = k d_k u with a unit vector u: d̂ = 2 Σ_k k d_k Σ_{i<k} i d_i / Σ k d_k, both sums written out."""
    for plan in map(growing, plans(4)):
        found: list[Any] = [exact(1e-3)]
        for n, (_, state) in enumerate(follow(STEP, start(d_adaptation_sgd.init, plan, d0=1e-3), plan, momentum=0.5)):
            moves = [(k + 1) * d for k, d in enumerate(found)]
            cross = sum((a * b for k, a in enumerate(moves) for b in moves[:k]), exact(0.0))
            estimate = 2 * cross / sum(moves, exact(0.0))
            found.append(estimate if n and estimate > found[-1] else found[-1])
            assert gap(state.d, found[-1]) <= 1
        assert found[-1].value > 1.0


def test_the_scale_of_the_loss_does_not_matter() -> None:
    for plan in plans(6):
        ours = follow(STEP, start(d_adaptation_sgd.init, plan), plan)
        assert apart(ours, follow(STEP, start(d_adaptation_sgd.init, plan), scaled(plan, 2.0**-30))) == 0


def test_growth_is_limited() -> None:
    course = follow(STEP, start(d_adaptation_sgd.init, Plan(0), d0=1e-3), growing(Plan(0)), growth=1.1)
    d = np.array([1e-3, *(state.d.value for _, state in course)])
    assert (d[1:] <= 1.1 * d[:-1] * (1 + 1e-15)).all()
    assert d[-1] > 1e-3 * 1.1**25


def test_a_gradient_of_zero_at_first_is_not_counted() -> None:
    x = np.array([1.0, 2.0])
    moved, state = STEP(x, np.zeros(2), d_adaptation_sgd.init(x))
    np.testing.assert_array_equal(moved, x)
    assert state.k == 0
    assert STEP(x, np.array([3.0, 4.0]), state)[1].size == 5
