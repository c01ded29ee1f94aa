"""Two minima: local descent from the wrong side of the hill leads away from the better one.

    f' = u (u - p) (u - q),   u = x - m,   p = -left < 0 < q = right                              x (1,)
    f = ¼ u⁴ - ⅓ (p + q) u³ + ½ p q u²,   f'' = 3u² - 2 (p + q) u + p q
    minima p³ (2q - p)/12 at m + p and q³ (2p - q)/12 at m + q, the farther one lower; local maximum 0 at m

Source   Goodfellow, Bengio, Courville, Deep learning, 2016, section 8.2.7, figure 8.4.
Variant  that figure's function has no local minimum and is not given; here the hill keeps descent from the better one.
"""

import numpy as np

from .._arguments import number, positive, shaped
from .._arrays import Array
from ._critical import Critical, critical


def forward(x: Array, *, left: float = 2.0, right: float = 1.0, m: float = 0.0) -> Array:
    """f, a scalar. Raises ValueError unless left, right > 0."""
    p, q, u = -positive("left", left), positive("right", right), shaped("x", x, (1,)) - number("m", m)
    return np.sum(u**2 * (u * (u / 4 - (p + q) / 3) + p * q / 2))


def backward(x: Array, g: Array, *, left: float = 2.0, right: float = 1.0, m: float = 0.0) -> Array:
    """g f', shaped like x."""
    u = x - m
    return g * u * (u + left) * (u - right)


def hessian(x: Array, *, left: float = 2.0, right: float = 1.0, m: float = 0.0) -> Array:
    """(1, 1)."""
    u = np.reshape(x - m, (1, 1))
    return 3 * u**2 - 2 * (right - left) * u - left * right


def points(*, left: float = 2.0, right: float = 1.0, m: float = 0.0) -> tuple[Critical, ...]:
    """Both minima, from left to right, and the hill between them; equally deep ones are both `minimum`."""
    p, q = -left, right
    depths = np.array([p**3 * (2 * q - p) / 12, q**3 * (2 * p - q) / 12])
    kinds = ["minimum" if depth == depths.min() else "local minimum" for depth in depths]
    return (critical(np.array([m + p]), depths[0], kinds[0]), critical(np.array([m + q]), depths[1], kinds[1]),
            critical(np.array([float(m)]), np.float64(0), "local maximum"))


def infimum(*, left: float = 2.0, right: float = 1.0, m: float = 0.0) -> float:
    """The greatest lower bound of f."""
    return min(point.value for point in points(left=left, right=right, m=m))
