"""Zeros: every entry is 0.

    w = 0                                                        w of any shape

Source   Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, 1986 (small random weights
         instead, to break the symmetry of units that start equal).
Variant  none in use. Biases start here in Keras; in torch those of norms do.
"""

import numpy as np

from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """The array; nothing is drawn from rng. Raises ValueError for a shape that is none."""
    return np.zeros(sizes(shape))
