"""Descent in correlated bowls, on one example, and over many inputs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.conditioning import (
    best_plain_rate_is_set_by_the_condition,
    condition_grows_with_correlation,
    gradient_is_normal_to_its_level_set,
    gradient_points_off_the_minimum,
    one_example_moves_along_its_input,
    stable_rate_falls_with_fan_in,
    top_curvature_grows_with_fan_in,
    trace_is_the_sum_of_mean_squares,
    whitening_makes_the_bowl_round,
)
from fiducial.checks.evidence import Array
from fiducial.reference.objectives import correlated_quadratic, linear_regression
from fiducial.reference.optimizers import gradient_descent, momentum
from fiducial.reference.preprocessing import whiten_pca
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.dynamics.subjects import on, optimizer, pointwise

DESCENT = optimizer(gradient_descent)
BOWL = on(DESCENT, correlated_quadratic)
HEAVY_BOWL = on(optimizer(momentum, momentum=0.5), correlated_quadratic)


def scaled_gradient(x: Array, *, rho: float) -> Array:
    """(1 + ρ) x: a round bowl."""
    return (1 + rho) * x


def half_step(x: Array, g: Array, state: Any, *, lr: float) -> Any:
    """θ - ½ηg."""
    return gradient_descent.step(x, g, state, lr=lr / 2)


def centred_hessian(theta: Array, *, x: Array, t: Array) -> Array:
    """The covariance of the inputs about their mean, 0 for one example."""
    centred = x - x.mean(axis=0)
    return np.asarray(centred.T @ centred / len(x))


def per_input(x: Array, g: Array, state: Any, *, lr: float) -> Any:
    """θ - ηg/n."""
    return gradient_descent.step(x, g, state, lr=lr / (2 * x.size))


def whitened(x: Array) -> Array:
    """Whitened without an ε by what it is fitted on."""
    return whiten_pca.forward(x, whiten_pca.fit(x), eps=0.0)


def standardized(x: Array) -> Array:
    """Standardized feature by feature."""
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


def by_the_eigenvalue(x: Array) -> Array:
    """Divided by s in place of √s."""
    fitted = whiten_pca.fit(x)
    return (x - fitted.mean) @ fitted.u / fitted.values


def of_the_batch(theta: Array, *, x: Array, t: Array, n: int) -> Array:
    """The gradient of all examples."""
    return linear_regression.backward(theta, x, t, np.ones(()))


REGRESSION = variant(on(DESCENT, linear_regression), whiten=whitened, one_gradient=linear_regression.one_backward)
HALF = SimpleNamespace(init=gradient_descent.init, step=pointwise(half_step))
PER_INPUT = SimpleNamespace(init=gradient_descent.init, step=pointwise(per_input))
SUMMED = variant(REGRESSION, hessian=lambda theta, *, x, t: x.T @ x)
CENTRED = variant(REGRESSION, hessian=centred_hessian)

test_condition = define_test(Binding(
    row="correlated inputs: condition", section=12, definition=BOWL,
    claims=(condition_grows_with_correlation, best_plain_rate_is_set_by_the_condition,
            gradient_points_off_the_minimum),
    wrong=[Wrong(variant(BOWL, gradient=scaled_gradient), by=condition_grows_with_correlation),
           Wrong(HEAVY_BOWL, by=best_plain_rate_is_set_by_the_condition),
           Wrong(on(HALF, correlated_quadratic), by=best_plain_rate_is_set_by_the_condition),
           Wrong(variant(BOWL, gradient=lambda x, *, rho: x), by=gradient_points_off_the_minimum)]))

test_whitening = define_test(Binding(
    row="correlated inputs: whitening", section=12, definition=REGRESSION, claims=(whitening_makes_the_bowl_round,),
    wrong=[Wrong(variant(REGRESSION, whiten=standardized), by=whitening_makes_the_bowl_round),
           Wrong(variant(REGRESSION, whiten=by_the_eigenvalue), by=whitening_makes_the_bowl_round)]))

test_level_sets = define_test(Binding(
    row="gradients and level sets: normal", section=12, definition=BOWL, claims=(gradient_is_normal_to_its_level_set,),
    wrong=[Wrong(variant(BOWL, gradient=lambda x, *, rho: x), by=gradient_is_normal_to_its_level_set)]))

test_one_example = define_test(Binding(
    row="gradients and level sets: one example", section=12, definition=REGRESSION,
    claims=(one_example_moves_along_its_input,),
    wrong=[Wrong(variant(REGRESSION, one_gradient=of_the_batch), by=one_example_moves_along_its_input)]))

test_fan_in = define_test(Binding(
    row="fan-in and overshoot", section=12, definition=REGRESSION,
    claims=(top_curvature_grows_with_fan_in, stable_rate_falls_with_fan_in, trace_is_the_sum_of_mean_squares),
    wrong=[Wrong(CENTRED, by=top_curvature_grows_with_fan_in), Wrong(SUMMED, by=top_curvature_grows_with_fan_in),
           Wrong(on(PER_INPUT, linear_regression), by=stable_rate_falls_with_fan_in),
           Wrong(CENTRED, by=trace_is_the_sum_of_mean_squares)]))
