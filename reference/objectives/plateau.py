"""Plateau: a narrow pit in a plain on which there is next to no gradient.

    f = 1 - e,   e = exp(-r²/(2w²)),   r = ‖x‖                                                     x (n,), w > 0
    ∇f = e x / w²,   ‖∇f‖ ≤ 1/(w √exp 1) with equality at r = w,   ∇²f = e (I/w² - x xᵀ/w⁴)
    minimum 0 at x = 0, f < 1

Source   Welsch, Dennis, Techniques for nonlinear least squares and robust regression, 1978 (this loss).
Variant  none in use.
"""

import numpy as np

from .._arguments import positive, real
from .._arrays import Array
from ._critical import Critical, critical


def forward(x: Array, *, w: float = 1.0) -> Array:
    """f, a scalar. Raises ValueError unless w > 0."""
    return -np.expm1(-np.sum(real("x", x, ndim=1) ** 2) / (2 * positive("w", w) ** 2))


def backward(x: Array, g: Array, *, w: float = 1.0) -> Array:
    """g ∇f, shaped like x."""
    return g * np.exp(-np.sum(x**2) / (2 * w**2)) * x / w**2


def hessian(x: Array, *, w: float = 1.0) -> Array:
    """(n, n)."""
    return np.exp(-np.sum(x**2) / (2 * w**2)) * (np.eye(x.size) - np.outer(x, x) / w**2) / w**2


def points(*, w: float = 1.0, n: int = 2) -> tuple[Critical, ...]:
    """Every critical point."""
    return (critical(np.zeros(n), np.float64(0), "minimum"),)


def infimum(*, w: float = 1.0) -> float:
    """The greatest lower bound of f."""
    return 0.0
