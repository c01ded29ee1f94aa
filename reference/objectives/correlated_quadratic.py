"""Correlated quadratic: what least squares sees when its inputs correlate; one long axis along (1, …, 1).

    f = ½ (x - c)ᵀ H (x - c),   H = (1 - ρ) I + ρ 1 1ᵀ,   ∇f = H (x - c),   ∇²f = H         x (n,), -1/(n-1) < ρ < 1
    eigenvalues of H: 1 + (n - 1) ρ along 1, and 1 - ρ across it, n - 1 times; minimum 0 at x = (c, …, c)

Source   LeCun, Bottou, Orr, Müller, Efficient backprop, 1998, sections 4.3 and 5.
Variant  none in use.
"""

import numpy as np

from .._arguments import number, real
from .._arrays import Array
from ._critical import Critical, critical


def _checked(rho: float, n: int) -> float:
    lowest = -1 / (n - 1) if n > 1 else -1.0
    if not lowest < number("rho", rho) < 1:
        raise ValueError(f"rho must lie strictly between {lowest:g} and 1 for n = {n}, got {rho!r}")
    return rho


def forward(x: Array, *, rho: float = 0.9, c: float = 0.0) -> Array:
    """f, a scalar. Raises ValueError unless H is positive definite."""
    d = real("x", x, ndim=1) - number("c", c)
    return 0.5 * ((1 - _checked(rho, x.size)) * np.sum(d**2) + rho * np.sum(d) ** 2)


def backward(x: Array, g: Array, *, rho: float = 0.9, c: float = 0.0) -> Array:
    """g ∇f, shaped like x."""
    d = x - c
    return g * ((1 - rho) * d + rho * np.sum(d))


def hessian(x: Array, *, rho: float = 0.9, c: float = 0.0) -> Array:
    """(n, n)."""
    return (1 - rho) * np.eye(x.size) + rho


def eigenvalues(*, rho: float = 0.9, n: int = 2) -> Array:
    """Those of H, in order."""
    return np.sort(np.append(np.full(n - 1, 1 - _checked(rho, n)), 1 + (n - 1) * rho))


def points(*, rho: float = 0.9, c: float = 0.0, n: int = 2) -> tuple[Critical, ...]:
    """Every critical point."""
    return (critical(np.full(n, float(c)), np.float64(0), "minimum"),)


def infimum(*, rho: float = 0.9, c: float = 0.0) -> float:
    """The greatest lower bound of f."""
    return 0.0
