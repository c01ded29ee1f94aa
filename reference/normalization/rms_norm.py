"""RMS normalization: divide the features of each example by their root mean square, then scale each feature.

    y = γ x / r,   r = √((1/m) Σ x² + ε)              x, y: (…, D);   γ: D = (d₁, …, d_k);   r: (…);   m entries in D
    no mean is taken off: a common shift of the features is not undone, a common positive scale is

    ∂L/∂x = (h - x/r · (1/m) Σ h x/r) / r,  h = γ g;   ∂L/∂γ = Σ g x/r over the leading axes

Source   Zhang, Sennrich, Root mean square layer normalization, 2019, equation 4 (there without ε).
Variant  torch: ε inside the root, by default the machine epsilon of the format, 2.2e-16 in float64; Llama: 1e-5, 1e-6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._arguments import at_least, real, shaped
from .._arrays import Array

EPS = float(np.finfo(np.float64).eps)


class Gradients(NamedTuple):
    """The gradients of the loss for forward's arguments, each shaped like its argument."""

    x: Array
    gamma: Array


def _rows(x: Array, gamma: Array) -> Array:
    """x as one row an example, so that a row's sums do not depend on the number of rows."""
    k = real("gamma", gamma).ndim
    if k == 0 or real("x", x).ndim < k or tuple(x.shape[x.ndim - k:]) != tuple(gamma.shape) or gamma.size == 0:
        raise ValueError(f"gamma must have the shape of the last axes of x, at least one entry, "
                         f"got {gamma.shape} for x of shape {x.shape}")
    return x.reshape((-1 if x.size else 0, gamma.size))


def _root(rows: Array, eps: float) -> Array:
    """r, one a row."""
    return np.sqrt((rows * rows).mean(axis=1, keepdims=True) + at_least("eps", eps, 0))


def forward(x: Array, gamma: Array, *, eps: float = EPS) -> Array:
    """y. The shape of γ says what the features are."""
    rows = _rows(x, gamma)
    return gamma * (rows / _root(rows, eps)).reshape(x.shape)


def backward(x: Array, gamma: Array, g: Array, *, eps: float = EPS) -> Gradients:
    """The gradients from g = ∂L/∂y."""
    rows, g_rows = _rows(x, gamma), _rows(shaped("g", g, x.shape), gamma)
    r = _root(rows, eps)
    x_hat, h = rows / r, gamma.reshape(-1) * g_rows
    g_x = (h - x_hat * (h * x_hat).mean(axis=1, keepdims=True)) / r
    return Gradients(x=g_x.reshape(x.shape), gamma=(g_rows * x_hat).sum(axis=0).reshape(gamma.shape))
