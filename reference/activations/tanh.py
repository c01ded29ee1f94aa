"""Hyperbolic tangent: squash any number into (-1, 1).

    y = tanh x = (e^x - e^-x) / (e^x + e^-x)                     x, y, g of one shape
    ∂x = g (1 - y²)

Source   LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, section 4.4.
Variant  none in use; LeCun's own 1.7159 tanh(2x/3) is a scaling of it. The slope, from the output, is 0 in floats where
         |x| > 19.1: 1 - y² there is below half a unit in the last place of 1.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array


def forward(x: Array) -> Array:
    """tanh x, entry by entry. Raises ValueError unless x is real float64."""
    return np.tanh(real("x", x))


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x."""
    return g * (1.0 - np.square(forward(x)))
