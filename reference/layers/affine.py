"""Affine layer: weights times inputs, plus biases.

    z = y Wᵀ + b             y (…, n_in), W (n_out, n_in), b (n_out,), z (…, n_out)
    ∂y = g W,   ∂W = Σ gᵀ y,   ∂b = Σ g             sums over all leading axes; g shaped like z

Source   Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, 1986, equations 1, 6 and 7.
         Goodfellow, Bengio, Courville, Deep learning, 2016, section 6.5.6 (the products that pull g back).
Variant  torch: as here, `linear`. Keras: the kernel is Wᵀ, (n_in, n_out).
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    w: Array
    b: Array


def forward(x: Array, w: Array, b: Array) -> Array:
    """z, shaped (…, n_out). Raises ValueError where the shapes do not fit."""
    _fitting(x, w, b)
    return np.matmul(x, np.transpose(w)) + b


def backward(x: Array, w: Array, b: Array, g: Array) -> Gradients:
    """The gradients for a cotangent g shaped like z."""
    _fitting(x, w, b)
    rows, pulled = np.reshape(x, (-1, w.shape[1])), np.reshape(g, (-1, w.shape[0]))
    return Gradients(np.matmul(g, w), np.matmul(np.transpose(pulled), rows), np.sum(pulled, axis=0))


def _fitting(x: Array, w: Array, b: Array) -> None:
    real("x", x, at_least_1d=True)
    real("w", w, ndim=2)
    shaped("b", b, w.shape[:1])
    if x.shape[-1] != w.shape[1]:
        raise ValueError(f"x must have {w.shape[1]} features in its last axis, as w has columns, got shape {x.shape}")
