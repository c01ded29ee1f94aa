"""Kaiming uniform, or He uniform: the uniform law with the variance of Kaiming normal.

    w ~ U(-b, b),   b = √3 σ,   σ² = 2 / ((1 + a²) n)            w (out, in, …), n = n_in or n_out

Source   He, Zhang, Ren, Sun, Delving deep into rectifiers, 2015, equations 10, 14 and 15 (the variance).
Variant  torch: as here; its Linear and Conv call it with a = √5, which is U(±1/√n_in) and no ReLU's gain.
         Keras: HeUniform, a = 0, fan-in.
"""

from math import sqrt

import numpy as np

from .._arrays import Array
from .kaiming_normal import scale


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, a: float = 0.0, mode: str = "fan_in") -> Array:
    """Fresh weights; a is the slope of the activation on the negative side. Raises ValueError as `scale`."""
    b = sqrt(3) * scale(shape, a, mode)
    return b * (2 * rng.random(shape) - 1)
