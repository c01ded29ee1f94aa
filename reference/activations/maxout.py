"""Maxout: the largest of every k neighbouring entries of an axis.

    y_i = max_{0 ≤ j < k} x_{ik+j}                               x: n k entries along `axis`, y and g: n
    ∂x_{ik+j} = g_i [x_{ik+j} = y_i] / number of entries of piece i that equal y_i

Source   Goodfellow, Warde-Farley, Mirza, Courville, Bengio, Maxout networks, ICML 2013, section 3.
Variant  where several entries are largest they share the gradient evenly, as torch's amax has it; its max(dim) gives
         all of it to one of them.
"""

import numpy as np

from .._arguments import axis_of, real, whole
from .._arrays import Array


def forward(x: Array, *, pieces: int = 2, axis: int = -1) -> Array:
    """The largest entry of each group. Raises ValueError unless `pieces` divides the length of that axis of x."""
    split, k = _split(x, pieces, axis)
    return np.max(split, axis=k + 1)


def backward(x: Array, g: Array, *, pieces: int = 2, axis: int = -1) -> Array:
    """The gradient with respect to x."""
    split, k = _split(x, pieces, axis)
    largest = np.where(split == np.max(split, axis=k + 1, keepdims=True), 1.0, 0.0)
    share = largest / np.sum(largest, axis=k + 1, keepdims=True)
    return np.reshape(share * np.expand_dims(g, k + 1), x.shape)


def _split(x: Array, pieces: int, axis: int) -> tuple[Array, int]:
    """x with its axis k cut into groups along k and the pieces of a group along k + 1; and k."""
    k = axis_of("axis", axis, real("x", x, at_least_1d=True).ndim)
    if x.shape[k] % whole("pieces", pieces, 1):
        raise ValueError(f"pieces must divide the {x.shape[k]} entries of axis {axis}, got {pieces}")
    return np.reshape(x, (*x.shape[:k], x.shape[k] // pieces, pieces, *x.shape[k + 1:])), k
