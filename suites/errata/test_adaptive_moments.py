"""Adam, AdamW, RAdam and LARS as printed: counters, indices, decay given twice, and what is turned off or left out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.adaptive import first_step_is_the_sign, penalty_is_no_decay_for_adam
from fiducial.checks.evidence import Array
from fiducial.checks.update_errata import (
    averages_do_not_see_the_decay,
    every_step_starts_where_the_last_one_ended,
    momentum_works_while_the_rate_waits,
    no_step_exceeds_the_coefficients_share,
    what_scatters_at_first_scatters_less_later,
)
from fiducial.reference.optimizers import adam, adamw, decay, gradient_descent, lars, radam
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.dynamics.subjects import optimizer, pointwise


def counted_from_zero(x: Array, g: Array, state: adam.State, *, lr: float, eps: float) -> Any:
    """m/(1 - β₁^k) and v/(1 - β₂^k) at k = 0, 1, …"""
    later = adam.moments(g, state, beta1=0.9, beta2=0.999)
    with np.errstate(all="ignore"):
        m, v = adam.corrected(later._replace(t=state.t), beta1=0.9, beta2=0.999)
        return x - lr * m / (np.sqrt(v) + eps), later


def begun(x: Array) -> Any:
    """Adam's state, and where it began."""
    return adam.init(x), x


def on_one_index(x: Array, g: Array, state: Any, *, lr: float, eps: float) -> Any:
    """w^(k) = w^(k) - …, where no w^(k) has been written but by the start."""
    moments, start = state
    moved, moments = adam.step(start, g, moments, lr=lr, eps=eps)
    return moved, (moments, start)


def with_both(x: Array, g: Array, state: adam.State, *, lr: float, weight_decay: float) -> Any:
    """g + λθ in the averages, and λθ in the step."""
    return adamw.torch_step(x, decay.coupled(g, x, weight_decay=weight_decay), state, lr=lr, eps=0.0,
                            weight_decay=weight_decay)


def in_the_gradient(x: Array, g: Array, state: adam.State, *, lr: float, weight_decay: float) -> Any:
    """g + λθ in the averages, ε = 0."""
    return adam.step(x, decay.coupled(g, x, weight_decay=weight_decay), state, lr=lr, eps=0.0)


def momentum_off(x: Array, g: Array, state: radam.State, *, lr: float, beta1: float, beta2: float) -> Any:
    """RAdam whose waiting steps have no momentum and divide by √v̂ all the same."""
    if radam.lengths(state.t + 1, beta2=beta2)[0] > 4:
        return radam.step(x, g, state, lr=lr, beta1=beta1, beta2=beta2)
    moved, _ = adam.step(x, g, adam.State(*state), lr=lr, beta1=0.0, beta2=beta2, eps=0.0)
    return moved, radam.moments(g, state, beta1=beta1, beta2=beta2)


def both_off(x: Array, g: Array, state: Any, *, lr: float, beta1: float, beta2: float) -> Any:
    """θ - ηg."""
    return gradient_descent.step(x, g, state, lr=lr)


def rate_of_adam(gradients: Array) -> Array:
    """1/√v̂_t."""
    state = adam.init(np.zeros(gradients.shape[1]))
    for g in gradients:
        state = adam.moments(g, state, beta1=0.9, beta2=0.999)
    return np.asarray(1 / np.sqrt(adam.corrected(state, beta1=0.9, beta2=0.999)[1]))


def last(gradients: Array) -> Array:
    """g_t."""
    final: Array = gradients[-1]
    return final


def rate_times_ratio(x: Array, g: Array, state: lars.State, *, lr: float, trust_coefficient: float,
                     weight_decay: float) -> Any:
    """γ ‖w‖/‖g‖ (g + λw)."""
    return x - lr * lars.norm(x) / lars.norm(g) * (g + weight_decay * x), state


def no_decay_below(x: Array, g: Array, state: lars.State, *, lr: float, trust_coefficient: float,
                   weight_decay: float) -> Any:
    """γ κ ‖w‖/‖g‖ (g + λw)."""
    return rate_times_ratio(x, g, state, lr=lr * trust_coefficient, trust_coefficient=1.0, weight_decay=weight_decay)


ADAM = optimizer(adam)
DECOUPLED = optimizer(adamw, adamw.torch_step, eps=0.0)
COUPLED = SimpleNamespace(init=adam.init, penalised_step=in_the_gradient)
WAITING = optimizer(radam)
LARS = optimizer(lars, momentum=0.0)
TWICE = "AdamW with λθ in the gradient and in the step"

test_counter = define_test(Binding(
    row="Adam: its counter", section=13, definition=ADAM,
    claims=(first_step_is_the_sign, every_step_starts_where_the_last_one_ended),
    wrong=[Wrong(SimpleNamespace(init=adam.init, step=pointwise(counted_from_zero)), by=first_step_is_the_sign,
                 printed="Adam's counter from k = 0", right="from 1: at 0 the correction is 0/0"),
           Wrong(SimpleNamespace(init=begun, step=pointwise(on_one_index)),
                 by=every_step_starts_where_the_last_one_ended, printed="Adam: w^(k) = w^(k) - …",
                 right="w^(k+1) from w^(k)")]))

test_adamw = define_test(Binding(
    row="AdamW: decay in one place", section=13, definition=DECOUPLED, claims=(averages_do_not_see_the_decay,),
    wrong=[Wrong(SimpleNamespace(init=adam.init, step=pointwise(with_both)), by=averages_do_not_see_the_decay,
                 printed=TWICE, right="in the step alone, which is AdamW"),
           Wrong(SimpleNamespace(init=adam.init, step=pointwise(in_the_gradient)), by=averages_do_not_see_the_decay)]))

test_penalised_adam = define_test(Binding(
    row="AdamW: the penalty in one place", section=13, definition=COUPLED, claims=(penalty_is_no_decay_for_adam,),
    wrong=[Wrong(variant(COUPLED, penalised_step=with_both), by=penalty_is_no_decay_for_adam, printed=TWICE,
                 right="in the gradient alone, which is Adam with an L2 penalty")]))

test_radam = define_test(Binding(
    row="RAdam: what waits", section=13, definition=WAITING, claims=(momentum_works_while_the_rate_waits,),
    wrong=[Wrong(SimpleNamespace(init=radam.init, step=pointwise(momentum_off)),
                 by=momentum_works_while_the_rate_waits, printed="RAdam “turns off the momentum”",
                 right="it turns off the adaptive denominator; momentum stays"),
           Wrong(SimpleNamespace(init=gradient_descent.init, step=pointwise(both_off)),
                 by=momentum_works_while_the_rate_waits)]))

test_what_scatters = define_test(Binding(
    row="RAdam: what scatters", section=13, definition=SimpleNamespace(settling=rate_of_adam),
    claims=(what_scatters_at_first_scatters_less_later,),
    wrong=[Wrong(SimpleNamespace(settling=last), by=what_scatters_at_first_scatters_less_later,
                 printed="RAdam: “gradients had high variance” at first", right="the variance is that of 1/√v̂")]))

test_lars = define_test(Binding(
    row="LARS: its coefficient", section=13, definition=LARS, claims=(no_step_exceeds_the_coefficients_share,),
    wrong=[Wrong(SimpleNamespace(init=lars.init, step=pointwise(rate_times_ratio)),
                 by=no_step_exceeds_the_coefficients_share, printed="LARS: “global rate times trust ratio”",
                 right="a trust coefficient times ‖w‖/(‖g‖ + λ‖w‖), then a global rate; “trust ratio” is LAMB's word"),
           Wrong(SimpleNamespace(init=lars.init, step=pointwise(no_decay_below)),
                 by=no_step_exceeds_the_coefficients_share)]))
