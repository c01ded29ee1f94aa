"""Random normal: independent entries from N(μ, σ²).

    w ~ N(μ, σ²)                                                 w of any shape; σ is a standard deviation

Source   Goodfellow, Bengio, Courville, Deep learning, 2016, section 8.4.
Variant  torch: `normal_`, μ = 0, σ = 1. Keras: RandomNormal, σ = 0.05.
"""

import numpy as np

from .._arguments import at_least, number
from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, mean: float = 0.0, std: float = 1.0) -> Array:
    """A fresh array. Raises ValueError unless mean is finite and std at least 0."""
    return number("mean", mean) + at_least("std", std, 0) * rng.standard_normal(sizes(shape))
