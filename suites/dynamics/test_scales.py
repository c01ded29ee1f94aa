"""Batch norm and the scale of weights; sigmoids, ReLUs and the size of gradients."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from fiducial.checks.dynamics.scales import (
    active_relu_path_costs_its_weights,
    batch_norm_decorrelates_nothing,
    early_sigmoid_layers_learn_slowly,
    gradient_before_batch_norm_is_across,
    scale_before_batch_norm_changes_nothing,
    sigmoid_layer_costs_a_quarter,
)
from fiducial.checks.evidence import Array
from fiducial.reference.layers import deep_relu, mlp, sigmoid_chain
from fiducial.reference.normalization import batch_norm, standardize
from fiducial.reference.preprocessing import whiten_zca
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def _unit(z: Array) -> tuple[Array, Array]:
    return np.ones(z.shape[1]), np.zeros(z.shape[1])


def normalized(x: Array, w: Array) -> Array:
    """An affine layer without bias, then batch norm."""
    z = x @ w.T
    return batch_norm.forward(z, *_unit(z), eps=0.0)


def gradient(x: Array, w: Array, g: Array) -> Array:
    """The gradient for w."""
    z = x @ w.T
    return batch_norm.backward(z, *_unit(z), g, eps=0.0).x.T @ x


def over_the_units(x: Array, w: Array) -> Array:
    """Layer norm."""
    return standardize.forward(x @ w.T, axes=(1,), eps=0.0)


def statistics_held(x: Array, w: Array, g: Array) -> Array:
    """The gradient for w where mean and variance count as constants."""
    return np.asarray((g / (x @ w.T).std(axis=0)).T @ x)


def tanh_chain(x: Array, w: Array, b: Array, g: Array) -> sigmoid_chain.Gradients:
    """The gradients of a chain of tanh, for b."""
    a, slopes = x, []
    for k in range(len(w)):
        a = np.tanh(w[k] * a + b[k])
        slopes.append(1 - a**2)
    found, h = [], g
    for k in reversed(range(len(w))):
        found.append(slopes[k] * h)
        h = w[k] * found[-1]
    return sigmoid_chain.Gradients(h, w, np.stack(found[::-1]))


def without_slopes(x: Array, w: Array, b: Array, g: Array) -> sigmoid_chain.Gradients:
    """Π w only."""
    factors = np.append(w[1:], g)[::-1].cumprod()[::-1]
    return sigmoid_chain.Gradients(x, w, factors)


def leaky_path(x: Array, w: Array, g: Array) -> deep_relu.Gradients:
    """A hundredth of the gradient through units that are off."""
    found = deep_relu.backward(np.abs(x), w, g)
    return found._replace(x=np.where(x > 0, found.x, found.x * 0.01))


def sigmoid_path(x: Array, w: Array, g: Array) -> deep_relu.Gradients:
    """A quarter of the gradient by each layer."""
    found = deep_relu.backward(x, w, g)
    return found._replace(x=found.x * 0.25 ** len(w))


def whitened(z: Array) -> Array:
    """ZCA-whitened."""
    return whiten_zca.forward(z, whiten_zca.fit(z), eps=0.0)


def standardized(z: Array) -> Array:
    """Batch norm by itself."""
    return batch_norm.forward(z, *_unit(z), eps=0.0)


NORMALIZED = SimpleNamespace(forward=normalized, gradient=gradient, standardized=standardized)
TANH: Any = variant(mlp, backward=partial(mlp.backward, activation=mlp.TANH))
LINEAR: Any = variant(mlp, backward=partial(mlp.backward, activation=mlp.IDENTITY))

test_batch_norm = define_test(Binding(
    row="batch norm and the scale of weights", section=12, definition=NORMALIZED,
    claims=(scale_before_batch_norm_changes_nothing, gradient_before_batch_norm_is_across,
            batch_norm_decorrelates_nothing),
    wrong=[Wrong(variant(NORMALIZED, forward=over_the_units), by=scale_before_batch_norm_changes_nothing),
           Wrong(variant(NORMALIZED, gradient=statistics_held), by=gradient_before_batch_norm_is_across),
           Wrong(variant(NORMALIZED, standardized=whitened), by=batch_norm_decorrelates_nothing)]))

test_sigmoid_chain = define_test(Binding(
    row="sigmoid chains and ReLU paths: sigmoid", section=12, definition=sigmoid_chain,
    claims=(sigmoid_layer_costs_a_quarter,),
    wrong=[Wrong(variant(sigmoid_chain, backward=tanh_chain), by=sigmoid_layer_costs_a_quarter),
           Wrong(variant(sigmoid_chain, backward=without_slopes), by=sigmoid_layer_costs_a_quarter)]))

test_relu_path = define_test(Binding(
    row="sigmoid chains and ReLU paths: ReLU", section=12, definition=deep_relu,
    claims=(active_relu_path_costs_its_weights,),
    wrong=[Wrong(variant(deep_relu, backward=leaky_path), by=active_relu_path_costs_its_weights),
           Wrong(variant(deep_relu, backward=sigmoid_path), by=active_relu_path_costs_its_weights)]))

test_early_layers = define_test(Binding(
    row="early layers learn slowly", section=12, definition=mlp, claims=(early_sigmoid_layers_learn_slowly,),
    wrong=[Wrong(TANH, by=early_sigmoid_layers_learn_slowly), Wrong(LINEAR, by=early_sigmoid_layers_learn_slowly)]))
