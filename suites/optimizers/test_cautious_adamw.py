"""Cautious AdamW beside AdamW, entry by entry in a second formulation, and as a descent."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, adamw, cautious_adamw
from fiducial.suites.optimizers.trajectories import Plan, apart, follow, gap, is_not, plans, start

HYPER = ("lr", "beta1", "beta2", "eps", "weight_decay")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.1}

test_is_not = is_not(cautious_adamw.init, cautious_adamw.step, [cautious_adamw.clamped_step, adamw.torch_step],
                     **TYPICAL)


def of_adamws_own_move(x: Any, g: Any, state: Any, **h: Any) -> Any:
    """AdamW's move, undone where it goes along the gradient; the rest shared out anew; decay given back to all."""
    plain = {name: value for name, value in h.items() if name != "weight_decay"}
    moved, state = adam.step(x, g, state, **plain)
    move = moved - x
    against = [i for i in range(x.size) if float(move.value[i]) * float(g.value[i]) < 0]
    kept = np.stack([move[i] if i in against else exact(0.0) for i in range(x.size)])
    return x + kept * (x.size / exact(float(len(against) + 1))) - h["lr"] * h["weight_decay"] * x, state


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_a_second_formulation_agrees(plan: Plan) -> None:
    """Up to the unit of x that the difference moved - x loses, which its bound holds."""
    h = plan.draw(*HYPER)
    ours = follow(cautious_adamw.step, start(cautious_adamw.init, plan), plan, **h)
    for (x, _), (other, _) in zip(ours, follow(of_adamws_own_move, start(adam.init, plan), plan, **h), strict=True):
        assert gap(x, other) <= 1


def test_without_a_first_average_only_the_scale_is_left() -> None:
    """β₁ = 0: m = g agrees everywhere, so that with n entries, none 0, the rate is n/(n + 1) of AdamW's."""
    for plan in plans(8):
        plan.__dict__["gradients"] = [np.where(g == 0, 1.0, g) for g in plan.gradients]
        h = {**plan.draw("lr", "beta2", "eps"), "beta1": 0.0}
        ours = follow(cautious_adamw.step, start(cautious_adamw.init, plan), plan, **h, weight_decay=0.0)
        share = exact(6.0) / 7.0
        plain = follow(adam.step, start(adam.init, plan), plan, **{**h, "lr": exact(h["lr"]) * share})
        assert apart(ours, plain) <= 1
        clamped = follow(cautious_adamw.clamped_step, start(cautious_adamw.init, plan), plan, **h, weight_decay=0.0)
        assert apart(clamped, follow(adam.step, start(adam.init, plan), plan, **h)) <= 1


def test_every_entry_goes_down_its_gradient_or_stays() -> None:
    """g_i (x_t - x_{t-1})_i ≤ 0 without decay; AdamW breaks this."""
    plan, broken = Plan(3), 0
    for step in (cautious_adamw.step, cautious_adamw.clamped_step, adamw.torch_step):
        course = follow(step, start(cautious_adamw.init, plan), plan, **{**TYPICAL, "weight_decay": 0.0})
        path = [plan.start, *(x.value for x, _ in course)]
        rises = sum(int(np.sum((b - a) * g > 0)) for a, b, g in zip(path, path[1:], plan.gradients, strict=False))
        broken = rises if step is adamw.torch_step else broken
        assert rises == 0 or step is adamw.torch_step
    assert broken > 10


def test_where_nothing_agrees_nothing_moves() -> None:
    """A gradient turned round once, and too small to turn the average: φ = 0 everywhere."""
    plan = Plan(4, steps=2)
    plan.__dict__["gradients"] = [np.ones(6), np.full(6, -0.01)]
    h = {**TYPICAL, "weight_decay": 0.0}
    for step in (cautious_adamw.step, cautious_adamw.clamped_step):
        (first, _), (second, _) = follow(step, start(cautious_adamw.init, plan), plan, **h)
        np.testing.assert_array_equal(first.value, second.value)


def test_of_a_thousand_entries_the_clamp_allows_the_thousandfold() -> None:
    """One entry of 2000 agrees: 2000/2 by the paper, 1000 = 1/least by the clamp, 2000 by neither."""
    g = np.where(np.arange(2000) == 0, 1.0, 0.0)
    x = np.zeros(2000)
    for step, factor in ((cautious_adamw.step, 1000.0), (cautious_adamw.clamped_step, 1000.0)):
        moved, _ = step(x, g, cautious_adamw.init(x), lr=1.0, eps=0.5, weight_decay=0.0)
        assert moved[0] == pytest.approx(-factor / 1.5, rel=1e-12)
