"""Xavier normal, or Glorot normal: the compromise between keeping signals and keeping gradients.

    w ~ N(0, σ²),   σ = gain √(2 / (n_in + n_out))               w (out, in, …)
    at gain 1 (n_in σ² + n_out σ²) / 2 = 1: both are kept only at n_in = n_out

Source   Glorot, Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, equation 12.
Variant  torch: as here. Keras, JAX: `truncated_draw`, cut at 2σ and widened by 1/0.8796. Early Keras 2:
         `early_keras_draw`, cut and not widened, 0.774 of the variance.
"""

from math import sqrt

import numpy as np

from .._arguments import number
from .._arrays import Array
from . import trunc_normal
from ._fans import fans


def scale(shape: tuple[int, ...], gain: float) -> float:
    """σ. Raises ValueError for fewer than two dimensions and unless gain is finite."""
    return float(number("gain", gain)) * sqrt(2 / sum(fans(shape)))


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Fresh weights."""
    return scale(shape, gain) * rng.standard_normal(shape)


def truncated_draw(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """The same variance from a normal law that is cut at two of its own σ."""
    return scale(shape, gain) * trunc_normal.standardized(shape, rng=rng)


def early_keras_draw(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """N(0, σ²) cut at 2σ: 0.774 of the variance."""
    return scale(shape, gain) * trunc_normal.draw(shape, rng=rng)
