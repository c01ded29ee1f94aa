"""Leaky ReLU: let a small share of what is negative through.

    y = x if x > 0, else a x                                     x, y, g of one shape; a the leak
    ∂x = g if x > 0, else a g

Source   Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013 workshop.
Variant  a = 0.01 in the paper, torch and JAX; 0.2 in TensorFlow and Keras 3's function, 0.3 in Keras' layer.
         The slope at 0 is the leak, as in torch; JAX, which asks x ≥ 0, has 1 there.
"""

import numpy as np

from .._arguments import number, real
from .._arrays import Array


def forward(x: Array, *, a: float = 0.01) -> Array:
    """Leaky ReLU, entry by entry. Raises ValueError unless x is real float64 and a finite."""
    return np.where(real("x", x) > 0, x, number("a", a) * x)


def backward(x: Array, g: Array, *, a: float = 0.01) -> Array:
    """The gradient with respect to x; a g where x = 0."""
    return np.where(real("x", x) > 0, g, number("a", a) * g)
