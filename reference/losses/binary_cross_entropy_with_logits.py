"""Binary cross-entropy with logits: the negative log-likelihood of yes-or-no targets under a sigmoid.

    L = -w (π t log σ(x) + (1 - t) log(1 - σ(x)))               x, t of one shape, 0 ≤ t ≤ 1
      = w ((1 - t) x + (1 + (π - 1) t) softplus(-x))            softplus(-x) = max(-x, 0) + log(1 + e^-|x|)
    ∂L/∂x = w ((1 + (π - 1) t) σ(x) - π t)                      σ(x) - t at w = π = 1

w: a weight for every entry, π: `pos_weight`, a weight for positive targets; both broadcast.

Source   Bishop, Pattern recognition and machine learning, 2006, equation 4.90; options: torch.nn.BCEWithLogitsLoss.
Variant  torch: as here; the mean divides by the number of entries, weighted or not.
         The gradient is a difference: where x is far on the right side it is right to u, not to u times itself.
         From probabilities: torch.nn.BCELoss bounds each logarithm below by -100.
"""

import numpy as np
from numpy.typing import ArrayLike

from .._arguments import real, shaped
from .._arrays import Array
from . import _reductions


def _positive_share(x: Array, t: Array, pos_weight: ArrayLike | None) -> Array:
    """1 + (π - 1) t."""
    shaped("t", real("t", t), real("x", x).shape)
    return np.ones_like(t) if pos_weight is None else 1 + (np.asarray(pos_weight) - 1) * t


def _weighted(each: Array, weight: ArrayLike | None) -> Array:
    return each if weight is None else each * np.asarray(weight)


def forward(x: Array, t: Array, *, weight: ArrayLike | None = None, pos_weight: ArrayLike | None = None,
            reduction: str = "mean") -> Array:
    """The loss. Raises ValueError unless t has the shape of x."""
    softplus = np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))
    each = (1 - t) * x + _positive_share(x, t, pos_weight) * softplus
    return _reductions.forward(_weighted(each, weight), reduction=reduction)


def backward(x: Array, t: Array, g: Array, *, weight: ArrayLike | None = None, pos_weight: ArrayLike | None = None,
             reduction: str = "mean") -> Array:
    """The gradient for x."""
    small, share = np.exp(-np.abs(x)), _positive_share(x, t, pos_weight)
    sigmoid = np.where(x > 0, 1.0, small) / (1 + small)
    slope = _weighted(share * sigmoid - (share - (1 - t)), weight)
    return slope * _reductions.backward(slope, g, reduction=reduction)
