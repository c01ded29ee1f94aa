"""Beale's function: flat around its minimum, steep at the corners, and a saddle where descent likes to start.

    f = Σ_{i=1..3} r_i²,   r_i = c_i - x₁ (1 - x₂^i),   c = (1.5, 2.25, 2.625)                                  x (2,)
    ∇f = 2 Σ r_i J_i,   J_i = (x₂^i - 1, i x₁ x₂^{i-1})
    ∇²f = 2 Σ J_i J_iᵀ + r_i [[0, i x₂^{i-1}], [i x₂^{i-1}, i (i - 1) x₁ x₂^{i-2}]]
    minimum 0 at (3, ½); saddle 14.203125 at (0, 1)

Source   Beale, On an iterative method for finding a local minimum of a function of more than one variable, 1958.
         Moré, Garbow, Hillstrom, Testing unconstrained optimization software, 1981, problem 5.
Variant  none in use.
"""

import numpy as np

from .._arguments import shaped
from .._arrays import Array
from ._critical import Critical, critical

TARGETS = (1.5, 2.25, 2.625)


def _parts(x: Array) -> list[tuple[Array, tuple[Array, Array], Array, Array]]:
    """r_i, J_i, and the second derivatives ∂₁∂₂ r_i and ∂₂² r_i."""
    a, b = x[0], x[1]
    one = np.ones_like(b)
    powers = (one, b, b**2, b**3)
    return [(c - a * (1 - powers[i]), (powers[i] - 1, i * a * powers[i - 1]), i * powers[i - 1],
             i * (i - 1) * a * powers[max(i - 2, 0)]) for i, c in enumerate(TARGETS, 1)]


def forward(x: Array) -> Array:
    """f, a scalar. Raises ValueError unless x has two entries."""
    r = [part[0] for part in _parts(shaped("x", x, (2,)))]
    return r[0] ** 2 + r[1] ** 2 + r[2] ** 2


def backward(x: Array, g: Array) -> Array:
    """g ∇f, shaped like x."""
    parts = _parts(x)
    return g * 2 * np.stack([sum(r * slope[axis] for r, slope, _, _ in parts) for axis in (0, 1)])


def hessian(x: Array) -> Array:
    """(2, 2)."""
    return 2 * sum((np.outer(slope, slope) + r * np.array([[0.0, mixed], [mixed, bend]])
                    for r, slope, mixed, bend in _parts(x)), start=np.zeros((2, 2)))


def points() -> tuple[Critical, ...]:
    """The minimum and the saddle."""
    return (critical(np.array([3.0, 0.5]), np.float64(0), "minimum"),
            critical(np.array([0.0, 1.0]), np.float64(14.203125), "saddle"))


def infimum() -> float:
    """The greatest lower bound of f."""
    return 0.0
