"""AdaBelief against optax and, where they are installed, public classes; closed forms of its second moment."""

from typing import Any

import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adabelief, radam
from fiducial.suites.optimizers.optax_runs import optax_course
from fiducial.suites.optimizers.plans_of_plans import constant, with_gradients
from fiducial.suites.optimizers.trajectories import (
    Plan,
    against_torch,
    apart,
    betas,
    follow,
    gap,
    is_not,
    plans,
    start,
    torch_course,
)

HYPER = ("lr", "beta1", "beta2", "eps")
TYPICAL = {"lr": 0.01, "beta1": 0.9, "beta2": 0.9, "eps": 1e-3}


def course(step: Any, plan: Plan, **h: Any) -> Any:
    return follow(step, start(adabelief.init, plan), plan, **h)


@pytest.mark.parametrize("plan", plans(8), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_adabelief(plan: Plan) -> None:
    h = plan.draw(*HYPER)
    theirs = optax_course("adabelief", plan, learning_rate=h["lr"], b1=h["beta1"], b2=h["beta2"], eps=h["eps"],
                          eps_root=h["eps"])
    assert against_torch(course(adabelief.step, plan, **h), theirs) <= 1


@pytest.mark.zoo
@pytest.mark.parametrize(("options", "form"), [
    ({"rectify": False}, adabelief.step), ({"rectify": False, "amsgrad": True}, adabelief.amsgrad_step),
    ({"rectify": True}, adabelief.rectified_step)])
@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_timm_follows_the_forms(plan: Plan, options: dict[str, bool], form: Any) -> None:
    package, h = pytest.importorskip("timm.optim"), plan.draw(*HYPER)
    theirs = torch_course(package.AdaBelief, plan, **betas(h), **options)
    assert against_torch(course(form, plan, **h), theirs, m="exp_avg", s="exp_avg_var") <= 1


test_is_not = is_not(adabelief.init, adabelief.step, [adabelief.amsgrad_step, adabelief.rectified_step], **TYPICAL)


def test_a_constant_gradient_gives_the_closed_form() -> None:
    """g - m_k = β₁^k g: s_t = (1 - β₂) Σ β₂^(t-k) β₁^(2k) g² + ε (1 - β₂^t) / (1 - β₂), and m̂ = g."""
    for plan in map(constant, plans(4)):
        h = {name: exact(value) for name, value in {**plan.draw("lr", "eps"), "beta1": 0.8, "beta2": 0.95}.items()}
        g, x = exact(plan.gradients[0]), exact(plan.start)
        for t, (ours, state) in enumerate(course(adabelief.step, plan, **h), 1):
            strayed = sum(h["beta2"] ** (t - k) * h["beta1"] ** (2 * k) for k in range(1, t + 1))
            whole = 1 - h["beta2"] ** t
            s = (1 - h["beta2"]) * strayed * g**2 + h["eps"] * whole / (1 - h["beta2"])
            assert gap(state.s, s) <= 1
            x = x - h["lr"] * g / ((s / whole) ** 0.5 + h["eps"])
            assert gap(ours, x) <= 1


def test_without_momentum_every_gradient_is_believed() -> None:
    """β₁ = 0: m = g, only ε is left of s, and the step is proportional to the gradient."""
    for plan in plans(4):
        h = {name: exact(value) for name, value in {**plan.draw("lr", "beta2"), "eps": 0.01}.items()}
        g, x = exact(plan.gradients[0] * (abs(plan.gradients[0]) < 1e3)), exact(plan.start)
        moved, _ = adabelief.step(x, g, start(adabelief.init, plan), beta1=exact(0.0), **h)
        root = (h["eps"] / (1 - h["beta2"])) ** 0.5
        assert gap(moved, x - h["lr"] * g / (root + h["eps"])) <= 1


def test_while_it_waits_the_rectified_form_is_radam() -> None:
    """ρ_∞ < 5: neither rectifies, and the second moment plays no part."""
    for plan in plans(4):
        h = {**plan.draw("lr", "beta1", "eps"), "beta2": 0.6}
        assert apart(course(adabelief.rectified_step, plan, **h),
                     follow(radam.torch_step, start(radam.init, plan), plan, **h)) <= 1


def test_rectified_it_is_the_plain_step_at_a_rate_of_its_own() -> None:
    """Where ρ_t >= 5 and ε √(1 - β₂^t) ≈ ε is nothing: r_t times the plain step from the same state."""
    plan = constant(Plan(0))
    h = {name: exact(value) for name, value in {"lr": 0.1, "beta1": 0.9, "beta2": 0.9}.items()}
    zero, x, state = exact(0.0), exact(plan.start), start(adabelief.init, plan)
    for t, g in enumerate(map(exact, plan.gradients), 1):
        rho, last = radam.lengths(t, beta2=h["beta2"])
        plain, _ = adabelief.step(x, g, state, eps=zero, **h)
        moved, state = adabelief.rectified_step(x, g, state, eps=zero, **h)
        if rho >= 5:
            assert gap(moved - x, radam.rectification(rho, last) * (plain - x)) <= 1


def test_while_s_grows_the_largest_is_the_last() -> None:
    plan = Plan(0)
    growing = with_gradients(plan, [(-1.7) ** t * abs(plan.start) for t in range(plan.steps)])
    assert apart(course(adabelief.amsgrad_step, growing, **TYPICAL), course(adabelief.step, growing, **TYPICAL)) <= 1
