"""Decorrelation: turn the centred data onto the principal axes of the training set (PCA, Karhunen-Loève).

    C = X_cᵀ X_c / N = U diag(s) Uᵀ                    X (N, D), X_c = X - μ, s ≥ 0 falling, U orthogonal
    y = (x - μ) U                                      covariance diag(s) on the training set; distances are kept

Source   Pearson, On lines and planes of closest fit, 1901; Hotelling, Analysis of a complex of statistical variables
         into principal components, 1933; before training: LeCun et al., Efficient BackProp, 1998, section 4.3.
Variant  the sign of each column of U is arbitrary; here its largest entry is positive. numpy.linalg.svd returns Uᵀ in
         place of U where it is given X_c, as its third result. Data with one example a column: y = Uᵀ (x - μ).
         scikit-learn's PCA and numpy.cov divide by N - 1. Lecture notes print C = X Xᵀ / N without centring.
         Variances below max(N, D) 2⁻⁵² s_1, which rounding makes out of 0, are 0, as in numpy.linalg.matrix_rank.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real
from .._arrays import Array


class Axes(NamedTuple):
    """mean: (D); u: D × D, one axis a column; values: the variances s along them, falling."""

    mean: Array
    u: Array
    values: Array


def fit(x: Array) -> Axes:
    """The principal axes of a training set x (N, D). Raises ValueError for an empty one."""
    if real("x", x, ndim=2).size == 0:
        raise ValueError("x must hold at least one example, got none")
    mean = np.mean(x, axis=0)
    centred = x - mean
    values, u = np.linalg.eigh(centred.T @ centred / len(x))
    values, u = values[::-1], u[:, ::-1]
    values = np.where(values > max(x.shape) * np.finfo(np.float64).eps * values[0], values, 0.0)
    largest = u[np.argmax(np.abs(u), axis=0), np.arange(u.shape[1])]
    return Axes(mean, u * np.where(largest < 0, -1.0, 1.0), values)


def forward(x: Array, fitted: Axes) -> Array:
    """x (N, D) in the coordinates of the axes."""
    return (real("x", x) - fitted.mean) @ fitted.u


def backward(x: Array, fitted: Axes, g: Array) -> Array:
    """The gradient for x."""
    return g @ fitted.u.T
