"""Sophia against optax, at the limits of its clip, and its two estimates of the diagonal against their means."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.checks.statistics import mean_of_normal
from fiducial.reference.optimizers import diagonal_newton, lion, sign_descent, sophia
from fiducial.suites.optimizers.trajectories import OTHER_ORDER, Plan, apart, follow, gap, is_not, plans, start

H: dict[str, Any] = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "gamma": 0.05, "eps": 1e-3}


def renewed(k: int, form: Any = sophia.step, sign: float = 1.0) -> Any:
    """A form whose estimate is g² at steps 1, k + 1, …; a stand-in that any implementation can be given."""
    def step(x: Any, g: Any, state: Any, **h: Any) -> Any:
        return form(x, g, sign * g**2 if state.t % k == 0 else None, state, **h)

    return step


test_is_not = is_not(sophia.init, renewed(3), [renewed(4), renewed(1)], **H)


@pytest.mark.parametrize("plan", plans(4), ids=lambda plan: f"seed{plan.seed}")
def test_optax_follows_with_a_corrected_momentum_and_a_late_diagonal(plan: Plan) -> None:
    """Its variant, built here of the definition's parts: m̂ for m, and h before it is renewed."""
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    estimator = optax.GradientTransformation(lambda _: optax.EmptyState(), lambda g, s, _=None: (g**2, s))
    x: Any = exact(plan.start)
    state, h = sophia.init(x), {name: exact(value) for name, value in H.items()}
    with jax.enable_x64(True):
        rule = optax.contrib.sophia(0.1, b1=0.9, b2=0.99, eps=1e-3, gamma=0.05, weight_decay=0.0, update_interval=3,
                                    hessian_diagonal_fn=estimator)
        theirs = jax.numpy.asarray(plan.start)
        kept = rule.init(theirs)
        for t, g in enumerate(plan.gradients):
            update, kept = rule.update(jax.numpy.asarray(g), kept, theirs)
            theirs = optax.apply_updates(theirs, update)
            new = sophia.observed(exact(g), state, exact(g) ** 2 if t % 3 == 0 else None, beta1=h["beta1"],
                                  beta2=h["beta2"])
            corrected = new.m / (1 - h["beta1"] ** new.t)
            x = x - h["lr"] * np.clip(corrected / np.maximum(h["gamma"] * state.h, h["eps"]), -1.0, 1.0)
            state = new
            assert (np.abs(np.array(theirs) - x.value) <= OTHER_ORDER * x.error).all()


def test_with_a_diagonal_of_nothing_it_is_a_signed_momentum() -> None:
    """h = 0, ε → 0: lion with β₁ = β₂; and without momentum sign descent."""
    for plan in plans(8):
        h = plan.draw("lr", "weight_decay")
        ours = follow(renewed(3, sign=0.0), start(sophia.init, plan), plan, **h, beta1=0.9, eps=1e-200)
        assert apart(ours, follow(lion.step, start(lion.init, plan), plan, **h, beta1=0.9, beta2=0.9)) <= 1
        ours = follow(renewed(3, sign=0.0), start(sophia.init, plan), plan, lr=h["lr"], beta1=0.0, eps=1e-200)
        assert apart(ours, follow(sign_descent.step, start(sign_descent.init, plan), plan, lr=h["lr"])) <= 1


def test_without_averages_and_within_the_clip_it_is_diagonal_newton() -> None:
    """β₁ = β₂ = 0, h large: x - η/γ · g/h."""
    for plan in plans(8):
        h, x = exact(np.full(6, 1e6)), exact(plan.start)
        for g in plan.gradients[:5]:
            ours, _ = sophia.step(x, exact(g), h, sophia.init(x), lr=0.1, beta1=0.0, beta2=0.0, gamma=exact(0.5))
            newton, _ = diagonal_newton.step(x, exact(g), h, diagonal_newton.State(), lr=exact(0.1) / exact(0.5))
            assert gap(ours, newton) <= 1


def test_negative_curvature_makes_it_step_by_the_sign() -> None:
    """h < 0 is cut off at ε: the move is η against m, where m exceeds ε."""
    x, g = np.zeros(3), np.array([2.0, -3.0, 0.5])
    moved, _ = sophia.step(x, g, np.full(3, -5.0), sophia.init(x), lr=0.125)
    np.testing.assert_array_equal(moved, [-0.125, 0.125, -0.125])


def test_no_entry_moves_by_more_than_the_rate() -> None:
    for plan in plans(8):
        at = plan.start
        for x, _ in follow(renewed(3), start(sophia.init, plan), plan, **H):
            assert (np.abs(x.value - at) <= 0.1 * (1 + 1e-12) + x.error).all()
            at = x.value


def test_the_bounded_form_is_the_same_with_other_names() -> None:
    """clip(m/max(h, ε), -p, p) = p clip(m/max(ph, pε), -1, 1): γ = p, ε → pε, η → ηp."""
    p = exact(0.25)
    for plan in plans(8):
        one = follow(renewed(3, sophia.bounded_step), start(sophia.init, plan), plan, lr=0.1, p=p, eps=1e-3)
        other = follow(renewed(3), start(sophia.init, plan), plan, lr=exact(0.1) * p, gamma=p, eps=p * 1e-3)
        assert apart(one, other) <= 1


def test_the_bartlett_form_is_the_same_but_for_epsilon() -> None:
    """min(|m|/(ρBh + ε), 1) sign m = clip(m/(ρBh)), with γh for ρBh: with ε far below, and h above 0."""
    for plan in plans(8):
        h = exact(np.full(6, 3.0))
        x = exact(plan.start)
        state = sophia.State(exact(np.zeros(6)), h, 0)
        for g in plan.gradients[:5]:
            ours, new = sophia.step(x, exact(g), None, state, lr=0.1, beta1=0.9, gamma=exact(0.5) * 8, eps=1e-300)
            other, _ = sophia.bartlett_step(x, exact(g), state, lr=0.1, beta1=0.9, rho=exact(0.5), batch=8.0)
            apart_by: Any = ours - other
            assert (np.abs(apart_by.value) <= apart_by.error + 0.1 * 1e-15 / 12).all()
            x, state = ours, new


def test_hutchinsons_estimate_has_the_diagonal_as_its_mean() -> None:
    """z ⊙ Hz over 20,000 signs z; its variance is Σ_{j≠i} H_ij², and the mean of each entry is tested at α = 1e-9.

    A mean of so many is normal to well within that: a bias of 10 % of a deviation is found with a power of 0.99.
    """
    rng = np.random.default_rng(62)
    a = rng.normal(size=(4, 4))
    hessian = a @ a.T
    z = rng.choice([-1.0, 1.0], size=(20_000, 4))
    estimates = sophia.hutchinson(z @ hessian, z)
    for i in range(4):
        deviation = float(np.sqrt(np.sum(hessian[i] ** 2) - hessian[i, i] ** 2))
        assert mean_of_normal(estimates[:, i], float(hessian[i, i]), deviation, alpha=1e-9).holds


def test_the_gauss_newton_bartlett_estimate_for_a_logistic_model() -> None:
    """Labels drawn from the model: E B ĝ² = mean of p(1-p) a², the diagonal of the Gauss-Newton matrix, exactly.

    All 2⁴ draws of labels are enumerated with their chances, so nothing is left to chance here.
    """
    a, p = np.array([0.5, -1.0, 2.0, 1.5]), np.array([0.2, 0.5, 0.7, 0.9])
    total = 0.0
    for code in range(16):
        y = np.array([(code >> k) & 1 for k in range(4)])
        chance = float(np.prod(np.where(y == 1, p, 1 - p)))
        total += chance * float(sophia.gauss_newton_bartlett(np.mean((p - y) * a), examples=4))
    np.testing.assert_allclose(total, np.mean(p * (1 - p) * a**2), rtol=1e-14)
