"""Huber loss: quadratic near the target, linear beyond δ.

    r = y - t,   a = min(|r|, δ)                                y, t of one shape
    L = ½ a² + δ (|r| - a)                                      ½ r² where |r| ≤ δ, δ (|r| - ½ δ) beyond
    ∂L/∂y = clip(r, -δ, δ)

Source   Huber, Robust estimation of a location parameter, 1964.
Variant  torch, Keras: as here, mean reduction. `smooth_l1` is this loss divided by δ.
"""

import numpy as np

from .._arguments import positive, real, shaped
from .._arrays import Array
from . import _reductions


def _residual(y: Array, t: Array) -> Array:
    shaped("t", real("t", t), real("y", y).shape)
    return y - t


def forward(y: Array, t: Array, *, delta: float = 1.0, reduction: str = "mean") -> Array:
    """The loss. Raises ValueError unless δ is positive and t has the shape of y."""
    size = np.abs(_residual(y, t))
    near = np.minimum(size, positive("delta", delta))
    return _reductions.forward(0.5 * np.square(near) + delta * (size - near), reduction=reduction)


def backward(y: Array, t: Array, g: Array, *, delta: float = 1.0, reduction: str = "mean") -> Array:
    """The gradient for y."""
    slope = np.clip(_residual(y, t), -positive("delta", delta), delta)
    return slope * _reductions.backward(slope, g, reduction=reduction)
