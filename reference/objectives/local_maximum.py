"""Local maximum: a hill in the middle of a round valley, no gradient on its top.

    f = ¼ q r⁴ - ½ h r²,   r = ‖x‖,   ∇f = (q r² - h) x,   ∇²f = (q r² - h) I + 2 q x xᵀ           x (n,), q, h > 0
    local maximum 0 at x = 0; minimum -h²/(4q) wherever r² = h/q

Source   Strogatz, Nonlinear dynamics and chaos, 1994, section 3.4 (the supercritical pitchfork's potential).
Variant  none in use.
"""

import numpy as np

from .._arguments import positive, real
from .._arrays import Array
from ._critical import Critical, critical


def forward(x: Array, *, q: float = 1.0, h: float = 1.0) -> Array:
    """f, a scalar. Raises ValueError unless q, h > 0."""
    square = np.sum(real("x", x, ndim=1) ** 2)
    return (0.25 * positive("q", q) * square - 0.5 * positive("h", h)) * square


def backward(x: Array, g: Array, *, q: float = 1.0, h: float = 1.0) -> Array:
    """g ∇f, shaped like x."""
    return g * (q * np.sum(x**2) - h) * x


def hessian(x: Array, *, q: float = 1.0, h: float = 1.0) -> Array:
    """(n, n)."""
    return (q * np.sum(x**2) - h) * np.eye(x.size) + 2 * q * np.outer(x, x)


def points(*, q: float = 1.0, h: float = 1.0, n: int = 2) -> tuple[Critical, ...]:
    """The hill's top, and both points of the valley on the first axis."""
    rim = np.eye(n)[0] * np.sqrt(h / q)
    floor = np.float64(infimum(q=q, h=h))
    return (critical(np.zeros(n), np.float64(0), "local maximum"), critical(rim, floor, "minimum"),
            critical(-rim, floor, "minimum"))


def infimum(*, q: float = 1.0, h: float = 1.0) -> float:
    """The greatest lower bound of f."""
    return -(h**2) / (4 * q)
