"""Rastrigin's function: a bowl covered with dents, one at about every whole point.

    f = Σ x_i² + a (1 - cos 2πx_i),   ∂_i = 2x_i + 2πa sin 2πx_i,   ∇²f = diag(2 + 4π²a cos 2πx_i)        x (n,), a > 0
    minimum 0 at x = 0; f = ‖x‖² at whole points

Source   Rastrigin, Systems of extremal control, 1974 (n = 2).
         Mühlenbein, Schomisch, Born, The parallel genetic algorithm as function optimizer, 1991 (any n, a = 10).
Variant  none in use.
"""

import numpy as np

from .._arguments import positive, real
from .._arrays import Array
from ._critical import Critical, critical


def forward(x: Array, *, a: float = 10.0) -> Array:
    """f, a scalar. Raises ValueError unless a > 0."""
    return np.sum(real("x", x, ndim=1) ** 2 + positive("a", a) * 2 * np.sin(np.pi * x) ** 2)


def backward(x: Array, g: Array, *, a: float = 10.0) -> Array:
    """g ∇f, shaped like x."""
    return g * (2 * x + 2 * np.pi * a * np.sin(2 * np.pi * x))


def hessian(x: Array, *, a: float = 10.0) -> Array:
    """(n, n)."""
    return np.diag(2 + 4 * np.pi**2 * a * np.cos(2 * np.pi * x))


def points(*, a: float = 10.0, n: int = 2) -> tuple[Critical, ...]:
    """The minimum; the others have no closed form."""
    return (critical(np.zeros(n), np.float64(0), "minimum"),)


def infimum(*, a: float = 10.0) -> float:
    """The greatest lower bound of f."""
    return 0.0
