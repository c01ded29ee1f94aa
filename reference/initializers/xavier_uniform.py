"""Xavier uniform, or Glorot uniform: the normalized initialization, with the variance of Xavier normal.

    w ~ U(-b, b),   b = gain √(6 / (n_in + n_out)),   D w = b²/3 = gain² · 2 / (n_in + n_out)      w (out, in, …)

Source   Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, equation 16.
Variant  none in use.
"""

from math import sqrt

import numpy as np

from .._arguments import number
from .._arrays import Array
from ._fans import fans


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Fresh weights. Raises ValueError for fewer than two dimensions and unless gain is finite."""
    b = number("gain", gain) * sqrt(6 / sum(fans(shape)))
    return b * (2 * rng.random(shape) - 1)
