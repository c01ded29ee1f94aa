"""Long valley: steep walls, and a floor that falls gently and ever more evenly towards the minimum.

    f = s (√(1 + x₁²) - 1) + ½ h x₂²,   ∇f = (s x₁ / √(1 + x₁²), h x₂)                     x (2,), s, h > 0
    ∇²f = diag(s / (1 + x₁²)^{3/2}, h)                                    minimum 0 at x = 0

Far out the floor has the slope s and next to no curvature: Newton's step is far too long there.

Source   Charbonnier et al., Two deterministic half-quadratic regularization algorithms, 1994 (√(1 + x²), along the
         floor); the lectures for the picture.
Variant  the animations of optimizers that show a long valley do not give its formula.
"""

import numpy as np

from .._arguments import positive, shaped
from .._arrays import Array
from ._critical import Critical, critical


def forward(x: Array, *, s: float = 1.0, h: float = 100.0) -> Array:
    """f, a scalar. Raises ValueError unless s, h > 0."""
    shaped("x", x, (2,))
    length = np.sqrt(1 + x[0] ** 2)
    return positive("s", s) * (x[0] ** 2 / (length + 1)) + 0.5 * positive("h", h) * x[1] ** 2


def backward(x: Array, g: Array, *, s: float = 1.0, h: float = 100.0) -> Array:
    """g ∇f, shaped like x."""
    return g * np.stack([s * x[0] / np.sqrt(1 + x[0] ** 2), h * x[1]])


def hessian(x: Array, *, s: float = 1.0, h: float = 100.0) -> Array:
    """(2, 2)."""
    return np.diag([s / (1 + x[0] ** 2) ** 1.5, h])


def points(*, s: float = 1.0, h: float = 100.0) -> tuple[Critical, ...]:
    """Every critical point."""
    return (critical(np.zeros(2), np.float64(0), "minimum"),)


def infimum(*, s: float = 1.0, h: float = 100.0) -> float:
    """The greatest lower bound of f."""
    return 0.0
