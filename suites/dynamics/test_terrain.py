"""Optimizers on planes, at saddles, on plateaus, over cliffs and along valleys."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.terrain import (
    adaptive_rates_leave_a_saddle_whatever_the_offset,
    adaptive_steps_ignore_the_slope_of_a_valley,
    clipped_step_is_short_over_a_cliff,
    escape_takes_the_logarithm_of_the_offset,
    gentle_valleys_cost_descent_in_proportion,
    momentum_leaves_a_saddle_faster,
    noise_leaves_a_saddle,
    order_at_a_saddle,
    order_in_a_long_valley,
    plateau_takes_time_inverse_to_the_rate,
    saddle_holds_what_starts_on_its_stable_set,
    terminal_velocity,
    velocity_is_a_geometric_sum,
)
from fiducial.checks.evidence import Array
from fiducial.reference.objectives import cliff, long_valley, plateau, saddle
from fiducial.reference.optimizers import adam, gradient_descent, momentum, momentum_average, rmsprop
from fiducial.reference.schedules import clip_grad_norm
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.dynamics.subjects import on, optimizer, pointwise

DESCENT, MOMENTUM, AVERAGE = optimizer(gradient_descent), optimizer(momentum), optimizer(momentum_average)
ADAM = optimizer(adam, eps=0.0)
RMSPROP = optimizer(rmsprop, eps=0.0)


def sign_step(x: Array, g: Array, state: Any, *, lr: float) -> Any:
    """θ - η sign g."""
    return x - lr * np.sign(g), state


def noisy_step(x: Array, g: Array, state: Any, *, lr: float) -> Any:
    """θ - η(g + 0.01)."""
    return x - lr * (g + 0.01), state


def ignored(x: Array, g: Array, state: Any, *, lr: float, momentum: float = 0.0) -> Any:
    """θ - ηg, whatever the momentum."""
    return gradient_descent.step(x, g, state, lr=lr)


def clip(g: Array, c: float) -> Array:
    """g shortened to c."""
    return clip_grad_norm.clip([g], max_norm=c)[0][0]


SIGN = SimpleNamespace(init=gradient_descent.init, step=pointwise(sign_step))
NOISY = SimpleNamespace(init=gradient_descent.init, step=pointwise(noisy_step))
PLAIN = SimpleNamespace(init=gradient_descent.init, step=pointwise(ignored))
OVER_A_CLIFF = variant(on(DESCENT, cliff), clip=clip)
SETTINGS: dict[str, SimpleNamespace] = {
    "descent": optimizer(gradient_descent, lr=0.01), "momentum": optimizer(momentum, lr=0.01, momentum=0.9),
    "rmsprop": optimizer(rmsprop, lr=0.1, rho=0.9), "adam": optimizer(adam, lr=0.1)}


def swapped(objective: Any) -> dict[str, SimpleNamespace]:
    """The settings on an objective, descent and momentum under each other's names."""
    names = {"descent": "momentum", "momentum": "descent"}
    return {name: on(SETTINGS[names.get(name, name)], objective) for name in SETTINGS}


test_plane = define_test(Binding(
    row="terminal velocity on a tilted plane", section=12, definition=MOMENTUM,
    claims=(velocity_is_a_geometric_sum, terminal_velocity),
    wrong=[Wrong(AVERAGE, by=velocity_is_a_geometric_sum), Wrong(AVERAGE, by=terminal_velocity)]))

test_saddle = define_test(Binding(
    row="saddle: descent", section=12, definition=on(DESCENT, saddle),
    claims=(saddle_holds_what_starts_on_its_stable_set, escape_takes_the_logarithm_of_the_offset,
            noise_leaves_a_saddle),
    wrong=[Wrong(on(NOISY, saddle), by=saddle_holds_what_starts_on_its_stable_set),
           Wrong(on(SIGN, saddle), by=escape_takes_the_logarithm_of_the_offset),
           Wrong(AVERAGE, by=noise_leaves_a_saddle)]))

test_saddle_momentum = define_test(Binding(
    row="saddle: momentum", section=12, definition=on(MOMENTUM, saddle), claims=(momentum_leaves_a_saddle_faster,),
    wrong=[Wrong(on(PLAIN, saddle), by=momentum_leaves_a_saddle_faster),
           Wrong(on(AVERAGE, saddle), by=momentum_leaves_a_saddle_faster)]))

test_saddle_adam = define_test(Binding(
    row="saddle: adaptive rates", section=12, definition=on(ADAM, saddle),
    claims=(adaptive_rates_leave_a_saddle_whatever_the_offset,),
    wrong=[Wrong(on(DESCENT, saddle), by=adaptive_rates_leave_a_saddle_whatever_the_offset),
           Wrong(on(optimizer(adam, eps=1e-4), saddle), by=adaptive_rates_leave_a_saddle_whatever_the_offset)]))

test_plateau = define_test(Binding(
    row="plateau and cliff: time on a plateau", section=12, definition=on(DESCENT, plateau),
    claims=(plateau_takes_time_inverse_to_the_rate,),
    wrong=[Wrong(on(SIGN, plateau), by=plateau_takes_time_inverse_to_the_rate)]))

test_cliff = define_test(Binding(
    row="plateau and cliff: a clipped step", section=12, definition=OVER_A_CLIFF,
    claims=(clipped_step_is_short_over_a_cliff,),
    wrong=[Wrong(variant(OVER_A_CLIFF, clip=lambda g, c: g), by=clipped_step_is_short_over_a_cliff),
           Wrong(variant(OVER_A_CLIFF, clip=lambda g, c: g / np.abs(g)), by=clipped_step_is_short_over_a_cliff)]))

test_valley = define_test(Binding(
    row="saddle and long valley: descent in a valley", section=12, definition=on(DESCENT, long_valley),
    claims=(gentle_valleys_cost_descent_in_proportion,),
    wrong=[Wrong(on(SIGN, long_valley), by=gentle_valleys_cost_descent_in_proportion)]))

test_valley_adaptive = define_test(Binding(
    row="saddle and long valley: adaptive rates in a valley", section=12, definition=on(RMSPROP, long_valley),
    claims=(adaptive_steps_ignore_the_slope_of_a_valley,),
    wrong=[Wrong(on(DESCENT, long_valley), by=adaptive_steps_ignore_the_slope_of_a_valley),
           Wrong(on(optimizer(rmsprop, eps=1e-3), long_valley), by=adaptive_steps_ignore_the_slope_of_a_valley)]))

test_order_at_a_saddle = define_test(Binding(
    row="saddle and long valley: order at a saddle", section=12,
    definition={name: on(subject, saddle) for name, subject in SETTINGS.items()}, claims=(order_at_a_saddle,),
    wrong=[Wrong(swapped(saddle), by=order_at_a_saddle)]))

test_order_in_a_valley = define_test(Binding(
    row="saddle and long valley: order in a valley", section=12,
    definition={name: on(subject, long_valley) for name, subject in SETTINGS.items()},
    claims=(order_in_a_long_valley,), wrong=[Wrong(swapped(long_valley), by=order_in_a_long_valley)]))
