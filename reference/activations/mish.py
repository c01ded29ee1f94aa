"""Mish: the input weighed by the tanh of its softplus.

    y = x tanh(softplus(x))                                      x, y, g of one shape
    ∂x = g (t + x (1 - t²) σ(x)),  t = tanh(softplus(x))

Source   Misra, Mish: a self regularized non-monotonic activation function, BMVC 2020.
Variant  none in use; what torch's softplus cuts off at 20 does not enter its Mish.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array
from . import sigmoid, softplus


def forward(x: Array) -> Array:
    """Mish, entry by entry. Raises ValueError unless x is real float64."""
    return real("x", x) * np.tanh(softplus.forward(x))


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x."""
    t = np.tanh(softplus.forward(x))
    return g * (t + x * (1.0 - np.square(t)) * sigmoid.forward(x))
