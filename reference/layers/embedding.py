"""Embedding: a row of weights for each index.

    y[…] = w[i[…]]                           i (…,) whole numbers in [0, K), w (K, d), y (…, d)
    ∂w[k] = Σ over the places where i = k of g,         a product with one-hot rows
    ∂w[padding_idx] = 0: that row is read and not trained, so there the backward pass is not the derivative

Source   Bengio, Ducharme, Vincent, Jauvin, A neural probabilistic language model, 2003, section 2 (the matrix C).
Variant  torch: as here. `scale_grad_by_freq` divides ∂w[k] by the number of places; `max_norm` rescales w on reading.
"""

from typing import Any, NamedTuple

import numpy as np

from .._arguments import labels, real
from .._arrays import Array


class Gradients(NamedTuple):
    """The gradient with respect to the weights; indices have none."""

    w: Array


def forward(i: Any, w: Array, *, padding_idx: int | None = None) -> Array:
    """y, shaped like i and then d. Raises ValueError for indices that are not whole or not in [0, K)."""
    _row(w, padding_idx)
    return w[labels("i", i, w.shape[0])]


def backward(i: Any, w: Array, g: Array, *, padding_idx: int | None = None) -> Gradients:
    """The gradient for a cotangent g shaped like y."""
    one_hot = np.eye(w.shape[0])[labels("i", i, w.shape[0])] * (np.arange(w.shape[0]) != _row(w, padding_idx))
    return Gradients(np.einsum("mk,md->kd", np.reshape(one_hot, (-1, w.shape[0])), np.reshape(g, (-1, w.shape[1]))))


def _row(w: Array, padding_idx: int | None) -> int:
    """The row without a gradient, -1 if there is none; a negative one counts from the end."""
    rows = real("w", w, ndim=2).shape[0]
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise ValueError(f"padding_idx must lie in [{-rows}, {rows}), got {padding_idx}")
    return -1 if padding_idx is None else padding_idx % rows
