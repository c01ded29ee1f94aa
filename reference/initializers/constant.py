"""Constant: every entry is one value, so that the units of a layer start equal and stay equal.

    w = c                                                        w of any shape

Source   Goodfellow, Bengio, Courville, Deep learning, 2016, section 8.4 (units that start equal are updated equally;
         small constants are for biases).
Variant  torch: `constant_(tensor, val)`. Keras: Constant(value=0).
"""

import numpy as np

from .._arguments import number
from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, value: float) -> Array:
    """The array; nothing is drawn from rng. Raises ValueError unless value is finite."""
    return np.full(sizes(shape), float(number("value", value)))
