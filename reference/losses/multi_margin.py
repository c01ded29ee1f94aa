"""Multi-class margin loss: how far the label's score fails to lie a margin above each of the others.

    L_n = 1/C Σ_{c ≠ y_n} max(0, m - x_{n,y_n} + x_nc)          x: N×C, y: N
    ∂L_n/∂x_nc = 1/C where the term is positive; at c = y_n minus the sum of those

Source   Weston, Watkins, Support vector machines for multi-class pattern recognition, 1999; divided by C:
         torch.nn.MultiMarginLoss at p = 1.
Variant  torch: as here. Crammer and Singer, 2001, take the largest term in the place of their sum.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array
from . import _reductions, nll


def _short(x: Array, labels: Array, margin: float) -> tuple[Array, Array]:
    """One-hot labels, and m - x_y + x_c, N×C."""
    nll.kept(real("x", x, ndim=2), labels, ignore_index=None)
    hot = nll.one_hot(x, labels)
    return hot, margin - np.sum(hot * x, axis=1, keepdims=True) + x


def forward(x: Array, labels: Array, *, margin: float = 1.0, reduction: str = "mean") -> Array:
    """The loss. Raises ValueError for a label that is no class."""
    hot, short = _short(x, labels, margin)
    each = np.sum((1 - hot) * np.maximum(short, 0), axis=1) / x.shape[1]
    return _reductions.forward(each, reduction=reduction)


def backward(x: Array, labels: Array, g: Array, *, margin: float = 1.0, reduction: str = "mean") -> Array:
    """The gradient for x; 0 taken at the kinks."""
    hot, short = _short(x, labels, margin)
    others = (1 - hot) * np.where(short > 0, 1.0, 0.0)
    slope = (others - hot * np.sum(others, axis=1, keepdims=True)) / x.shape[1]
    return slope * np.expand_dims(_reductions.backward(np.sum(slope, axis=1), g, reduction=reduction), 1)
