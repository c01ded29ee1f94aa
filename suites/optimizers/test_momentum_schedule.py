"""Momentum on a schedule: the ramps in numbers, and momentum at the values that they give."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import momentum, momentum_schedule
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, is_not, plans, start

FORMS = (momentum_schedule.step, momentum_schedule.sudden_step, momentum_schedule.doubling_step)


def at(form: Any, **ramp: Any) -> Any:
    """A form with its schedule, whose counts carry no error."""
    def step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
        return form(x, g, state, lr=lr, **ramp)

    return step


test_is_not = is_not(momentum_schedule.init, at(FORMS[0], steps=10),
                     [at(FORMS[0], steps=11), at(FORMS[1], steps=10), at(FORMS[2], steps=10),
                      at(FORMS[0], steps=10, end=0.99)], lr=0.01)


def test_the_way_up_is_straight_and_ends() -> None:
    """0.5 at the first step, 0.9 from step T + 1 on, and half the way in the middle."""
    way = [momentum_schedule.straight(t, start=0.5, end=0.9, steps=10) for t in range(1, 15)]
    np.testing.assert_allclose(way[:11], 0.5 + 0.04 * np.arange(11), rtol=1e-15)
    assert way[10:] == [0.9] * 4


def test_sutskevers_values() -> None:
    """Half, three quarters, five sixths, … for 250 steps each, up to its limit; beside the paper's own form."""
    for t in [1, 249, 250, 499, 500, 2000, 12_499, 12_500, 10**6]:
        paper = min(1 - 2.0 ** (-1 - np.log2(t // 250 + 1)), 0.99)
        np.testing.assert_allclose(momentum_schedule.doubling(t, end=0.99, steps=250), paper, rtol=1e-15)


@pytest.mark.parametrize("end", [0.9, 0.99])
def test_it_is_momentum_at_the_values_of_its_ramp(end: float) -> None:
    for plan in plans(8):
        h = plan.draw("lr")
        begun = start(momentum_schedule.init, plan)
        count = range(1, plan.steps + 1)
        ways: tuple[tuple[dict[str, Any], list[Any]], ...] = (
            ({"start": 0.5, "steps": 12}, [0.5 + (end - 0.5) * exact(min(12, t - 1)) / 12 for t in count]),
            ({"start": 0.5, "steps": 12}, [0.5 if t <= 12 else end for t in count]),
            ({"steps": 4}, [min(1 - 0.5 / (t // 4 + 1), end) for t in count]))
        for form, (ramp, values) in zip(FORMS, ways, strict=True):
            given = follow(momentum.step, start(momentum.init, plan), plan, **h, momentum=values)
            assert apart(follow(at(form, end=exact(end), **ramp), begun, plan, **h), given) <= 1


def test_a_level_ramp_is_momentum() -> None:
    for plan in plans(8):
        h = plan.draw("lr")
        level = follow(at(FORMS[0], start=0.9, end=0.9), start(momentum_schedule.init, plan), plan, **h)
        assert apart(level, follow(momentum.step, start(momentum.init, plan), plan, **h, momentum=0.9)) <= 1


def test_early_gradients_fade_faster_than_at_full_momentum() -> None:
    """After T steps the first gradient's share of the velocity is Π α_t: 0.5 … 0.9 against 0.9^T."""
    plan = Plan(0)
    plan.__dict__["gradients"] = [plan.start, *[0 * plan.start] * 20]
    late = follow(at(FORMS[0], steps=20), start(momentum_schedule.init, plan), plan, lr=1.0)[-1][1].v
    full = follow(momentum.step, start(momentum.init, plan), plan, lr=1.0, momentum=0.9)[-1][1].v
    share = np.prod([0.5 + 0.02 * t for t in range(1, 21)]) / 0.9**20
    np.testing.assert_allclose(late.value / full.value, share, rtol=1e-13)


@pytest.mark.parametrize("steps", [0, 1.5])
def test_a_ramp_has_a_length(steps: Any) -> None:
    x = np.zeros(1)
    for form in (FORMS[0], FORMS[2]):
        with pytest.raises(ValueError, match="steps must be a whole number of at least 1"):
            form(x, x, momentum_schedule.init(x), lr=0.1, steps=steps)
