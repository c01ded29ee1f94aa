"""Smooth L1 loss: the absolute error with its kink rounded off within β.

    r = y - t                                                   y, t of one shape
    L = ½ r²/β where |r| < β, |r| - ½ β elsewhere; |r| at β = 0
    ∂L/∂y = r/β where |r| < β, sign(r) elsewhere

Source   Girshick, Fast R-CNN, 2015, equation 3 (β = 1); β: torch.nn.SmoothL1Loss.
Variant  torch: as here, mean reduction. It is `huber` at δ = β, divided by β.
"""

import numpy as np

from .._arguments import at_least, real, shaped
from .._arrays import Array
from . import _reductions


def _residual(y: Array, t: Array) -> Array:
    shaped("t", real("t", t), real("y", y).shape)
    return y - t


def forward(y: Array, t: Array, *, beta: float = 1.0, reduction: str = "mean") -> Array:
    """The loss. Raises ValueError unless β is 0 or more and t has the shape of y."""
    size = np.abs(_residual(y, t))
    if at_least("beta", beta, 0) == 0:
        return _reductions.forward(size, reduction=reduction)
    near = np.minimum(size, beta)
    return _reductions.forward(0.5 * np.square(near) / beta + (size - near), reduction=reduction)


def backward(y: Array, t: Array, g: Array, *, beta: float = 1.0, reduction: str = "mean") -> Array:
    """The gradient for y; 0 at the kink that β = 0 leaves."""
    residual = _residual(y, t)
    flat = at_least("beta", beta, 0) == 0
    slope = np.sign(residual) if flat else np.clip(residual, -beta, beta) / beta
    return slope * _reductions.backward(slope, g, reduction=reduction)
