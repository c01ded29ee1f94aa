"""0-1 loss: 1 where the class of the highest score is not the label.

    L_n = [argmax_c x_nc ≠ y_n]              x: N×C, or C for one; y: N; of equal highest scores the first counts
    ∂L_n/∂x = 0 almost everywhere: it says nothing about how to change x

Source   Hastie, Tibshirani, Friedman, The elements of statistical learning, 2009, section 2.4.
Variant  ties: the first highest, as argmax of NumPy and torch. Some count a tie as a mistake, some as half of one.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array
from . import _reductions, nll


def forward(x: Array, labels: Array, *, reduction: str = "mean") -> Array:
    """The share of mistakes (mean), their number (sum), or each. Raises ValueError for a label that is no class."""
    nll.kept(real("x", x), labels, ignore_index=None)
    mistakes: Array = np.argmax(x, axis=nll.class_axis(x)) != labels
    return _reductions.forward(mistakes.astype(np.float64), reduction=reduction)


def backward(x: Array, labels: Array, g: Array, *, reduction: str = "mean") -> Array:
    """Zeros, shaped like x: the derivative wherever there is one."""
    return np.zeros_like(x)
