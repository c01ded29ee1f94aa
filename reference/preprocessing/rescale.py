"""Rescaling: bring every feature into [0, 1] or [-1, 1] by the range that it has in the training set.

    low_j = min_n x_nj,  high_j = max_n x_nj           x (N, D), fitted once; y of x's shape
    y_j = a + (b - a) (x_j - low_j) / (high_j - low_j)  into [a, b] = [0, 1] or [-1, 1]
    y_j = a  where low_j = high_j and x_j = low_j       the divisor is then 1
    bytes: y = x / 255 in [0, 1],  y = x / 127.5 - 1 in [-1, 1]

Source   LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, section 4.3, for why inputs of one scale are wanted;
         scikit-learn, MinMaxScaler, for constant features.
Variant  `shifted_forward`: scikit-learn's MinMaxScaler, which applies one gain and one shift; it is off by up to
         2u |x| / (high - low) where the definition is exact. What lies outside the range leaves [a, b]: no clipping.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import number, real
from .._arrays import Array


class Range(NamedTuple):
    """The least and the largest value of each feature: (D)."""

    low: Array
    high: Array


def fit(x: Array) -> Range:
    """The ranges in a training set x (N, D), N ≥ 1. Raises ValueError for an empty one."""
    if real("x", x, at_least_1d=True).shape[0] == 0:
        raise ValueError("x must hold at least one example, got none")
    return Range(np.min(x, axis=0), np.max(x, axis=0))


def scale(fitted: Range, a: float, b: float) -> Array:
    """(b - a) / (high - low), or b - a for a constant feature. Raises ValueError unless a < b."""
    if not number("a", a) < number("b", b):
        raise ValueError(f"a must lie below b, got {a} and {b}")
    width = fitted.high - fitted.low
    return (b - a) / np.where(width > 0, width, 1.0)


def forward(x: Array, fitted: Range, *, a: float = 0.0, b: float = 1.0) -> Array:
    """x (N, D) by the ranges of the training set."""
    return a + (real("x", x) - fitted.low) * scale(fitted, a, b)


def shifted_forward(x: Array, fitted: Range, *, a: float = 0.0, b: float = 1.0) -> Array:
    """The same as x · gain + (a - low · gain)."""
    gain = scale(fitted, a, b)
    return real("x", x) * gain + (a - fitted.low * gain)


def of_itself(x: Array) -> Array:
    """What a training set becomes in [0, 1]: x by its own ranges."""
    return forward(x, fit(x))


def shifted_of_itself(x: Array) -> Array:
    """The same by `shifted_forward`."""
    return shifted_forward(x, fit(x))


def backward(x: Array, fitted: Range, g: Array, *, a: float = 0.0, b: float = 1.0) -> Array:
    """The gradient for x."""
    return g * scale(fitted, a, b)


def unit_bytes(x: Array) -> Array:
    """Bytes 0 … 255, any shape, into [0, 1]."""
    return np.asarray(x, dtype=np.float64) / 255


def signed_bytes(x: Array) -> Array:
    """Bytes 0 … 255, any shape, into [-1, 1]."""
    return np.asarray(x, dtype=np.float64) / 127.5 - 1
