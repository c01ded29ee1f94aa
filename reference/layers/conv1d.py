"""Convolution along one axis (cross-correlation, as networks have it): one set of weights, moved along the input.

    y[n,o,l] = b[o] + Σ_{c,k} w[o,c,k] x[n, c, l·stride - padding + k·dilation]          x = 0 outside
    x (N, C, L), w (O, C/G, K), b (O,), y (N, O, L'); with G groups, output channels of group i see its inputs alone
    ∂w[o,c,k] = Σ_{n,l} g[n,o,l] x[n,c,·],   ∂b[o] = Σ_{n,l} g,   ∂x[n,c,i] = Σ over the windows that read i of g w

Source   LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989.
         Goodfellow, Bengio, Courville, Deep learning, 2016, equations 9.6, 9.7, 9.11 and 9.13.
Variant  a convolution in the sense of mathematics reads the kernel backwards (equation 9.5): SciPy, not torch or Keras.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped, whole
from .._arrays import Array
from ._windows import places, read, selection


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    w: Array
    b: Array


def forward(x: Array, w: Array, b: Array, *, stride: int = 1, padding: int = 0, dilation: int = 1,
            groups: int = 1) -> Array:
    """y, shaped (N, O, L'). Raises ValueError where shapes and groups do not fit, or no window does."""
    grouped, where = _fitting(x, w, b, groups), _where(x, w, stride, padding, dilation)
    seen = read(_split(x, groups, 1), where, 3)
    return np.reshape(np.einsum("ngclk,gock->ngol", seen, grouped),
                      (x.shape[0], w.shape[0], where.shape[0])) + b[:, None]


def backward(x: Array, w: Array, b: Array, g: Array, *, stride: int = 1, padding: int = 0, dilation: int = 1,
             groups: int = 1) -> Gradients:
    """The gradients for a cotangent g shaped like y."""
    grouped, where = _fitting(x, w, b, groups), _where(x, w, stride, padding, dilation)
    pulled, seen = _split(g, groups, 1), read(_split(x, groups, 1), where, 3)
    back = np.einsum("ngol,gock->ngclk", pulled, grouped)
    return Gradients(np.reshape(np.einsum("ngclk,lki->ngci", back, selection(where, x.shape[2])), x.shape),
                     np.reshape(np.einsum("ngol,ngclk->gock", pulled, seen), w.shape), np.sum(g, axis=(0, 2)))


def _where(x: Array, w: Array, stride: int, padding: int, dilation: int) -> Array:
    return places(x.shape[2], w.shape[2], stride=stride, padding=padding, dilation=dilation)


def _split(x: Array, groups: int, axis: int) -> Array:
    """An axis of channels as groups of them."""
    return np.reshape(x, (*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1:]))


def _fitting(x: Array, w: Array, b: Array, groups: int) -> Array:
    """The weights by groups."""
    channels = real("x", x, ndim=3).shape[1]
    shaped("b", b, real("w", w, ndim=3).shape[:1])
    if channels % whole("groups", groups, least=1) or w.shape[0] % groups or w.shape[1] * groups != channels:
        raise ValueError(f"groups must divide {channels} and {w.shape[0]} channels, and w see {channels}/groups of "
                         f"them, got groups = {groups} and w of shape {w.shape}")
    return _split(w, groups, 0)
