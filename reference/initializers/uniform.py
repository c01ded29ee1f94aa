"""Random uniform: independent entries from U(a, b).

    w ~ U(a, b),   E w = (a + b) / 2,   D w = (b - a)² / 12      w of any shape

Source   Goodfellow, Bengio, Courville, Deep learning, 2016, section 8.4.
Variant  torch: `uniform_`, [0, 1). Keras: RandomUniform, [-0.05, 0.05).
"""

import numpy as np

from .._arguments import at_least, number
from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, a: float = 0.0, b: float = 1.0) -> Array:
    """A fresh array. Raises ValueError unless a and b are finite and a ≤ b."""
    return number("a", a) + (at_least("b", b, a) - a) * rng.random(sizes(shape))
