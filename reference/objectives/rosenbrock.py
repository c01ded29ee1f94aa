"""Rosenbrock's function: a curved valley, easy to find and slow to follow.

    f = Σ_{i<n} b (x_{i+1} - x_i²)² + (1 - x_i)²                                                x (n,), n ≥ 2, b > 0
    ∂_i = [i<n] (-4 b x_i (x_{i+1} - x_i²) - 2 (1 - x_i)) + [i>1] 2 b (x_i - x_{i-1}²)
    ∂²_ii = [i<n] (12 b x_i² - 4 b x_{i+1} + 2) + [i>1] 2 b,   ∂²_{i,i+1} = -4 b x_i
    minimum 0 at x = (1, …, 1)

Source   Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960.
Variant  for n > 2 either this chain or a sum over disjoint pairs.
"""

import numpy as np

from .._arguments import positive, real
from .._arrays import Array
from ._critical import Critical, critical


def _checked(x: Array) -> Array:
    if real("x", x, ndim=1).size < 2:
        raise ValueError(f"x must have at least 2 entries, got shape {x.shape}")
    return x


def forward(x: Array, *, b: float = 100.0) -> Array:
    """f, a scalar. Raises ValueError for n < 2 or b ≤ 0."""
    rise = _checked(x)[1:] - x[:-1] ** 2
    return np.sum(positive("b", b) * rise**2 + (1 - x[:-1]) ** 2)


def backward(x: Array, g: Array, *, b: float = 100.0) -> Array:
    """g ∇f, shaped like x."""
    rise = _checked(x)[1:] - x[:-1] ** 2
    none = np.zeros(1)
    first = np.concatenate([-4 * b * x[:-1] * rise - 2 * (1 - x[:-1]), none])
    return g * (first + np.concatenate([none, 2 * b * rise]))


def hessian(x: Array, *, b: float = 100.0) -> Array:
    """(n, n)."""
    bend = np.append(12 * b * x[:-1] ** 2 - 4 * b * x[1:] + 2, 0.0) + 2 * b * (np.arange(x.size) > 0)
    beside = np.diag(-4 * b * x[:-1], 1)
    return np.diag(bend) + beside + beside.T


def points(*, b: float = 100.0, n: int = 2) -> tuple[Critical, ...]:
    """The minimum; for n ≥ 4 there is a local one besides, without a closed form."""
    return (critical(np.ones(n), np.float64(0), "minimum"),)


def infimum(*, b: float = 100.0) -> float:
    """The greatest lower bound of f."""
    return 0.0
