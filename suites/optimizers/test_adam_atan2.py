"""Adam-atan2 beside Adam, on constant gradients, and under another unit of the gradients."""

import math

import numpy as np

from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import adam, adam_atan2
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, gap, is_not, plans, start

HYPER = ("lr", "beta1", "beta2")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99}

test_is_not = is_not(adam_atan2.init, adam_atan2.step, [adam_atan2.outer_step], **TYPICAL)


def test_without_a_first_average_both_forms_are_one() -> None:
    """β₁ = 0: nothing is corrected."""
    for plan in plans(8):
        h = {**plan.draw("lr", "beta2"), "beta1": 0.0, "a": 1.27, "b": 0.7}
        ours = follow(adam_atan2.step, start(adam_atan2.init, plan), plan, **h)
        assert apart(ours, follow(adam_atan2.outer_step, start(adam_atan2.init, plan), plan, **h)) <= 1


def test_a_constant_gradient_gives_the_closed_form() -> None:
    """m̂ = g, b√v̂ = b|g|: every step is η a atan(1/b) sign g; with a = 4/π, b = 1 it is η sign g."""
    for plan in plans(8):
        h = plan.draw(*HYPER)
        plan.__dict__["gradients"] = [plan.gradients[0]] * plan.steps
        for a, b in ((1.27, 1.0), (4 / math.pi, 1.0), (1.0, 3.0)):
            length = a * math.atan2(1.0, b)
            known = Rounded(length, 16 * 2.0**-53 * length)
            course = follow(adam_atan2.step, start(adam_atan2.init, plan), plan, **h, a=a, b=b)
            for t, (x, _) in enumerate(course, start=1):
                assert gap(x, exact(plan.start) - t * exact(h["lr"]) * known * np.sign(plan.gradients[0])) <= 1


def test_the_unit_of_the_gradients_does_not_matter() -> None:
    """g → 2²⁰ g changes nothing, and needs no ε to be 0 for it."""
    plan, other = Plan(3), Plan(3)
    other.__dict__["gradients"] = [2.0**20 * g for g in plan.gradients]
    one, two = (follow(adam_atan2.step, start(adam_atan2.init, p), p, **TYPICAL) for p in (plan, other))
    assert apart(one, two) <= 1


def test_a_wide_denominator_makes_it_adam() -> None:
    """atan z = z - z³/3 …: with a = b, the steps differ from Adam's with ε = 0 by at most η |z|³ / (3 b²), z = m̂/√v̂.

    |z| ≤ 1/√(1 - β₂) · (1 - β₁)/(1 - β₁) is bounded by 10 for β₂ = 0.99.
    """
    plan, b = Plan(4), 1e6
    plan.__dict__["gradients"] = [np.where(g == 0, 1.0, g) for g in plan.gradients]
    ours = follow(adam_atan2.step, start(adam_atan2.init, plan), plan, **TYPICAL, a=b, b=b)
    theirs = follow(adam.step, start(adam.init, plan), plan, **TYPICAL, eps=0.0)
    for t, ((x, _), (y, _)) in enumerate(zip(ours, theirs, strict=True), start=1):
        allowed = x.error + y.error + t * TYPICAL["lr"] * 10.0**3 / (3 * b**2)
        assert (np.abs(x.value - y.value) <= allowed).all()


def test_a_step_is_never_longer_than_a_quarter_turn() -> None:
    """|x_t - x_{t-1}| ≤ η a π/2."""
    plan = Plan(5)
    course = [plan.start, *(x.value for x, _ in follow(adam_atan2.step, start(adam_atan2.init, plan), plan, **TYPICAL))]
    assert np.abs(np.diff(course, axis=0)).max() <= TYPICAL["lr"] * 1.27 * math.pi / 2 * (1 + 1e-12)


def test_a_gradient_that_has_always_been_zero_moves_nothing() -> None:
    plan = Plan(6)
    plan.__dict__["gradients"] = [np.zeros(6)] * plan.steps
    x, _ = follow(adam_atan2.step, start(adam_atan2.init, plan), plan, **TYPICAL)[-1]
    np.testing.assert_array_equal(x.value, plan.start)
