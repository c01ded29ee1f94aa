"""Grokfast's filters: as sums over the past, as linear filters, and on gradients that do not change."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fiducial.checks.rounding import Rounded, exact
from fiducial.reference.optimizers import grokfast
from fiducial.suites.optimizers.trajectories import Plan, gap, plans

WINDOW = 7


def averaged(plan: Plan, **h: Any) -> list[Any]:
    """Every ĝ by the average."""
    state, out = grokfast.init(Rounded(plan.start)), []
    for g in plan.gradients:
        filtered, state = grokfast.filtered(Rounded(g), state, **h)
        out.append(filtered)
    return out


def windowed(plan: Plan, form: Any, **h: Any) -> list[Any]:
    """Every ĝ by a window."""
    state, out = grokfast.window_init(Rounded(plan.start)), []
    for g in plan.gradients:
        filtered, state = form(Rounded(g), state, **h)
        out.append(filtered)
    return out


def test_the_average_is_a_weighted_sum_of_the_past() -> None:
    """μ_t = α^(t-1) g_1 + (1 - α) Σ_{i=2…t} α^(t-i) g_i."""
    for plan in plans(8):
        alpha, lamb, g = exact(0.9), exact(2.5), [exact(g) for g in plan.gradients]
        for t, ours in enumerate(averaged(plan, alpha=alpha, lamb=lamb)):
            mu = alpha**t * g[0]
            for i in range(1, t + 1):
                mu = mu + (1 - alpha) * alpha ** (t - i) * g[i]
            assert gap(ours, g[t] + lamb * mu) <= 1


def test_the_window_is_a_mean_of_the_newest() -> None:
    for plan in plans(4):
        lamb, g = exact(5.0), [exact(g) for g in plan.gradients]
        late = windowed(plan, grokfast.window_filtered, window=WINDOW, lamb=lamb)
        eager = windowed(plan, grokfast.eager_window_filtered, window=WINDOW, lamb=lamb)
        for t in range(plan.steps):
            held = g[max(0, t + 1 - WINDOW):t + 1]
            expected = g[t] + lamb * (sum(held[1:], held[0]) / len(held))
            assert gap(eager[t], expected) <= 1
            assert gap(late[t], expected if t + 1 >= WINDOW else g[t]) <= 1


def test_a_constant_gradient_is_amplified_by_one_plus_lambda() -> None:
    plan = Plan(0)
    plan.__dict__["gradients"] = [plan.gradients[0]] * plan.steps
    whole = exact(plan.gradients[0]) * 3.0
    assert all(gap(g, whole) <= 1 for g in averaged(plan, alpha=exact(0.98), lamb=exact(2.0)))
    full = windowed(plan, grokfast.window_filtered, window=WINDOW, lamb=2.0)[WINDOW - 1:]
    assert all(gap(g, whole) <= 1 for g in full)


def test_an_alternating_gradient_is_hardly_amplified() -> None:
    """±1 in turns: the average tends to ±(1 - α)/(1 + α), and a window of even length to 0."""
    plan = Plan(0, steps=2000)
    plan.__dict__["gradients"] = [np.full(6, (-1.0) ** t) for t in range(plan.steps)]
    last = averaged(plan, alpha=0.98, lamb=2.0)[-1]
    np.testing.assert_allclose(last.value, -1 - 2.0 * 0.02 / 1.98, rtol=1e-12)  # 0.98^2000 is 3e-18
    even = windowed(plan, grokfast.window_filtered, window=8, lamb=5.0)[-1]
    np.testing.assert_array_equal(even.value, np.full(6, -1.0))


def test_the_filters_are_linear() -> None:
    """F(a + 2b) = F(a) + 2 F(b)."""
    one, two, sum_of = Plan(1), Plan(2), Plan(1)
    sum_of.__dict__["gradients"] = [a + 2 * b for a, b in zip(one.gradients, two.gradients, strict=True)]
    rounding = [np.abs(s) * 2.0**-53 for s in sum_of.gradients]  # of the sums themselves
    runs: list[Callable[[Plan], list[Any]]] = [
        lambda p: averaged(p, alpha=exact(0.9), lamb=exact(2.0)),
        lambda p: windowed(p, grokfast.window_filtered, window=WINDOW, lamb=exact(2.0))]
    for run in runs:
        carried = np.max([3 * np.max(np.abs(r), axis=0) for r in rounding], axis=0)
        for a, b, c in zip(run(one), run(two), run(sum_of), strict=True):
            assert gap(Rounded(c.value, c.error + carried), a + 2.0 * b) <= 1


def test_without_amplification_nothing_changes() -> None:
    plan = Plan(3)
    for filtered in (averaged(plan, alpha=0.9, lamb=0.0), windowed(plan, grokfast.window_filtered, window=3, lamb=0.0)):
        for ours, g in zip(filtered, plan.gradients, strict=True):
            np.testing.assert_array_equal(ours.value, g)
