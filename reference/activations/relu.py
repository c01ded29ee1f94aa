"""ReLU: keep what is positive, and nothing else.

    y = max(0, x)                                                x, y, g of one shape
    ∂x = g [x > 0]

Source   Nair, Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010.
Variant  the slope at the kink is 0, as torch, JAX and Keras have it; any number in [0, 1] is a subgradient.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array


def forward(x: Array) -> Array:
    """max(0, x), entry by entry. Raises ValueError unless x is real float64."""
    return np.maximum(real("x", x), 0.0)


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x; 0 where x = 0."""
    return np.where(real("x", x) > 0, g, 0.0)
