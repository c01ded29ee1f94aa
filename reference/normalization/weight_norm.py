"""Weight normalization: a weight as a length times a direction, one length for each output unit.

    w = s v / ‖v‖                                     v, w: (out, …);   s: (out);   ‖v‖ over all axes but the first

    ∂L/∂s = Σ g v / ‖v‖
    ∂L/∂v = (s / ‖v‖) (g - v/‖v‖ · ∂L/∂s)             orthogonal to v: a step of descent can only lengthen v

Source   Salimans, Kingma, Weight normalization: a simple reparameterization to accelerate training of deep neural
         networks, 2016, equations 2 and 3. Their g, the length, is s here: g is the gradient of the loss for w.
Variant  torch: as here, with a dim of one's choice and s of shape (out, 1, …). No ε: v = 0 has no direction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array


class Gradients(NamedTuple):
    """The gradients of the loss for forward's arguments, each shaped like its argument."""

    v: Array
    s: Array


def _lengths(v: Array, s: Array) -> Array:
    """‖v‖ of each output unit, broadcast against v."""
    if real("v", v).ndim < 2:
        raise ValueError(f"v must have at least two dimensions, (out, …), got shape {v.shape}")
    shaped("s", s, v.shape[:1])
    return np.sqrt((v * v).sum(axis=_inner(v), keepdims=True))


def _inner(v: Array) -> tuple[int, ...]:
    return tuple(range(1, v.ndim))


def _per_unit(s: Array, v: Array) -> Array:
    return s.reshape((-1, *[1] * (v.ndim - 1)))


def forward(v: Array, s: Array) -> Array:
    """w; nan for a unit whose v is zero."""
    return _per_unit(s, v) * (v / _lengths(v, s))


def backward(v: Array, s: Array, g: Array) -> Gradients:
    """The gradients from g = ∂L/∂w."""
    length = _lengths(v, s)
    direction = v / length
    g_s = (shaped("g", g, v.shape) * direction).sum(axis=_inner(v), keepdims=True)
    return Gradients(v=_per_unit(s, v) / length * (g - direction * g_s), s=g_s.reshape(s.shape))
