"""Log-softmax: the logarithms of softmax's probabilities, without forming them.

    y_k = x_k - m - ln Σ_j e^(x_j - m),  m = max_j x_j           x, y, g of one shape
    ∂x = g - softmax(x) Σ_j g_j

Source   Blanchard, Higham, Higham, Accurately computing the log-sum-exp and softmax functions, IMA J. Numer. Anal. 41,
         2021, section 1.
Variant  none in use; the axis is -1 here, and named in every call of torch's.
"""

import numpy as np

from .._arguments import axis_of, real
from .._arrays import Array
from . import softmax


def forward(x: Array, *, axis: int = -1) -> Array:
    """Log-probabilities along `axis`. Raises ValueError unless x is real float64 with such an axis."""
    k = axis_of("axis", axis, real("x", x, at_least_1d=True).ndim)
    if x.size == 0:
        return x
    z = x - np.max(x, axis=k, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=k, keepdims=True))


def backward(x: Array, g: Array, *, axis: int = -1) -> Array:
    """The gradient with respect to x."""
    return g - softmax.forward(x, axis=axis) * np.sum(g, axis=axis, keepdims=True)
