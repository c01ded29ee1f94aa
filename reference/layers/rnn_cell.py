"""Recurrent cell of Elman: one step of a hidden state.

    z = x Wᵀ + b + h Uᵀ + c,   h' = tanh z      x (N, d), h, h' (N, n), W `w_ih` (n, d), U `w_hh` (n, n), b, c (n,)
    q = g ⊙ (1 - h'²);   ∂x = q W,   ∂h = q U,   ∂W = qᵀ x,   ∂U = qᵀ h,   ∂b = ∂c = Σ q          g shaped like h'

Source   Elman, Finding structure in time, 1990.
         Goodfellow, Bengio, Courville, Deep learning, 2016, equations 10.8 and 10.9.
Variant  torch: as here, with two biases; `relu_forward` for nonlinearity="relu". Keras: one bias.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    h: Array
    w_ih: Array
    w_hh: Array
    b_ih: Array
    b_hh: Array


def forward(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Array:
    """h', shaped like h. Raises ValueError where the shapes do not fit."""
    return np.tanh(_sum(x, h, w_ih, w_hh, b_ih, b_hh))


def backward(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, g: Array) -> Gradients:
    """The gradients for a cotangent g shaped like h'."""
    q = g * (1 - np.tanh(_sum(x, h, w_ih, w_hh, b_ih, b_hh)) ** 2)
    along_b = np.sum(q, axis=0)
    return Gradients(np.matmul(q, w_ih), np.matmul(q, w_hh), np.matmul(np.transpose(q), x),
                     np.matmul(np.transpose(q), h), along_b, along_b)


def relu_forward(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Array:
    """max(0, z) in place of tanh z."""
    return np.maximum(_sum(x, h, w_ih, w_hh, b_ih, b_hh), 0.0)


def _sum(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Array:
    """z."""
    n = real("h", h, ndim=2).shape[1]
    shaped("w_ih", w_ih, (n, real("x", x, ndim=2).shape[1]))
    shaped("w_hh", w_hh, (n, n))
    shaped("b_ih", b_ih, (n,))
    shaped("b_hh", b_hh, (n,))
    return np.matmul(x, np.transpose(w_ih)) + b_ih + np.matmul(h, np.transpose(w_hh)) + b_hh
