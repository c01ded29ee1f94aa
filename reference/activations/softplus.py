"""Softplus: the smooth ReLU, whose slope is the sigmoid.

    y = ln(1 + e^(βx)) / β = max(x, 0) + ln(1 + e^-β|x|) / β     x, y, g of one shape; β > 0
    ∂x = g σ(βx)

Source   Dugas, Bengio, Bélisle, Nadeau, Garcia, Incorporating second-order functional knowledge for better option
         pricing, NIPS 2000.
Variant  torch: `thresholded_forward`, x itself where βx > 20; this is ln(1 + e^-20)/β ≤ 2.1e-9/β too small, and slopes
         are 1 where σ is as much below 1. JAX, Keras, TensorFlow: as here, β = 1.
"""

import numpy as np

from .._arguments import number, positive, real
from .._arrays import Array
from . import sigmoid


def forward(x: Array, *, beta: float = 1.0) -> Array:
    """Softplus, entry by entry. Raises ValueError unless x is real float64 and β positive."""
    z = positive("beta", beta) * np.abs(real("x", x))
    return np.maximum(x, 0.0) + np.log1p(np.exp(-z)) / beta


def backward(x: Array, g: Array, *, beta: float = 1.0) -> Array:
    """The gradient with respect to x."""
    return g * sigmoid.forward(positive("beta", beta) * real("x", x))


def thresholded_forward(x: Array, *, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """x itself where βx > threshold, softplus elsewhere."""
    return np.where(beta * x > number("threshold", threshold), x, forward(x, beta=beta))


def thresholded_backward(x: Array, g: Array, *, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """The slope of the thresholded form: 1 where βx > threshold."""
    return np.where(beta * x > number("threshold", threshold), g, backward(x, g, beta=beta))
