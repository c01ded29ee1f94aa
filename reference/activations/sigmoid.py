"""Sigmoid: squash any number into (0, 1).

    y = σ(x) = 1 / (1 + e^-x)                                    x, y, g of one shape
    ∂x = g y (1 - y)

σ is evaluated without overflow, for either sign of x, as e^min(x,0) / (1 + e^-|x|).

Source   Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, Nature 323, 1986, eq. 2.
Variant  `symmetric_backward`: the slope as σ(x) σ(-x). The usual one, from the output, has lost the digits of σ(-x) in
         1 - y, and is 0 for x > 37 where the slope is not.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array


def forward(x: Array) -> Array:
    """σ(x), entry by entry. Raises ValueError unless x is real float64."""
    return np.exp(np.minimum(real("x", x), 0.0)) / (1.0 + np.exp(-np.abs(x)))


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x, from the output."""
    y = forward(x)
    return g * y * (1.0 - y)


def symmetric_backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x, to full relative accuracy: g σ(x) σ(-x)."""
    return g * forward(x) * forward(-x)
