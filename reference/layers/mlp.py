"""Multilayer perceptron: affine layers and activations in turn, its backward pass written by hand.

    y₀ = x,   z_k = y_{k-1} W_kᵀ + b_k,   y_k = a(z_k),   k = 1…L            x (N, n₀), y_k (N, n_k), W_k (n_k, n_{k-1})
    h ← g;   for k = L…1:   h ← h ⊙ a'(z_k),   ∂W_k = hᵀ y_{k-1},   ∂b_k = Σ h,   h ← h W_k;   ∂x = h
    θ = (W₁, b₁, …, W_L, b_L) in one vector, rows of W first; n = `sizes`

The slope is taken at z, what goes into the activation; σ'(z) = y (1 - y) is the same already written in y = σ(z).

Source   Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, 1986, equations 4 to 7.
         Goodfellow, Bengio, Courville, Deep learning, 2016, algorithms 6.3 and 6.4.
Variant  most networks leave the last layer affine; here every layer has the activation, so that `affine` adds one.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .._arguments import real, whole
from .._arrays import Array


class Activation(NamedTuple):
    """A function of z, and its derivative as a function of z."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _logistic(z: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * z)


LOGISTIC = Activation(_logistic, lambda z: _logistic(z) * _logistic(-z))
TANH = Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2)
RELU = Activation(lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0))
IDENTITY = Activation(lambda z: z, lambda z: np.ones_like(z))


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    theta: Array


def layers(theta: Array, sizes: Sequence[int]) -> list[tuple[Array, Array]]:
    """(W_k, b_k) for each layer. Raises ValueError unless θ holds exactly these numbers."""
    widths = [whole("sizes", n, least=1) for n in sizes]
    pairs = [(n, m) for m, n in pairwise(widths)]
    if not pairs or real("theta", theta, ndim=1).size != (expected := sum(n * (m + 1) for n, m in pairs)):
        raise ValueError(f"theta must hold {expected if pairs else 'one or more'} numbers for sizes {tuple(widths)}, "
                         f"got {theta.size}")
    found, start = [], 0
    for n, m in pairs:
        stop = start + n * m
        found.append((np.reshape(theta[start:stop], (n, m)), theta[stop:stop + n]))
        start = stop + n
    return found


def passed(x: Array, theta: Array, sizes: Sequence[int], activation: Activation) -> tuple[list[Array], list[Array]]:
    """(y₀, …, y_L) and (z₁, …, z_L)."""
    if real("x", x, ndim=2).shape[1] != sizes[0]:
        raise ValueError(f"x must have {sizes[0]} columns, as sizes begins, got shape {x.shape}")
    ys, zs = [x], []
    for w, b in layers(theta, sizes):
        zs.append(np.matmul(ys[-1], np.transpose(w)) + b)
        ys.append(activation.value(zs[-1]))
    return ys, zs


def forward(x: Array, theta: Array, *, sizes: Sequence[int], activation: Activation = LOGISTIC) -> Array:
    """y_L, shaped (N, n_L). Raises ValueError where x or θ do not fit the sizes."""
    return passed(x, theta, sizes, activation)[0][-1]


def backward(x: Array, theta: Array, g: Array, *, sizes: Sequence[int],
             activation: Activation = LOGISTIC) -> Gradients:
    """The gradients for a cotangent g shaped like y_L."""
    ys, zs = passed(x, theta, sizes, activation)
    h, found = g, []
    for k, (w, _) in reversed(list(enumerate(layers(theta, sizes)))):
        h = h * activation.slope(zs[k])
        found.append(np.concatenate([np.reshape(np.matmul(np.transpose(h), ys[k]), (-1,)), np.sum(h, axis=0)]))
        h = np.matmul(h, w)
    return Gradients(h, np.concatenate(found[::-1]))
