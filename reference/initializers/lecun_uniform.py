"""LeCun uniform: as LeCun normal, from the uniform law of variance 1/n.

    w ~ U(-b, b),   b = √(3/n),   D w = b²/3 = 1/n               w (out, in, …), n = n_in or n_out

Source   LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, section 4.6, equation 16.
Variant  Keras: as here. torch's Linear and Conv: `linear_draw`, b = 1/√n_in, a third of the variance.
"""

from math import sqrt

import numpy as np

from .._arrays import Array
from ._fans import fan


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, mode: str = "fan_in") -> Array:
    """Fresh weights. Raises ValueError for fewer than two dimensions or an unknown mode."""
    b = sqrt(3 / fan(shape, mode))
    return b * (2 * rng.random(shape) - 1)


def linear_draw(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """U(-1/√n_in, 1/√n_in): variance 1/(3 n_in), what torch's layers start from."""
    return (2 * rng.random(shape) - 1) / sqrt(fan(shape, "fan_in"))
