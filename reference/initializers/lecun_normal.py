"""LeCun normal, or fan-in initialization: variance 1/n, so that a linear layer keeps the variance of its input.

    w ~ N(0, 1/n)                                                w (out, in, …), n = n_in or n_out
    n_in D(w) = 1  ⇒ D(x_{d+1}) = D(x_d);   n_out D(w) = 1  ⇒ the same for the gradients

Source   LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, section 4.6, equation 16.
Variant  Keras, JAX: `truncated_draw`, cut at two σ and widened to keep the variance. Often miscalled Xavier.
"""

from math import sqrt

import numpy as np

from .._arrays import Array
from . import trunc_normal
from ._fans import fan


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, mode: str = "fan_in") -> Array:
    """Fresh weights. Raises ValueError for fewer than two dimensions or an unknown mode."""
    return rng.standard_normal(shape) / sqrt(fan(shape, mode))


def truncated_draw(shape: tuple[int, ...], *, rng: np.random.Generator, mode: str = "fan_in") -> Array:
    """The same variance from a normal law that is cut at two of its own σ."""
    return trunc_normal.standardized(shape, rng=rng) / sqrt(fan(shape, mode))
