"""Ones: every entry is 1.

    w = 1                                                        w of any shape

Source   Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 5.1 (γ of batch norm).
Variant  none in use.
"""

import numpy as np

from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """The array; nothing is drawn from rng. Raises ValueError for a shape that is none."""
    return np.ones(sizes(shape))
