"""Descent, momentum and Nesterov's method on a parabola, inside their regimes and on the boundaries."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fiducial.checks.dynamics.quadratics import (
    best_rate_is_beyond_plain_descent_for_large_condition,
    flies_over_from_the_complex_boundary_on,
    heavy_ball_at_its_best_setting,
    momentum_follows_its_matrix,
    momentum_oscillates_at_its_boundary,
    momentum_widens_the_stable_range,
    nesterov_at_its_best_settings,
    nesterov_damps_oscillation_more,
    nesterov_follows_its_matrix,
    nesterov_narrows_the_stable_range,
    nesterov_oscillates_at_its_boundary,
    one_step_at_the_inverse_curvature,
    oscillates_for_ever_at_twice_the_inverse,
    regimes_of_a_quadratic,
)
from fiducial.checks.evidence import Array
from fiducial.reference.objectives import quadratic
from fiducial.reference.optimizers import gradient_descent, momentum, momentum_average, nesterov
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.dynamics.subjects import on, optimizer, pointwise

DESCENT = on(optimizer(gradient_descent), quadratic)
MOMENTUM = on(optimizer(momentum), quadratic)
NESTEROV = on(optimizer(nesterov), quadratic)
AVERAGE = on(optimizer(momentum_average), quadratic)


def without_momentum(x: Array, g: Array, state: Any, *, lr: float, momentum: float) -> Any:
    """θ - ηg, whatever the momentum."""
    return gradient_descent.step(x, g, state, lr=lr)


def ahead_by_v(x: Array, gradient: Any, state: nesterov.State, *, lr: float, momentum: float) -> Any:
    """The gradient at x + v."""
    v = momentum * state.v - lr * gradient(x + state.v)
    return x + v, nesterov.State(v)


PLAIN = on(SimpleNamespace(init=gradient_descent.init, step=pointwise(without_momentum)), quadratic)
AHEAD = on(SimpleNamespace(init=nesterov.init, step=ahead_by_v), quadratic)
DAMPED = on(optimizer(momentum_average, momentum=0.1), quadratic)
STEEP = variant(DESCENT, gradient=lambda x, *, h: 2 * h * x)
PRINTED = {"printed": "Nesterov look-ahead at w - v", "right": "at w - γv"}

test_regimes = define_test(Binding(
    row="quadratic regimes", section=12, definition=DESCENT,
    claims=(regimes_of_a_quadratic, one_step_at_the_inverse_curvature, oscillates_for_ever_at_twice_the_inverse),
    wrong=[Wrong(on(optimizer(momentum, momentum=0.1), quadratic), by=regimes_of_a_quadratic),
           Wrong(STEEP, by=regimes_of_a_quadratic),
           Wrong(STEEP, by=one_step_at_the_inverse_curvature),
           Wrong(DAMPED, by=oscillates_for_ever_at_twice_the_inverse)]))

test_momentum_stability = define_test(Binding(
    row="momentum on a quadratic", section=12, definition=MOMENTUM,
    claims=(momentum_follows_its_matrix, momentum_widens_the_stable_range, momentum_oscillates_at_its_boundary,
            heavy_ball_at_its_best_setting, best_rate_is_beyond_plain_descent_for_large_condition),
    wrong=[Wrong(NESTEROV, by=momentum_follows_its_matrix), Wrong(AVERAGE, by=momentum_follows_its_matrix),
           Wrong(NESTEROV, by=momentum_widens_the_stable_range), Wrong(PLAIN, by=momentum_widens_the_stable_range),
           Wrong(PLAIN, by=momentum_oscillates_at_its_boundary),
           Wrong(NESTEROV, by=heavy_ball_at_its_best_setting), Wrong(AVERAGE, by=heavy_ball_at_its_best_setting),
           Wrong(PLAIN, by=best_rate_is_beyond_plain_descent_for_large_condition)]))

test_overshoot = define_test(Binding(
    row="momentum flies over a minimum", section=12, definition=MOMENTUM,
    claims=(flies_over_from_the_complex_boundary_on,),
    wrong=[Wrong(NESTEROV, by=flies_over_from_the_complex_boundary_on),
           Wrong(PLAIN, by=flies_over_from_the_complex_boundary_on)]))

test_nesterov = define_test(Binding(
    row="Nesterov against heavy ball", section=12, definition=NESTEROV,
    claims=(nesterov_follows_its_matrix, nesterov_narrows_the_stable_range, nesterov_oscillates_at_its_boundary,
            nesterov_at_its_best_settings, nesterov_damps_oscillation_more),
    wrong=[Wrong(MOMENTUM, by=nesterov_follows_its_matrix),
           Wrong(AHEAD, by=nesterov_follows_its_matrix),
           Wrong(MOMENTUM, by=nesterov_narrows_the_stable_range),
           Wrong(AHEAD, by=nesterov_narrows_the_stable_range, **PRINTED),
           Wrong(MOMENTUM, by=nesterov_oscillates_at_its_boundary),
           Wrong(MOMENTUM, by=nesterov_at_its_best_settings),
           Wrong(MOMENTUM, by=nesterov_damps_oscillation_more)]))
