"""Deep ReLU net at He scale: the scale at which the gradient keeps its mean square on its way to the input.

    y₀ = x,   y_k = max(0, y_{k-1} W_kᵀ),   k = 1…L                    x (N, n), w (L, n, n)
    h ← g;   for k = L…1:   h ← h ⊙ 1[z_k > 0],   ∂W_k = hᵀ y_{k-1},   h ← h W_k
    W_k[i,j] ~ N(0, 2/n)                                               `draw`
    E ‖J v‖² = ‖v‖² for every fixed v and x ≠ 0, J = ∂y_L/∂x, so that E ‖Jᵀu‖² = n where u ~ N(0, I) is independent

Source   He, Zhang, Ren, Sun, Delving deep into rectifiers, 2015, equations 10 and 14.
         Hanin, Which neural net architectures give rise to exploding and vanishing gradients?, 2018, theorem 1.
Variant  none in use.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped, whole
from .._arrays import Array


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    w: Array


def draw(depth: int, width: int, *, rng: np.random.Generator) -> Array:
    """Weights at He scale, shaped (depth, width, width)."""
    whole("depth", depth, least=1)
    return rng.normal(0.0, np.sqrt(2 / whole("width", width, least=1)), (depth, width, width))


def _passed(x: Array, w: Array) -> tuple[list[Array], list[Array]]:
    """(y₀, …, y_L) and (z₁, …, z_L)."""
    real("x", x, ndim=2)
    shaped("w", w, (real("w", w, ndim=3).shape[0], x.shape[1], x.shape[1]))
    ys, zs = [x], []
    for k in range(w.shape[0]):
        zs.append(np.matmul(ys[-1], np.transpose(w[k])))
        ys.append(np.maximum(zs[-1], 0.0))
    return ys, zs


def forward(x: Array, w: Array) -> Array:
    """y_L, shaped (N, n). Raises ValueError where the shapes do not fit."""
    return _passed(x, w)[0][-1]


def backward(x: Array, w: Array, g: Array) -> Gradients:
    """The gradients for a cotangent g shaped like y_L."""
    ys, zs = _passed(x, w)
    h, found = g, []
    for k in reversed(range(w.shape[0])):
        h = np.where(zs[k] > 0, h, 0.0)
        found.append(np.matmul(np.transpose(h), ys[k]))
        h = np.matmul(h, w[k])
    return Gradients(h, np.stack(found[::-1]))
