"""Quadratic bowl: the same curvature h in every direction; with n = 1 the parabola.

    f = ½ h ‖x - c‖²,   ∇f = h (x - c),   ∇²f = h I                    x (n,), h > 0, c one number
    minimum 0 at x = (c, …, c)

Source   LeCun, Bottou, Orr, Müller, Efficient backprop, 1998, section 5 (figure 6: the rates 1/h and 2/h).
Variant  none in use.
"""

import numpy as np

from .._arguments import number, positive, real
from .._arrays import Array
from ._critical import Critical, critical


def forward(x: Array, *, h: float = 1.0, c: float = 0.0) -> Array:
    """f, a scalar. Raises ValueError unless h > 0."""
    return 0.5 * positive("h", h) * np.sum((real("x", x, ndim=1) - number("c", c)) ** 2)


def backward(x: Array, g: Array, *, h: float = 1.0, c: float = 0.0) -> Array:
    """g ∇f, shaped like x."""
    return g * h * (x - c)


def hessian(x: Array, *, h: float = 1.0, c: float = 0.0) -> Array:
    """(n, n)."""
    return h * np.eye(x.size)


def points(*, h: float = 1.0, c: float = 0.0, n: int = 1) -> tuple[Critical, ...]:
    """Every critical point."""
    return (critical(np.full(n, float(c)), np.float64(0), "minimum"),)


def infimum(*, h: float = 1.0, c: float = 0.0) -> float:
    """The greatest lower bound of f."""
    return 0.0
