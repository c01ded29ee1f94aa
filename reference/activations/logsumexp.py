"""Log-sum-exp: the smooth maximum, whose slopes are softmax's probabilities.

    y = m + ln Σ_j e^(x_j - m),  m = max_j x_j                   x of any shape, y and g without `axis`
    ∂x = g e^(x - y), which is g softmax(x)

Source   Blanchard, Higham, Higham, Accurately computing the log-sum-exp and softmax functions, IMA J. Numer. Anal. 41,
         2021, section 1.
Variant  none in use. Where every x_j is -∞, y is -∞, as in torch and SciPy.
"""

import numpy as np

from .._arguments import axis_of, real
from .._arrays import Array


def forward(x: Array, *, axis: int = -1) -> Array:
    """The logarithm of Σ e^x along `axis`. Raises ValueError unless x is real float64 with such an axis, not empty."""
    k = axis_of("axis", axis, real("x", x, at_least_1d=True).ndim)
    if x.shape[k] == 0:
        raise ValueError(f"x must have entries along axis {axis}, got shape {x.shape}")
    top = np.max(x, axis=k, keepdims=True)
    m = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):  # ln 0 = -inf is meant
        y = m + np.log(np.sum(np.exp(x - m), axis=k, keepdims=True))
    return np.squeeze(y, axis=k)


def backward(x: Array, g: Array, *, axis: int = -1) -> Array:
    """The gradient with respect to x; nan where every score is -∞."""
    y = np.expand_dims(forward(x, axis=axis), axis)
    return np.expand_dims(g, axis) * np.exp(x - y)
