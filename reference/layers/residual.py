"""Residual block: what goes in, plus what two layers make of it.

    y = x + F(x),   F(x) = max(0, x W₁ᵀ + b₁) W₂ᵀ + b₂         x, y (N, n), W₁ (m, n), b₁ (m,), W₂ (n, m), b₂ (n,)
    ∂y/∂x = I + J_F,   h = (g W₂) ⊙ 1[z > 0]                   z = x W₁ᵀ + b₁, r = max(0, z), g shaped like y
    ∂x = g + h W₁,   ∂W₁ = hᵀ x,   ∂b₁ = Σ h,   ∂W₂ = gᵀ r,   ∂b₂ = Σ g

Source   He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2016, equation 1, and
         Identity mappings in deep residual networks, 2016, equations 1 and 5 (nothing after the sum).
Variant  the first paper and torchvision: max(0, x + F(x)). Pre-activation nets: rectifiers before the weights.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    w1: Array
    b1: Array
    w2: Array
    b2: Array


def forward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    """y, shaped like x. Raises ValueError where the shapes do not fit."""
    z = _hidden(x, w1, b1)
    shaped("w2", w2, (x.shape[1], w1.shape[0]))
    shaped("b2", b2, x.shape[1:])
    return x + (np.matmul(np.maximum(z, 0.0), np.transpose(w2)) + b2)


def backward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array, g: Array) -> Gradients:
    """The gradients for a cotangent g shaped like y."""
    z = _hidden(x, w1, b1)
    h = np.where(z > 0, np.matmul(g, w2), 0.0)
    return Gradients(g + np.matmul(h, w1), np.matmul(np.transpose(h), x), np.sum(h, axis=0),
                     np.matmul(np.transpose(g), np.maximum(z, 0.0)), np.sum(g, axis=0))


def _hidden(x: Array, w1: Array, b1: Array) -> Array:
    shaped("w1", w1, (np.shape(w1)[0], real("x", x, ndim=2).shape[1]))
    shaped("b1", b1, w1.shape[:1])
    return np.matmul(x, np.transpose(w1)) + b1
