"""D-Adaptation for Adam against optax, beside Adam at a constant rate, and its estimate on constant gradients."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adam, d_adaptation_adam
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import constant, scaled
from fiducial.suites.optimizers.trajectories import Plan, against_torch, apart, follow, gap, is_not, plans, start

STEP = d_adaptation_adam.step


def late_step(x: Any, g: Any, state: Any, *, lr: Any) -> Any:
    """The plausible mistake: the gradient's rate is the new d."""
    _, new = STEP(x, g, state, lr=lr)
    return STEP(x, g, state, lr=lr * new.d / state.d)


test_is_not = is_not(d_adaptation_adam.init, STEP, [d_adaptation_adam.corrected_step, late_step], lr=1.0)


@pytest.mark.parametrize("plan", plans(6), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_the_corrected_step(plan: Plan) -> None:
    h = plan.draw("eps", "beta2")
    ours = follow(d_adaptation_adam.corrected_step, start(d_adaptation_adam.init, plan, d0=1e-3), plan, **h, lr=0.5,
                  beta1=0.9)
    theirs = optax_course("contrib.dadapt_adamw", plan, learning_rate=0.5, betas=(0.9, h["beta2"]), eps=h["eps"],
                          estim_lr0=1e-3, weight_decay=0.0)
    assert against_torch(ours, theirs) <= 1


def test_with_d_held_it_is_adam_without_corrections() -> None:
    for plan in plans(8):
        h = plan.draw("lr", "beta1", "beta2", "eps")
        ours = follow(STEP, start(d_adaptation_adam.init, plan, d0=1.0), plan, **h, growth=1.0)
        assert apart(ours, follow(adam.uncorrected_step, start(adam.init, plan), plan, **h)) <= 1


def test_with_d_held_and_correction_it_is_adam_on_constant_corrections_only() -> None:
    """λ stands inside m, so the first step is Keras's Adam; later ones keep the corrections of their gradients."""
    plan = Plan(3)
    h = {**plan.draw("lr", "beta2", "eps"), "beta1": 0.9}
    ours = follow(d_adaptation_adam.corrected_step, start(d_adaptation_adam.init, plan, d0=1.0), plan, **h, growth=1.0)
    keras = follow(adam.keras_step, start(adam.init, plan), plan, **h)
    assert apart(ours[:1], keras[:1]) <= 1
    assert apart(ours, keras) > 1e6


def test_the_second_estimate_on_a_constant_gradient() -> None:
    """r_2 = (1-β)² d_0² Σ|g|/√(1-β₂) and (1-β)‖s_2‖₁ = (1-β)²(1+β) d_0 Σ|g|: d̂_2 = d_0 / ((1+β)√(1-β₂)) at ε = 0."""
    for plan in map(constant, plans(4)):
        beta2 = exact(0.99)
        _, (_, state), *_ = follow(STEP, start(d_adaptation_adam.init, plan, d0=0.1), plan, eps=1e-300, beta2=beta2)
        assert gap(state.d, exact(0.1) / ((1 + np.sqrt(beta2)) * np.sqrt(1 - beta2))) <= 1


def test_the_scale_of_the_loss_does_not_matter_without_epsilon() -> None:
    """Every step at ε = 0, from gradients that are never 0 at first."""
    for plan in map(constant, plans(6)):
        ours = follow(STEP, start(d_adaptation_adam.init, plan), plan, eps=1e-300)
        assert apart(ours, follow(STEP, start(d_adaptation_adam.init, plan), scaled(plan, 2.0**20), eps=1e-300)) <= 1


def test_d_only_rises() -> None:
    for plan in plans(8):
        d = [state.d.value for _, state in follow(STEP, start(d_adaptation_adam.init, plan), plan)]
        assert (np.diff(d) >= 0).all()


def test_gradients_of_zero_at_first_are_not_counted() -> None:
    x = np.array([1.0, 2.0])
    moved, state = STEP(x, np.zeros(2), d_adaptation_adam.init(x))
    np.testing.assert_array_equal(moved, x)
    assert state.k == 0
