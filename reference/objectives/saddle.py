"""Saddle: a valley along one axis and a ridge along the other; no gradient where they cross.

    f = ½ (a x₁² - b x₂²),   ∇f = (a x₁, -b x₂),   ∇²f = diag(a, -b)                       x (2,), a, b > 0
    saddle at x = 0; no end below along x₂; descent from x₂ = 0 stays there

Source   Dauphin et al., Identifying and attacking the saddle point problem in high-dimensional non-convex
         optimization, 2014, section 3.
Variant  none in use.
"""

import math

import numpy as np

from .._arguments import positive, shaped
from .._arrays import Array
from ._critical import Critical, critical


def forward(x: Array, *, a: float = 1.0, b: float = 1.0) -> Array:
    """f, a scalar. Raises ValueError unless a, b > 0."""
    shaped("x", x, (2,))
    return 0.5 * (positive("a", a) * x[0] ** 2 - positive("b", b) * x[1] ** 2)


def backward(x: Array, g: Array, *, a: float = 1.0, b: float = 1.0) -> Array:
    """g ∇f, shaped like x."""
    return g * np.stack([a * x[0], -b * x[1]])


def hessian(x: Array, *, a: float = 1.0, b: float = 1.0) -> Array:
    """(2, 2)."""
    return np.diag([a, -b])


def points(*, a: float = 1.0, b: float = 1.0) -> tuple[Critical, ...]:
    """Every critical point."""
    return (critical(np.zeros(2), np.float64(0), "saddle"),)


def infimum(*, a: float = 1.0, b: float = 1.0) -> float:
    """The greatest lower bound of f."""
    return -math.inf
