"""Squared error: the squared distance of predictions y from targets t, in its three customary scales.

    forward       L = Σ (t - y)²          ∂L/∂y = 2 (y - t)              y, t of one shape with n entries
    half_forward  L = ½ Σ (t - y)²        ∂L/∂y = y - t
    mean_forward  L = 1/n Σ (t - y)²      ∂L/∂y = 2 (y - t) / n
    each_forward  L = (t - y)², entry by entry

Source   Bishop, Pattern recognition and machine learning, 2006, equation 1.2 (half); the lectures (sum and mean).
Variant  torch, Keras, scikit-learn: the mean; torch's `sum` is the sum without the half. The gradient y - t belongs to
         the half: with Σ (t - y)² it lacks a factor 2, and for t - y in its place the sign too.
"""

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array
from . import _reductions


def _difference(y: Array, t: Array) -> Array:
    real("y", y)
    real("t", t)
    shaped("t", t, y.shape)
    return y - t


def each_forward(y: Array, t: Array) -> Array:
    """(t - y)², shaped like y. Raises ValueError unless t has the shape of y, like all functions here."""
    return np.square(_difference(y, t))


def each_backward(y: Array, t: Array, g: Array) -> Array:
    """2 (y - t) g, g shaped like y."""
    return 2 * _difference(y, t) * g


def forward(y: Array, t: Array) -> Array:
    """Σ (t - y)²."""
    return np.sum(each_forward(y, t))


def backward(y: Array, t: Array, g: Array) -> Array:
    """2 (y - t) g, g one number."""
    return 2 * _difference(y, t) * g


def half_forward(y: Array, t: Array) -> Array:
    """½ Σ (t - y)²."""
    return 0.5 * forward(y, t)


def half_backward(y: Array, t: Array, g: Array) -> Array:
    """(y - t) g."""
    return _difference(y, t) * g


def mean_forward(y: Array, t: Array) -> Array:
    """1/n Σ (t - y)² over all n entries."""
    return _reductions.forward(each_forward(y, t), reduction="mean")


def mean_backward(y: Array, t: Array, g: Array) -> Array:
    """2 (y - t) g / n."""
    residual = _difference(y, t)
    return 2 * residual * _reductions.backward(residual, g, reduction="mean")
