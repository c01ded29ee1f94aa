"""Hinge loss: how far a score stays below its margin on the right side.

    L = max(0, m - t x)              x: scores, t: ±1, one shape; m: margin
    ∂L/∂x = -t where t x < m, 0 elsewhere, 0 taken at the kink too

Source   Cortes, Vapnik, Support-vector networks, 1995, section 3, as the slack ξ.
Variant  torch: margin_ranking_loss(x, 0, t, margin=m). scikit-learn's hinge_loss: m = 1, mean.
         `multi_margin`: several classes.
"""

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array
from . import _reductions


def _short(x: Array, t: Array, margin: float) -> Array:
    shaped("t", real("t", t), real("x", x).shape)
    return margin - t * x


def forward(x: Array, t: Array, *, margin: float = 1.0, reduction: str = "mean") -> Array:
    """The loss. Raises ValueError unless t has the shape of x."""
    return _reductions.forward(np.maximum(_short(x, t, margin), 0), reduction=reduction)


def backward(x: Array, t: Array, g: Array, *, margin: float = 1.0, reduction: str = "mean") -> Array:
    """The gradient for x."""
    slope = np.where(_short(x, t, margin) > 0, -t, 0.0)
    return slope * _reductions.backward(slope, g, reduction=reduction)
