"""Ravine: a quadratic that bends far more steeply in some directions than in others.

    f = ½ Σ h_i x_i²,   ∇f = (h_i x_i),   ∇²f = diag(h)                x, h (n,), h_i > 0, κ = max h / min h
    minimum 0 at x = 0

Source   Sutton, Two problems with backpropagation and other steepest-descent learning procedures for networks, 1986.
         Polyak, Some methods of speeding up the convergence of iteration methods, 1964 (the rates in κ).
Variant  none in use.
"""

from collections.abc import Sequence

import numpy as np

from .._arguments import positive, real
from .._arrays import Array
from ._critical import Critical, critical

Curvatures = Sequence[float]


def curvatures(h: Curvatures, n: int) -> Array:
    """h as an array. Raises ValueError unless it holds n positive numbers."""
    found = np.array([positive("h", entry) for entry in h], dtype=np.float64)
    if found.shape != (n,):
        raise ValueError(f"h must hold {n} numbers, one for each entry of x, got {len(h)}")
    return found


def forward(x: Array, *, h: Curvatures = (1.0, 100.0)) -> Array:
    """f, a scalar. Raises ValueError unless h fits x."""
    return 0.5 * np.sum(curvatures(h, real("x", x, ndim=1).size) * x**2)


def backward(x: Array, g: Array, *, h: Curvatures = (1.0, 100.0)) -> Array:
    """g ∇f, shaped like x."""
    return g * (curvatures(h, x.size) * x)


def hessian(x: Array, *, h: Curvatures = (1.0, 100.0)) -> Array:
    """(n, n)."""
    return np.diag(curvatures(h, x.size))


def condition(*, h: Curvatures = (1.0, 100.0)) -> float:
    """κ, the ratio of the largest curvature to the smallest."""
    return float(np.max(h) / np.min(h))


def points(*, h: Curvatures = (1.0, 100.0)) -> tuple[Critical, ...]:
    """Every critical point."""
    return (critical(np.zeros(len(h)), np.float64(0), "minimum"),)


def infimum(*, h: Curvatures = (1.0, 100.0)) -> float:
    """The greatest lower bound of f."""
    return 0.0
