"""Mean subtraction: centre the data on the mean of the training set, per feature, per channel, or as a whole.

    μ = mean of x over the axes that are averaged      fitted once: axis 0 per feature (N, D) → (1, D),
    y = x - μ                                          (0, 1, 2) per channel (N, H, W, C) → (1, 1, 1, C), None: one μ

Source   LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, section 4.3; a mean image: Krizhevsky, Sutskever, Hinton,
         2012, section 2; a mean per channel: Simonyan, Zisserman, Very deep convolutional networks, 2015, section 2.1.
Variant  none in use. X = mean(X), which lecture notes print for X -= mean(X), leaves nothing but the mean.
"""

from typing import Any

import numpy as np

from .._arguments import real
from .._arrays import Array


def fit(x: Array, *, axis: Any = 0) -> Array:
    """μ over the given axes, which are kept with length 1; over all of them for None. Raises ValueError for no data."""
    if real("x", x, at_least_1d=True).size == 0:
        raise ValueError("x must hold at least one example, got none")
    return np.mean(x, axis=axis, keepdims=True)


def forward(x: Array, mean: Array) -> Array:
    """x less the mean of the training set."""
    return real("x", x) - mean


def backward(x: Array, mean: Array, g: Array) -> Array:
    """The gradient for x: g itself."""
    return g
