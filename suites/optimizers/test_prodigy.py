"""Prodigy against optax, beside Adam at a constant rate, and its estimate of the distance to the minimum."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, prodigy
from fiducial.reference.optimizers.d_adaptation_adam import correction
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import scaled
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, gap, is_not, plans, start

STEP = prodigy.step


def unweighted_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """The plausible mistake: the moments see g, as in D-adaptation, and not d g."""
    return STEP(x, g, state._replace(m=state.m * state.d, v=state.v * state.d**2), lr=lr)


def from_here_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """Another: distances are counted from the last point."""
    moved, new = STEP(x, g, state, lr=lr)
    return moved, new._replace(x0=x)


test_is_not = is_not(prodigy.init, STEP, [unweighted_step, from_here_step, prodigy.ahead_step], lr=1.0)


@pytest.mark.parametrize("plan", plans(6), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_prodigy(plan: Plan) -> None:
    """optax always has Adam's corrections in its rate, which is a schedule of γ here."""
    h = plan.draw("eps", "beta2")
    rates = [exact(0.5) * correction(k, beta1=exact(0.9), beta2=exact(h["beta2"])) for k in range(1, plan.steps + 1)]
    ours = follow(prodigy.ahead_step, start(prodigy.init, plan, d0=1e-3), plan, **h, lr=rates, beta1=0.9)
    theirs = optax_course("contrib.prodigy", plan, learning_rate=0.5, betas=(0.9, h["beta2"]), eps=h["eps"],
                          estim_lr0=1e-3)
    assert against_torch(ours, theirs) <= 1


def test_with_d_held_it_is_adam_without_corrections() -> None:
    """d_coef = 0: d stays at d_0, and d cancels in m/(√v + dε)."""
    for plan in plans(8):
        h = plan.draw("lr", "beta1", "beta2", "eps")
        plain = follow(adam.uncorrected_step, start(adam.init, plan), plan, **h)
        for form in (STEP, prodigy.ahead_step):
            assert apart(follow(form, start(prodigy.init, plan, d0=1.0), plan, **h, d_coef=0.0), plain) <= 1


def test_the_second_estimate() -> None:
    """x_0 - x_1 = λm/(√v + dε) with λ = d_0: d̂_2 = d_0² g_2ᵀ(x_0 - x_1) / Σ|β₃ d_0² g_1 + d_0² g_2|."""
    for plan in plans(8):
        (x, _), (_, state), *_ = follow(STEP, start(prodigy.init, plan, d0=0.5), plan, beta2=0.9)
        g1, g2 = map(exact, plan.gradients[:2])
        found = np.sum(g2 * (plan.start - x)) / np.sum(np.abs(np.sqrt(exact(0.9)) * g1 + g2))
        assert gap(state.d, np.maximum(0.5, found)) <= 1


@pytest.mark.parametrize("seed", range(8))
def test_it_finds_the_size_of_the_distance_to_the_minimum(seed: int) -> None:
    """On Σ w|x - c|, from d_0 = 1e-6: d comes to within [1/16, 2] of max|x_0 - c|, and x to within 5 % of the way.

    Measured, not derived: the paper's theorem bounds the plain form. 1,000 steps, γ falling to 0 over them.
    """
    rng = np.random.default_rng([53, seed])
    c, w = rng.normal(size=6), rng.uniform(0.5, 2, 6)
    x: Any = np.zeros(6)
    state = prodigy.init(x)
    for k in range(1000):
        x, state = STEP(x, w * np.sign(x - c), state, lr=0.5 + 0.5 * np.cos(np.pi * k / 1000))
    assert np.abs(c).max() / 16 < state.d < 2 * np.abs(c).max()
    assert np.abs(x - c).max() < 0.05 * np.abs(c).max()


def test_the_scale_of_the_loss_does_not_matter_without_epsilon() -> None:
    for plan in plans(6):
        ours = follow(STEP, start(prodigy.init, plan), plan, eps=1e-300)
        assert apart(ours, follow(STEP, start(prodigy.init, plan), scaled(plan, 2.0**20), eps=1e-300)) <= 1


def test_d_only_rises() -> None:
    for plan in plans(8):
        d = [state.d.value for _, state in follow(STEP, start(prodigy.init, plan), plan)]
        assert (np.diff(d) >= 0).all()


def test_gradients_of_zero_at_first_are_not_counted() -> None:
    x = np.array([1.0, 2.0])
    for form in (STEP, prodigy.ahead_step):
        moved, state = form(x, np.zeros(2), prodigy.init(x))
        np.testing.assert_array_equal(moved, x)
        assert state.k == 0
