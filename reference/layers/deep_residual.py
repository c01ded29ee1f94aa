"""Deep residual net whose branches share one unit of variance: the gradient grows by at most e on its way.

    y_k = y_{k-1} + L^{-½} max(0, y_{k-1} W_kᵀ) V_kᵀ,   k = 1…L        y (N, n), w, v (L, n, n)
    ∂V_k = L^{-½} gᵀ r_k,   h = L^{-½} (g V_k) ⊙ 1[z_k > 0],   ∂W_k = hᵀ y_{k-1},   g ← g + h W_k
    W_k[i,j] ~ N(0, 2/n),   V_k[i,j] ~ N(0, 1/n)                       `draw`
    E ‖J u‖² = (1 + 1/L)^L ‖u‖² < e ‖u‖² for every fixed u and x ≠ 0, J = ∂y_L/∂x

Source   Zhang, Dauphin, Ma, Fixup initialization: residual learning without normalization, 2019, section 2.
         Balduzzi et al., The shattered gradients problem, 2017, section 3 (branches scaled by a constant).
Variant  Fixup: V_k = 0 at the start and W_k scaled by L^{-½}. With neither the growth is 2^L.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped, whole
from .._arrays import Array


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    w: Array
    v: Array


def draw(depth: int, width: int, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """W and V, each shaped (depth, width, width)."""
    shape = (whole("depth", depth, least=1), whole("width", width, least=1), width)
    return rng.normal(0.0, np.sqrt(2 / width), shape), rng.normal(0.0, np.sqrt(1 / width), shape)


def _passed(x: Array, w: Array, v: Array) -> tuple[list[Array], list[Array]]:
    """(y₀, …, y_L) and (z₁, …, z_L)."""
    real("x", x, ndim=2)
    shaped("w", w, (real("w", w, ndim=3).shape[0], x.shape[1], x.shape[1]))
    shaped("v", v, w.shape)
    ys, zs = [x], []
    for k in range(w.shape[0]):
        zs.append(np.matmul(ys[-1], np.transpose(w[k])))
        ys.append(ys[-1] + w.shape[0] ** -0.5 * np.matmul(np.maximum(zs[-1], 0.0), np.transpose(v[k])))
    return ys, zs


def forward(x: Array, w: Array, v: Array) -> Array:
    """y_L, shaped like x. Raises ValueError where the shapes do not fit."""
    return _passed(x, w, v)[0][-1]


def backward(x: Array, w: Array, v: Array, g: Array) -> Gradients:
    """The gradients for a cotangent g shaped like y_L."""
    ys, zs = _passed(x, w, v)
    along_w, along_v = [], []
    for k in reversed(range(w.shape[0])):
        branch = w.shape[0] ** -0.5 * g
        h = np.where(zs[k] > 0, np.matmul(branch, v[k]), 0.0)
        along_v.append(np.matmul(np.transpose(branch), np.maximum(zs[k], 0.0)))
        along_w.append(np.matmul(np.transpose(h), ys[k]))
        g = g + np.matmul(h, w[k])
    return Gradients(g, np.stack(along_w[::-1]), np.stack(along_v[::-1]))
