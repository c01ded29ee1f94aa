"""Cliff: a gentle slope with a wall in it, over which one step of descent flies far.

    f = ½ φ²,   φ = s x + d (σ(k (x - b)) - σ(-k b)),   f' = φ φ',   f'' = φ'² + φ φ''           x (1,)
    φ' = s + d k σσ̄,   φ'' = d k² σσ̄ (1 - 2σ),   σ, σ̄ at ±k (x - b)
    φ rises everywhere and is 0 at 0: the only critical point is the minimum 0 at x = 0; the wall stands at b

s: slope before the wall, d: its height in φ, k: how steep it is; all positive.

Source   Bengio, Simard, Frasconi, Learning long-term dependencies with gradient descent is difficult, 1994.
         Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks, 2013, section 2.3.
Variant  the pictured cliffs are the error of a recurrent net, without a formula; this one has a known minimum.
"""

import numpy as np

from .._arguments import number, positive, shaped
from .._arrays import Array
from ..activations import sigmoid
from ._critical import Critical, critical


def height(x: Array, *, s: float, d: float, k: float, b: float) -> Array:
    """φ, shaped like x. Raises ValueError unless s, d, k > 0."""
    shaped("x", x, (1,))
    positive("s", s), positive("d", d)
    wall = positive("k", k) * (x - number("b", b))
    foot = k * (np.zeros_like(x) - b)
    return s * x + d * (sigmoid.forward(wall) - sigmoid.forward(foot))


def slopes(x: Array, *, s: float, d: float, k: float, b: float) -> tuple[Array, Array]:
    """φ' and φ'', shaped like x."""
    above, below = sigmoid.forward(k * (x - b)), sigmoid.forward(-k * (x - b))
    return s + d * k * above * below, d * k**2 * above * below * (below - above)


def forward(x: Array, *, s: float = 0.1, d: float = 1.0, k: float = 20.0, b: float = 2.0) -> Array:
    """f, a scalar. Raises ValueError unless s, d, k > 0."""
    return 0.5 * np.sum(height(x, s=s, d=d, k=k, b=b) ** 2)


def backward(x: Array, g: Array, *, s: float = 0.1, d: float = 1.0, k: float = 20.0, b: float = 2.0) -> Array:
    """g f', shaped like x."""
    return g * height(x, s=s, d=d, k=k, b=b) * slopes(x, s=s, d=d, k=k, b=b)[0]


def hessian(x: Array, *, s: float = 0.1, d: float = 1.0, k: float = 20.0, b: float = 2.0) -> Array:
    """(1, 1)."""
    first, second = slopes(x, s=s, d=d, k=k, b=b)
    return np.reshape(first**2 + height(x, s=s, d=d, k=k, b=b) * second, (1, 1))


def points(*, s: float = 0.1, d: float = 1.0, k: float = 20.0, b: float = 2.0) -> tuple[Critical, ...]:
    """Every critical point."""
    return (critical(np.zeros(1), np.float64(0), "minimum"),)


def infimum(*, s: float = 0.1, d: float = 1.0, k: float = 20.0, b: float = 2.0) -> float:
    """The greatest lower bound of f."""
    return 0.0
