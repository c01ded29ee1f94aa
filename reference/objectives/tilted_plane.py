"""Tilted plane: the same slope everywhere, no curvature, and no end below.

    f = a·x + b,   ∇f = a,   ∇²f = 0                                   x, a (n,), b one number
    no critical point; f(x - t a) = f(x) - t ‖a‖²

Source   Goh, Why momentum really works, 2017 (momentum's terminal velocity on a constant slope).
Variant  none in use.
"""

import math
from collections.abc import Sequence

import numpy as np

from .._arguments import number, real
from .._arrays import Array
from ._critical import Critical


def slope(a: Sequence[float], x: Array) -> Array:
    """a as an array. Raises ValueError unless it has as many entries as x, not all zero."""
    found = np.array([number("a", entry) for entry in a], dtype=np.float64)
    if found.shape != real("x", x, ndim=1).shape or not found.any():
        raise ValueError(f"a must hold {x.size} numbers, not all zero, got {tuple(a)}")
    return found


def forward(x: Array, *, a: Sequence[float], b: float = 0.0) -> Array:
    """f, a scalar. Raises ValueError unless a has the shape of x and is not zero."""
    return np.sum(slope(a, x) * x) + number("b", b)


def backward(x: Array, g: Array, *, a: Sequence[float], b: float = 0.0) -> Array:
    """g ∇f, shaped like x."""
    return g * slope(a, x)


def hessian(x: Array, *, a: Sequence[float], b: float = 0.0) -> Array:
    """(n, n)."""
    return np.zeros((x.size, x.size))


def points(*, a: Sequence[float], b: float = 0.0, n: int = 2) -> tuple[Critical, ...]:
    """There is no critical point."""
    return ()


def infimum(*, a: Sequence[float], b: float = 0.0) -> float:
    """The greatest lower bound of f."""
    return -math.inf
