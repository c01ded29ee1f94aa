"""Kaiming normal, or He normal: twice LeCun's variance, because a ReLU lets half of the second moment through.

    w ~ N(0, σ²),   σ² = 2 / ((1 + a²) n)                        w (out, in, …), n = n_in or n_out
    φ(s) = max(s, 0) + a min(s, 0)  ⇒  E φ(s)² = (1 + a²)/2 D(s) for symmetric s: E x² is kept in the mean over nets

Source   He, Zhang, Ren, Sun, Delving deep into rectifiers, 2015, equations 10 and 14; leak: equation 15.
Variant  torch: as here. Keras: HeNormal, cut at 2σ and widened, a = 0, fan-in.
"""

from math import sqrt

import numpy as np

from .._arguments import number
from .._arrays import Array
from ._fans import fan


def scale(shape: tuple[int, ...], a: float, mode: str) -> float:
    """σ. Raises ValueError for fewer than two dimensions, an unknown mode, and unless a is finite."""
    return sqrt(2 / ((1 + float(number("a", a)) ** 2) * fan(shape, mode)))


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, a: float = 0.0, mode: str = "fan_in") -> Array:
    """Fresh weights; a is the slope of the activation on the negative side."""
    return scale(shape, a, mode) * rng.standard_normal(shape)
