"""Convolution over an image (cross-correlation, as networks have it): one set of weights, moved over two axes.

    y[n,o,h,v] = b[o] + Σ_{c,k,l} w[o,c,k,l] x[n, c, h·s - p + k·d, v·s' - p' + l·d']      x = 0 outside
    x (N, C, H, W), w (O, C/G, K, K'), b (O,), y (N, O, H', W'); s stride, p padding, d dilation, G groups
    ∂w[o,c,k,l] = Σ_{n,h,v} g[n,o,h,v] x[n,c,·,·],   ∂b[o] = Σ_{n,h,v} g,   ∂x = Σ over the windows that read it of g w

Source   LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989.
         Goodfellow, Bengio, Courville, Deep learning, 2016, equations 9.6, 9.7, 9.11 and 9.13.
Variant  torch: as here, channels before places. Keras: channels last, w (K, K', C/G, O).
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped, whole
from .._arrays import Array
from ._windows import pair, places, read, selection

Pair = int | tuple[int, int]


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    w: Array
    b: Array


def forward(x: Array, w: Array, b: Array, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
            groups: int = 1) -> Array:
    """y, shaped (N, O, H', W'). Raises ValueError where shapes and groups do not fit, or no window does."""
    grouped, (down, across) = _fitting(x, w, b, groups), _where(x, w, stride, padding, dilation)
    y = np.einsum("ngchkvl,gockl->ngohv", _seen(x, groups, down, across), grouped)
    return np.reshape(y, (x.shape[0], w.shape[0], down.shape[0], across.shape[0])) + b[:, None, None]


def backward(x: Array, w: Array, b: Array, g: Array, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
             groups: int = 1) -> Gradients:
    """The gradients for a cotangent g shaped like y."""
    grouped, (down, across) = _fitting(x, w, b, groups), _where(x, w, stride, padding, dilation)
    pulled, seen = _split(g, groups, 1), _seen(x, groups, down, across)
    back = np.einsum("ngohv,gockl->ngchkvl", pulled, grouped)
    rows = np.einsum("ngchkvl,hki->ngcivl", back, selection(down, x.shape[2]))
    return Gradients(np.reshape(np.einsum("ngcivl,vlj->ngcij", rows, selection(across, x.shape[3])), x.shape),
                     np.reshape(np.einsum("ngohv,ngchkvl->gockl", pulled, seen), w.shape), np.sum(g, axis=(0, 2, 3)))


def _seen(x: Array, groups: int, down: Array, across: Array) -> Array:
    """What the windows read, shaped (N, G, C/G, H', K, W', K')."""
    return read(read(_split(x, groups, 1), across, 4), down, 3)


def _where(x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> list[Array]:
    options = zip(pair("stride", stride, 1), pair("padding", padding, 0), pair("dilation", dilation, 1), strict=True)
    return [places(n, k, stride=s, padding=p, dilation=d)
            for n, k, (s, p, d) in zip(x.shape[2:], w.shape[2:], options, strict=True)]


def _split(x: Array, groups: int, axis: int) -> Array:
    """An axis of channels as groups of them."""
    return np.reshape(x, (*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1:]))


def _fitting(x: Array, w: Array, b: Array, groups: int) -> Array:
    """The weights by groups."""
    channels = real("x", x, ndim=4).shape[1]
    shaped("b", b, real("w", w, ndim=4).shape[:1])
    if channels % whole("groups", groups, least=1) or w.shape[0] % groups or w.shape[1] * groups != channels:
        raise ValueError(f"groups must divide {channels} and {w.shape[0]} channels, and w see {channels}/groups of "
                         f"them, got groups = {groups} and w of shape {w.shape}")
    return _split(w, groups, 0)
