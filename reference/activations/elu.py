"""ELU: the identity above zero, and below it an exponential that saturates at -α.

    y = x if x > 0, else α (e^x - 1)                             x, y, g of one shape
    ∂x = g if x > 0, else g α e^x

Source   Clevert, Unterthiner, Hochreiter, Fast and accurate deep network learning by exponential linear units, ICLR
         2016.
Variant  α = 1 in torch, JAX and Keras. The slope at 0 is α, as in torch and the paper.
"""

import numpy as np

from .._arguments import number, real
from .._arrays import Array


def forward(x: Array, *, alpha: float = 1.0) -> Array:
    """ELU, entry by entry. Raises ValueError unless x is real float64 and α finite."""
    return np.where(real("x", x) > 0, x, number("alpha", alpha) * np.expm1(np.minimum(x, 0.0)))


def backward(x: Array, g: Array, *, alpha: float = 1.0) -> Array:
    """The gradient with respect to x."""
    return np.where(real("x", x) > 0, g, g * (number("alpha", alpha) * np.exp(np.minimum(x, 0.0))))
