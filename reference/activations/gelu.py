"""GELU: weigh the input by the chance that a standard normal number lies below it.

    y = x Φ(x) = ½ x (1 + erf(x/√2))                             x, y, g of one shape
    ∂x = g (Φ(x) + x φ(x)),  φ(x) = e^(-x²/2) / √(2π)

Source   Hendrycks, Gimpel, Gaussian error linear units, 2016, section 2.
Variant  `tanh_forward`, the paper's approximation: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), off by at most 4.8e-4.
         torch and Keras have Φ unless asked for the other, JAX has the other unless asked for Φ.
"""

import math

import numpy as np

from .._arguments import real
from .._arrays import Array, erf

CUBIC = 0.044715


def forward(x: Array) -> Array:
    """x Φ(x), entry by entry. Raises ValueError unless x is real float64."""
    return x * _normal(x)


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x."""
    density = np.exp(-0.5 * np.square(x)) / math.sqrt(2 * math.pi)
    return g * (_normal(x) + x * density)


def _normal(x: Array) -> Array:
    """Φ, the distribution function of the standard normal law."""
    return 0.5 * (1.0 + erf(real("x", x) / math.sqrt(2)))


def tanh_forward(x: Array) -> Array:
    """½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³)."""
    return 0.5 * x * (1.0 + np.tanh(_argument(x)))


def tanh_backward(x: Array, g: Array) -> Array:
    """The gradient of `tanh_forward`: g (½ (1 + tanh u) + ½ x (1 - tanh² u) u')."""
    t = np.tanh(_argument(x))
    slope = math.sqrt(2 / math.pi) * (1.0 + 3 * CUBIC * np.square(x))
    return g * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - np.square(t)) * slope)


def _argument(x: Array) -> Array:
    return math.sqrt(2 / math.pi) * (real("x", x) + CUBIC * x**3)
