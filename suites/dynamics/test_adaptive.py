"""Rates that adapt: the penalty and the decay, first steps, corrections, units, decay and regret."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.adaptive import (
    adadelta_depends_on_the_unit_through_eps,
    adagrad_slows_as_the_root_of_time,
    adagrads_rate_only_falls,
    adagrads_rate_still_needs_tuning,
    adam_ends_at_the_worst_point,
    averages_begin_at_zero,
    corrected_averages_are_unbiased,
    first_step_is_the_sign,
    penalty_is_decay_for_descent,
    penalty_is_no_decay_for_adam,
    penalty_is_not_decay_for_momentum,
    regret_grows_as_the_root_of_the_squares,
    rmsprop_forgets,
    scaling_the_loss_changes_nothing,
    scaling_the_loss_scales_the_steps,
    uncorrected_first_step_is_larger,
)
from fiducial.checks.evidence import Array
from fiducial.reference.optimizers import (
    adadelta,
    adagrad,
    adam,
    adamw,
    amsgrad,
    decay,
    gains,
    gradient_descent,
    lars,
    momentum,
    rmsprop,
    rprop,
)
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.dynamics.subjects import optimizer, pointwise


def decaying(subject: SimpleNamespace) -> SimpleNamespace:
    """An optimizer with the two ways to make weights small."""
    return SimpleNamespace(**vars(subject), coupled=decay.coupled, fixed=decay.fixed)


def momentum_ignored(x: Array, g: Array, state: Any, *, lr: float, momentum: float) -> Any:
    """θ - ηg."""
    return gradient_descent.step(x, g, state, lr=lr)


def adam_with_a_penalty(x: Array, g: Array, state: adam.State, *, lr: float, weight_decay: float) -> Any:
    """The penalty's gradient added to g, ε = 0."""
    return adam.step(x, decay.coupled(g, x, weight_decay=weight_decay), state, lr=lr, eps=0.0)


def adam_with_decay(x: Array, g: Array, state: adam.State, *, lr: float, weight_decay: float) -> Any:
    """AdamW, ε = 0."""
    return adamw.torch_step(x, g, state, lr=lr, eps=0.0, weight_decay=weight_decay)


def as_printed(x: Array, g: Array, state: adam.State, *, lr: float, eps: float = 1e-8) -> Any:
    """√(v̂² + ε)."""
    state = adam.moments(g, state, beta1=0.9, beta2=0.999)
    m, v = adam.corrected(state, beta1=0.9, beta2=0.999)
    return x - lr * m / np.sqrt(v**2 + eps), state


def as_they_are(state: adam.State, *, beta1: float, beta2: float) -> tuple[Array, Array]:
    """m and v themselves."""
    return state.m, state.v


def from_the_first_gradient(g: Array, state: adam.State, *, beta1: float, beta2: float) -> adam.State:
    """m₁ = g₁, v₁ = g₁²."""
    begun = state if state.t else state._replace(m=g, v=g**2)
    return adam.moments(g, begun, beta1=beta1, beta2=beta2)


def fixed_step(x: Array, g: Array, state: Any, **options: Any) -> Any:
    """θ - sign g."""
    return x - np.sign(g), state


DESCENT = decaying(optimizer(gradient_descent))
HEAVY = decaying(optimizer(momentum))
ADAM, ADAGRAD = optimizer(adam, eps=0.0), optimizer(adagrad, eps=0.0)
RMSPROP = optimizer(rmsprop, eps=0.0)
SIGN = SimpleNamespace(init=gradient_descent.init, step=pointwise(fixed_step))
LATE = SimpleNamespace(init=lambda x: adagrad.init(x, initial_accumulator_value=1.0), step=ADAGRAD.step)
SHORT_ADAM = optimizer(adam, beta1=0.0, beta2=0.1, eps=0.0)
REDDI = SimpleNamespace(adam=SHORT_ADAM, amsgrad=optimizer(amsgrad, beta1=0.0, beta2=0.1))
PENALISED = SimpleNamespace(init=adam.init, penalised_step=adam_with_a_penalty)
PRINTED = {"printed": "Adam denominator √(v̂²+ε)", "right": "√v̂ + ε, or √(v̂+ε)"}

test_penalty = define_test(Binding(
    row="L2 penalty and weight decay: descent", section=12, definition=DESCENT, claims=(penalty_is_decay_for_descent,),
    wrong=[Wrong(variant(DESCENT, fixed=lambda x, *, weight_decay: decay.fixed(x, weight_decay=weight_decay / 2)),
                 by=penalty_is_decay_for_descent, printed="α of αΣw² is \"the weight decay parameter\"",
                 right="half of it: the factor is 1 - 2ηα"),
           Wrong(decaying(optimizer(momentum, momentum=0.9)), by=penalty_is_decay_for_descent)]))

test_penalty_of_momentum = define_test(Binding(
    row="L2 penalty and weight decay: momentum", section=12, definition=HEAVY,
    claims=(penalty_is_not_decay_for_momentum,),
    wrong=[Wrong(decaying(SimpleNamespace(init=gradient_descent.init, step=pointwise(momentum_ignored))),
                 by=penalty_is_not_decay_for_momentum)]))

test_penalty_of_adam = define_test(Binding(
    row="L2 penalty and weight decay: Adam", section=12, definition=PENALISED, claims=(penalty_is_no_decay_for_adam,),
    wrong=[Wrong(variant(PENALISED, penalised_step=adam_with_decay), by=penalty_is_no_decay_for_adam)]))

test_first_step = define_test(Binding(
    row="Adam's first step", section=12, definition=variant(optimizer(adam), uncorrected_step=adam.uncorrected_step),
    claims=(first_step_is_the_sign, uncorrected_first_step_is_larger),
    wrong=[Wrong(optimizer(adam, adam.uncorrected_step), by=first_step_is_the_sign),
           Wrong(optimizer(adam, adam.under_root_step), by=first_step_is_the_sign),
           Wrong(SimpleNamespace(init=adam.init, step=pointwise(as_printed)), by=first_step_is_the_sign, **PRINTED),
           Wrong(variant(optimizer(adam), uncorrected_step=adam.step), by=uncorrected_first_step_is_larger)]))

test_correction = define_test(Binding(
    row="Adam's averages and their bias", section=12, definition=adam,
    claims=(corrected_averages_are_unbiased, averages_begin_at_zero),
    wrong=[Wrong(variant(adam, corrected=as_they_are), by=corrected_averages_are_unbiased),
           Wrong(variant(adam, moments=from_the_first_gradient), by=averages_begin_at_zero)]))

UNITS = [define_test(Binding(
    row=f"the unit of the loss: {name}", section=12, definition=subject, claims=(scaling_the_loss_changes_nothing,),
    wrong=[Wrong(optimizer(gradient_descent, lr=0.1), by=scaling_the_loss_changes_nothing),
           Wrong(optimizer(adam, lr=0.1, eps=1e-3), by=scaling_the_loss_changes_nothing)]))
    for name, subject in {"Adam": optimizer(adam, lr=0.1, eps=0.0), "RMSprop": optimizer(rmsprop, lr=0.1, eps=0.0),
                          "AdaGrad": optimizer(adagrad, lr=0.1, eps=0.0), "Rprop": optimizer(rprop),
                          "LARS": optimizer(lars, lr=0.1, weight_decay=0.0)}.items()]
test_unit_of_adam, test_unit_of_rmsprop, test_unit_of_adagrad, test_unit_of_rprop, test_unit_of_lars = UNITS

test_unit_of_descent = define_test(Binding(
    row="the unit of the loss: descent", section=12, definition=optimizer(gradient_descent, lr=0.1),
    claims=(scaling_the_loss_scales_the_steps,),
    wrong=[Wrong(optimizer(adam, lr=0.1, eps=0.0), by=scaling_the_loss_scales_the_steps)]))

test_unit_of_momentum = define_test(Binding(
    row="the unit of the loss: momentum", section=12, definition=optimizer(momentum, lr=0.1),
    claims=(scaling_the_loss_scales_the_steps,),
    wrong=[Wrong(optimizer(adam, lr=0.1, eps=0.0), by=scaling_the_loss_scales_the_steps)]))

test_unit_of_gains = define_test(Binding(
    row="the unit of the loss: gains", section=12, definition=optimizer(gains, lr=0.1),
    claims=(scaling_the_loss_scales_the_steps,),
    wrong=[Wrong(optimizer(rprop), by=scaling_the_loss_scales_the_steps)]))

test_unit_of_adadelta = define_test(Binding(
    row="the unit of the loss: Adadelta", section=12, definition=optimizer(adadelta),
    claims=(adadelta_depends_on_the_unit_through_eps,),
    wrong=[Wrong(SIGN, by=adadelta_depends_on_the_unit_through_eps)]))

test_adagrad = define_test(Binding(
    row="AdaGrad slows and does not stop", section=12, definition=ADAGRAD,
    claims=(adagrad_slows_as_the_root_of_time, adagrads_rate_only_falls, adagrads_rate_still_needs_tuning,
            regret_grows_as_the_root_of_the_squares),
    wrong=[Wrong(RMSPROP, by=adagrad_slows_as_the_root_of_time), Wrong(LATE, by=adagrad_slows_as_the_root_of_time),
           Wrong(RMSPROP, by=adagrads_rate_only_falls), Wrong(ADAM, by=adagrads_rate_only_falls),
           Wrong(RMSPROP, by=adagrads_rate_still_needs_tuning),
           Wrong(SHORT_ADAM, by=regret_grows_as_the_root_of_the_squares)]))

test_rmsprop = define_test(Binding(
    row="RMSprop forgets", section=12, definition=RMSPROP, claims=(rmsprop_forgets,),
    wrong=[Wrong(SimpleNamespace(init=adagrad.init, step=lambda x, gradient, state, *, lr, rho: ADAGRAD.step(
        x, gradient, state, lr=lr)), by=rmsprop_forgets)]))

test_reddi = define_test(Binding(
    row="Adam's counter-example", section=12, definition=REDDI, claims=(adam_ends_at_the_worst_point,),
    wrong=[Wrong(variant(REDDI, amsgrad=SHORT_ADAM), by=adam_ends_at_the_worst_point),
           Wrong(variant(REDDI, adam=REDDI.amsgrad), by=adam_ends_at_the_worst_point)]))
