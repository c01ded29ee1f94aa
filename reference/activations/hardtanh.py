"""Hardtanh: clip to an interval.

    y = min(max(x, l), u)                                        x, y, g of one shape; l < u
    ∂x = g [l < x < u]

Source   Collobert, Large scale machine learning, thesis, Université Paris VI, 2004.
Variant  l = -1, u = 1 in torch and JAX; (0, 6) is ReLU6. The slope at both kinks is 0, as in torch; torch's clamp,
         the same function otherwise, has 1 there.
"""

import numpy as np

from .._arguments import number, real
from .._arrays import Array


def forward(x: Array, *, lower: float = -1.0, upper: float = 1.0) -> Array:
    """x clipped to [lower, upper]. Raises ValueError unless x is real float64 and lower < upper."""
    _interval(lower, upper)
    return np.minimum(np.maximum(real("x", x), lower), upper)


def backward(x: Array, g: Array, *, lower: float = -1.0, upper: float = 1.0) -> Array:
    """The gradient with respect to x; 0 at both kinks."""
    _interval(lower, upper)
    return np.where((real("x", x) > lower) & (x < upper), g, 0.0)


def _interval(lower: float, upper: float) -> None:
    if not number("lower", lower) < number("upper", upper):
        raise ValueError(f"lower must be below upper = {upper}, got {lower}")
