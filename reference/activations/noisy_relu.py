"""Noisy ReLU: rectify the input plus Gaussian noise whose variance is the sigmoid of the input.

    z ~ N(0, 1)                                                  x, y, z, g of one shape
    y = max(0, x + s z),  s = √σ(x)
    ∂x = g [x + s z > 0] (1 + s' z),  s' = ½ s σ(-x)

    E y  = x Φ(x/s) + s φ(x/s)        E y² = (x² + s²) Φ(x/s) + x s φ(x/s)

Source   Nair, Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010, section 2.
Variant  `wide_forward`: σ(x) taken for the standard deviation, s = σ(x), s' = σ(x) σ(-x). `fixed_noise_backward`: the
         noise taken for a constant, as in the paper's training, ∂x = g [x + s z > 0].
"""

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array
from . import sigmoid


def draw(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """The noise z for an input of that shape."""
    return rng.standard_normal(shape)


def scale(x: Array) -> Array:
    """The standard deviation s = √σ(x) of the noise."""
    return np.sqrt(sigmoid.forward(x))


def forward(x: Array, z: Array) -> Array:
    """max(0, x + s z) for drawn noise. Raises ValueError unless z is shaped like x."""
    return np.maximum(real("x", x) + scale(x) * shaped("z", z, x.shape), 0.0)


def backward(x: Array, z: Array, g: Array) -> Array:
    """The gradient with respect to x along the path of the noise: s depends on x too."""
    slope = 1.0 + 0.5 * scale(x) * sigmoid.forward(-x) * z
    return np.where(x + scale(x) * shaped("z", z, x.shape) > 0, g * slope, 0.0)


def fixed_noise_backward(x: Array, z: Array, g: Array) -> Array:
    """The gradient with respect to x where s z is taken for a constant."""
    return np.where(real("x", x) + scale(x) * shaped("z", z, x.shape) > 0, g, 0.0)


def wide_forward(x: Array, z: Array) -> Array:
    """max(0, x + σ(x) z): the sigmoid taken for the standard deviation."""
    return np.maximum(real("x", x) + sigmoid.forward(x) * shaped("z", z, x.shape), 0.0)


def wide_backward(x: Array, z: Array, g: Array) -> Array:
    """The gradient of `wide_forward` with respect to x, along the path of the noise."""
    s = sigmoid.forward(real("x", x))
    return np.where(x + s * shaped("z", z, x.shape) > 0, g * (1.0 + s * sigmoid.forward(-x) * z), 0.0)
