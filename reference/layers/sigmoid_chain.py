"""Chain of sigmoid neurons, one a layer: where the product of slopes and weights stands bare.

    a₀ = x,   z_k = w_k a_{k-1} + b_k,   a_k = σ(z_k),   k = 1…L             x scalar, w, b (L,)
    ∂C/∂b_j = σ'(z_j) · Π_{k>j} w_k σ'(z_k) · ∂C/∂a_L,   ∂C/∂w_j = a_{j-1} ∂C/∂b_j,   ∂C/∂x = w₁ ∂C/∂b₁
    |∂C/∂b_j| ≤ ¼ · Π_{k>j} ¼ |w_k| · |∂C/∂a_L|                              `bound`

Source   Hochreiter, Untersuchungen zu dynamischen neuronalen Netzen, 1991, chapter 3 (the product of slopes).
         Nielsen, Neural networks and deep learning, 2015, chapter 5, equations 121 and 122.
Variant  none in use.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array
from .mlp import LOGISTIC


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    w: Array
    b: Array


def _passed(x: Array, w: Array, b: Array) -> tuple[list[Array], list[Array]]:
    """(a₀, …, a_L) and (z₁, …, z_L)."""
    shaped("b", b, real("w", w, ndim=1).shape)
    a, z = [shaped("x", x, ())], []
    for k in range(w.shape[0]):
        z.append(w[k] * a[-1] + b[k])
        a.append(LOGISTIC.value(z[-1]))
    return a, z


def forward(x: Array, w: Array, b: Array) -> Array:
    """a_L, a scalar. Raises ValueError unless x is a scalar, w and b vectors of one length."""
    return _passed(x, w, b)[0][-1]


def backward(x: Array, w: Array, b: Array, g: Array) -> Gradients:
    """The gradients for a scalar cotangent g = ∂C/∂a_L."""
    a, z = _passed(x, w, b)
    h, found = g, []
    for k in reversed(range(w.shape[0])):
        found.append(LOGISTIC.slope(z[k]) * h)
        h = w[k] * found[-1]
    along_b = np.stack(found[::-1])
    return Gradients(h, np.stack(a[:-1]) * along_b, along_b)


def bound(w: Array, g: Array) -> Array:
    """What |∂C/∂b₁|, …, |∂C/∂b_L| cannot exceed, shaped like w, for g = ∂C/∂a_L."""
    factors = np.append(0.25 * np.abs(w)[1:], 0.25 * np.abs(g))
    return np.cumprod(factors[::-1])[::-1]
