"""PCA whitening: decorrelate, then divide every component by its standard deviation.

    y = (x - μ) U diag(1 / √(s + ε))                   μ, U, s as in `decorrelate`; x, y (N, D)
    covariance on the training set: diag(s / (s + ε))  the identity to ε / s

Source   Kessy, Lewin, Strimmer, Optimal whitening and decorrelation, 2018, section 2.
Variant  ε = 1e-5, as lectures have it, presumes data of unit range: for bytes it does nothing, for data of size 1e-3
         it takes most of the effect. scikit-learn's PCA(whiten=True): ε = 0 and N - 1.
         "Divides by the eigenvalue", as lecture notes print, gives the covariance diag(1 / s).
"""

import numpy as np

from .._arguments import at_least, real
from .._arrays import Array
from .decorrelate import Axes, fit

__all__ = ["Axes", "backward", "fit", "forward"]


def gains(values: Array, eps: float) -> Array:
    """1 / √(s + ε), 0 for a component without any variance at ε = 0."""
    total = values + at_least("eps", eps, 0)
    return np.where(total > 0, 1 / np.sqrt(np.where(total > 0, total, 1.0)), 0.0)


def forward(x: Array, fitted: Axes, *, eps: float = 1e-5) -> Array:
    """x (N, D) whitened by the axes of the training set."""
    return ((real("x", x) - fitted.mean) @ fitted.u) * gains(fitted.values, eps)


def backward(x: Array, fitted: Axes, g: Array, *, eps: float = 1e-5) -> Array:
    """The gradient for x."""
    return (g * gains(fitted.values, eps)) @ fitted.u.T
