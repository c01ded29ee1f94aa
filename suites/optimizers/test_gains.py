"""Adaptive gains: a course worked out by hand, where gains end, and the neighbours that they are told from."""

from typing import Any

import numpy as np

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import gains, gradient_descent
from fiducial.suites.optimizers.plans_of_plans import scaled, with_gradients
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, gap, is_not, plans, start


def late_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """The plausible mistake: the move is made with the gain before this gradient."""
    _, new = gains.step(x, g, state, lr=lr)
    return x - lr * state.gain * g, new


def keeping_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """Another: a product of 0 leaves the gain as it is."""
    _, new = gains.step(x, g, state, lr=lr)
    kept = np.where(gains.agreement(g, state.p) == 0, state.gain, new.gain)
    return x - lr * kept * g, new._replace(gain=kept)


def eager_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """Another: the first gradient counts as a turn."""
    return gains.step(x, g, state._replace(t=state.t + 1), lr=lr)


test_is_not = is_not(gains.init, gains.step, [late_step, keeping_step, eager_step, gradient_descent.step,
                                              gains.averaged_step], lr=0.1)


def test_a_course_by_hand() -> None:
    """Gradients 1, 2, 1, -1, -3, 0, 2: gains 1, 1.05, 1.1, 1.045, 1.095, 1.04025, 0.9882375."""
    gradients = [1.0, 2.0, 1.0, -1.0, -3.0, 0.0, 2.0]
    x, state = np.zeros(1), gains.init(np.zeros(1))
    seen, course = [], []
    for g in gradients:
        x, state = gains.step(x, np.array([g]), state, lr=0.1)
        seen.append(float(state.gain[0]))
        course.append(float(x[0]))
    np.testing.assert_allclose(seen, [1, 1.05, 1.1, 1.045, 1.095, 1.04025, 0.9882375], rtol=1e-15)
    np.testing.assert_allclose(course, -0.1 * np.cumsum(np.multiply(seen, gradients)), atol=1e-15)


def test_while_signs_agree_gains_are_a_straight_line() -> None:
    """γ_t = 1 + 0.05 (t - 1), and the steps sum up to it."""
    for plan in plans():
        steady = with_gradients(plan, [np.abs(g) + 1e-12 for g in plan.gradients])
        x: Any = exact(plan.start)
        for t, (y, state) in enumerate(follow(gains.step, start(gains.init, plan), steady, lr=0.3), start=1):
            gain = 1 + exact(0.05) * (t - 1)
            x = x - exact(0.3) * gain * steady.gradients[t - 1]
            assert gap(state.gain, gain * np.ones(plan.size)) <= 1
            assert gap(y, x) <= 1


def test_gradients_that_turn_each_time_shrink_their_gain_geometrically() -> None:
    plan = with_gradients(Plan(0), [(-1.0) ** t * (np.abs(Plan(0).start) + 0.1) for t in range(30)])
    for t, (_, state) in enumerate(follow(gains.step, start(gains.init, plan), plan, lr=0.3)):
        assert gap(state.gain, exact(0.95) ** t * np.ones(plan.size)) <= 1


def test_random_signs_leave_every_gain_around_one() -> None:
    """E γ_t = 1 for ever, as ½(1 + 0.05) + ½ 0.95 = 1; and Var γ → 0.0025/(1 - (1 + 0.95²)/2) = 2/39.

    Within 7 deviations of a mean of 20,000 weights, and of their squares, whose deviation is the sample's.
    """
    rng = np.random.default_rng(4)
    x = np.zeros(20_000)
    state = gains.init(x)
    for _ in range(400):
        _, state = gains.step(x, rng.choice([-1.0, 1.0], size=x.size), state, lr=0.0)
    assert abs(state.gain.mean() - 1) < 7 * np.sqrt(2 / 39 / x.size)
    assert abs(np.mean((state.gain - 1) ** 2) - 2 / 39) < 7 * np.std((state.gain - 1) ** 2) / np.sqrt(x.size)


def test_gains_do_not_know_the_size_of_gradients_but_steps_do() -> None:
    """Of the loss times 2²⁰ the gains are the same, and the moves 2²⁰ times as long: not invariant as Rprop is."""
    for plan in plans(6):
        small = follow(gains.step, start(gains.init, plan), plan, lr=2.0**-10)
        large = follow(gains.step, start(gains.init, plan), scaled(plan, 2.0**20), lr=2.0**-30)
        assert apart(small, large) == 0
        assert gap(small[-1][1].gain, large[-1][1].gain) == 0


def test_a_product_that_underflows_still_has_a_sign() -> None:
    tiny = np.array([1e-300])
    _, state = gains.step(tiny, tiny, gains.init(tiny), lr=0.1)
    assert gains.step(tiny, tiny, state, lr=0.1)[1].gain == 1.05


def test_with_wide_caps_it_is_itself_and_with_narrow_ones_descent() -> None:
    for plan in plans(6):
        ours = follow(gains.step, start(gains.init, plan), plan, lr=0.1)
        wide = follow(gains.capped_step, start(gains.init, plan), plan, lr=0.1, least=0.0, most=1e3)
        narrow = follow(gains.capped_step, start(gains.init, plan), plan, lr=0.1, least=1.0, most=1.0)
        alone = follow(gradient_descent.step, start(gradient_descent.init, plan), plan, lr=0.1)
        assert apart(ours, wide) == 0
        assert apart(narrow, alone) <= 1


def test_caps_hold() -> None:
    plan = with_gradients(Plan(1), [np.ones(6)] * 30)
    course = follow(gains.capped_step, start(gains.init, plan), plan, lr=0.1, most=1.2)
    assert (course[-1][1].gain.value == 1.2).all()


def test_without_memory_delta_bar_delta_compares_with_the_last_gradient() -> None:
    """θ = 0: the same as here but for products of 0."""
    for plan in plans(6):
        nowhere = with_gradients(plan, [np.where(g == 0, 1.0, g) for g in plan.gradients])
        ours = follow(gains.step, start(gains.init, plan), nowhere, lr=0.1)
        theirs = follow(gains.averaged_step, start(gains.init, plan), nowhere, lr=0.1, theta=0.0)
        assert apart(ours, theirs) <= 1
