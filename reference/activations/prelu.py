"""Parametric ReLU: a leaky ReLU whose leak is trained, one for each channel or one for all.

    y = max(0, x) + β min(0, x)                                  x, y, g of one shape
    ∂x = g if x > 0, else β g                                    β of shape (C,), along `axis`, or (1,), shared
    ∂β = Σ g min(0, x)                                           over every axis on which β is shared

Source   He, Zhang, Ren, Sun, Delving deep into rectifiers, ICCV 2015, eq. 1 and 3.
Variant  β_0 = 0.25 and channels on axis 1 in the paper and torch. Keras' layer has one β for each entry of an example,
         β_0 = 0, unless axes are named as shared. The slope at 0 is β, as in torch.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import axis_of, real
from .._arrays import Array


class Gradients(NamedTuple):
    """x: shaped like x; beta: shaped like β."""

    x: Array
    beta: Array


def forward(x: Array, beta: Array, *, axis: int = 1) -> Array:
    """PReLU. Raises ValueError unless β holds one leak, or one for each entry of that axis of x."""
    leak = np.reshape(beta, _shape(x, beta, axis))
    return np.maximum(x, 0.0) + leak * np.minimum(x, 0.0)


def backward(x: Array, beta: Array, g: Array, *, axis: int = 1) -> Gradients:
    """The gradients with respect to x and β."""
    shape = _shape(x, beta, axis)
    shared = tuple(i for i, n in enumerate(shape) if n == 1) if beta.shape[0] == 1 else _others(x.ndim, axis)
    total = np.sum(g * np.minimum(x, 0.0), axis=shared, keepdims=True)
    return Gradients(x=np.where(x > 0, g, np.reshape(beta, shape) * g), beta=np.reshape(total, beta.shape))


def _others(ndim: int, axis: int) -> tuple[int, ...]:
    return tuple(i for i in range(ndim) if i != axis_of("axis", axis, ndim))


def _shape(x: Array, beta: Array, axis: int) -> tuple[int, ...]:
    """The shape in which β stands beside x: ones, and C along `axis`."""
    size = real("beta", beta, ndim=1).shape[0]
    if size == 1:
        return (1,) * real("x", x).ndim
    if real("x", x, at_least_1d=True).shape[axis_of("axis", axis, x.ndim)] != size:
        raise ValueError(f"beta must hold 1 leak or one for each of the {x.shape[axis]} channels, got {size}")
    return tuple(size if i == axis_of("axis", axis, x.ndim) else 1 for i in range(x.ndim))
