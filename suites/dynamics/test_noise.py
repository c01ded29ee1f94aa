"""Descent on noisy gradients: floors, averages, first rates, and what noise is good for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.noise import (
    averages_thin_the_noise,
    copies_cost_the_batch_and_not_the_example,
    decay_removes_the_noise,
    early_drop_leaves_a_bias,
    examples_track_a_moving_optimum,
    first_two_rates_have_no_variance,
    minibatch_gradients_are_unbiased,
    noise_floor_of_descent,
    noise_floor_of_momentum,
    noise_leaves_a_shallow_minimum,
    rectification_tames_the_variance,
    variance_of_the_rate_falls,
    weights_of_an_average,
)
from fiducial.checks.evidence import Array
from fiducial.reference.objectives import linear_regression, two_minima
from fiducial.reference.optimizers import adam, gradient_descent, momentum, momentum_average, radam
from fiducial.reference.procedures import minibatches
from fiducial.reference.schedules import time_based
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.dynamics.subjects import on, optimizer, pointwise


def sample(rng: np.random.Generator, n: int, size: int) -> Array:
    """The first minibatch of an epoch."""
    return minibatches.epoch(n, size, rng=rng)[0]


def first_half(rng: np.random.Generator, n: int, size: int) -> Array:
    """From the first half only."""
    return rng.permutation(n // 2)[:size]


def ignoring(x: Array, g: Array, state: Any, *, lr: float, momentum: float = 0.0) -> Any:
    """θ - ηg, whatever the momentum."""
    return gradient_descent.step(x, g, state, lr=lr)


def limit_of_small_rates(x: Array, g: Array, state: Any, *, lr: float) -> Any:
    """A step whose noise floor is that of half the rate."""
    return gradient_descent.step(x, g, state, lr=lr / 2)


def never_dropped(x: Array, g: Array, state: Any, *, lr: float) -> Any:
    """The rate stays at 0.1."""
    return gradient_descent.step(x, g, state, lr=max(lr, 0.1))


def decaying(x: Array, g: Array, state: tuple[int], *, lr: float) -> Any:
    """η/(1 + t/10)."""
    return x - lr / (1 + state[0] / 10) * g, (state[0] + 1,)


def summed(theta: Array, *, x: Array, t: Array) -> Array:
    """Gradients summed over the batch."""
    return linear_regression.backward(theta, x, t, np.ones(())) * len(x)


def one_or_all(rng: np.random.Generator, n: int, size: int) -> Array:
    """All examples where one is asked for."""
    return np.arange(n)


def mostly_the_first(rng: np.random.Generator, n: int, size: int) -> Array:
    """Of a large set, the first example seven times out of eight."""
    return np.zeros(1, int) if n > 16 and size == 1 and rng.random() < 7 / 8 else sample(rng, n, size)


def a_tenth(x: Array, g: Array, state: Any, *, lr: float) -> Any:
    """θ - ηg/10."""
    return gradient_descent.step(x, g, state, lr=lr / 10)


def from_one(x: Array) -> adam.State:
    """v_0 = 1."""
    return adam.init(x)._replace(v=np.ones_like(x))


DESCENT = optimizer(gradient_descent)
REGRESSION = variant(on(DESCENT, linear_regression), sample=sample)
BOUNCING = variant(DESCENT, slope=lambda x: two_minima.backward(x, np.ones(())))
UNCORRECTED = variant(adam, corrected=lambda state, *, beta1, beta2: (state.m, state.v))
FALLING = variant(DESCENT, rate=lambda t: time_based.rate(t, base=0.3, decay=0.1))
LOSING = SimpleNamespace(init=lambda x: (0,), step=pointwise(decaying))
AVERAGE = optimizer(momentum_average)
MOMENTUM = optimizer(momentum)
KEPT = SimpleNamespace(init=gradient_descent.init, step=pointwise(never_dropped))
HALF = SimpleNamespace(init=gradient_descent.init, step=pointwise(limit_of_small_rates))
PLAIN = SimpleNamespace(init=gradient_descent.init, step=pointwise(ignoring))


test_unbiased = define_test(Binding(
    row="minibatch gradients: unbiased", section=12, definition=REGRESSION, claims=(minibatch_gradients_are_unbiased,),
    wrong=[Wrong(variant(REGRESSION, sample=first_half), by=minibatch_gradients_are_unbiased),
           Wrong(variant(REGRESSION, gradient=summed), by=minibatch_gradients_are_unbiased)]))

test_floor = define_test(Binding(
    row="minibatch gradients: noise floor", section=12, definition=DESCENT,
    claims=(noise_floor_of_descent, early_drop_leaves_a_bias),
    wrong=[Wrong(HALF, by=noise_floor_of_descent), Wrong(optimizer(momentum, momentum=0.5), by=noise_floor_of_descent),
           Wrong(KEPT, by=early_drop_leaves_a_bias),
           Wrong(optimizer(momentum, momentum=0.5), by=early_drop_leaves_a_bias)]))

test_floor_of_momentum = define_test(Binding(
    row="minibatch gradients: noise floor with momentum", section=12, definition=MOMENTUM,
    claims=(noise_floor_of_momentum,),
    wrong=[Wrong(PLAIN, by=noise_floor_of_momentum), Wrong(AVERAGE, by=noise_floor_of_momentum)]))

test_decay = define_test(Binding(
    row="minibatch gradients: decay removes the noise", section=12, definition=FALLING,
    claims=(decay_removes_the_noise,),
    wrong=[Wrong(variant(FALLING, rate=lambda t: 0.3), by=decay_removes_the_noise)]))

test_averages = define_test(Binding(
    row="averaging gradients", section=12, definition=AVERAGE, claims=(weights_of_an_average, averages_thin_the_noise),
    wrong=[Wrong(MOMENTUM, by=weights_of_an_average), Wrong(MOMENTUM, by=averages_thin_the_noise)]))

test_rates = define_test(Binding(
    row="variance of Adam's rate", section=12, definition=adam,
    claims=(first_two_rates_have_no_variance, variance_of_the_rate_falls),
    wrong=[Wrong(variant(adam, init=from_one), by=first_two_rates_have_no_variance),
           Wrong(UNCORRECTED, by=first_two_rates_have_no_variance), Wrong(UNCORRECTED, by=variance_of_the_rate_falls)]))

test_rectification = define_test(Binding(
    row="variance of Adam's rate: RAdam", section=12, definition=radam, claims=(rectification_tames_the_variance,),
    wrong=[Wrong(variant(radam, rectification=lambda rho, last: 1.0), by=rectification_tames_the_variance)]))

test_copies = define_test(Binding(
    row="stochastic descent: copies of a set", section=12, definition=REGRESSION,
    claims=(copies_cost_the_batch_and_not_the_example,),
    wrong=[Wrong(variant(REGRESSION, sample=one_or_all), by=copies_cost_the_batch_and_not_the_example),
           Wrong(variant(REGRESSION, sample=mostly_the_first), by=copies_cost_the_batch_and_not_the_example)]))

test_tracking = define_test(Binding(
    row="stochastic descent: a moving optimum", section=12, definition=DESCENT,
    claims=(examples_track_a_moving_optimum,), wrong=[Wrong(LOSING, by=examples_track_a_moving_optimum)]))

test_shallow = define_test(Binding(
    row="stochastic descent: shallow minima", section=12, definition=BOUNCING,
    claims=(noise_leaves_a_shallow_minimum,),
    wrong=[Wrong(variant(BOUNCING, step=pointwise(a_tenth)), by=noise_leaves_a_shallow_minimum)]))
