"""Scaled dot-product attention: values averaged with the softmax of how well queries fit keys.

    S = s Q Kᵀ,   P = softmax(S) over the keys,   Y = P V             s `scale`, 1/√d if None
    Q (…, L, d), K (…, M, d), V (…, M, e), S, P (…, L, M), Y (…, L, e)
    ∂V = Pᵀ g,   ∂P = g Vᵀ,   ∂S = P ⊙ (∂P - Σ_keys P ⊙ ∂P),   ∂Q = s ∂S K,   ∂K = s ∂Sᵀ Q
    is_causal: query i sees the keys j ≤ i only; the others have P = 0

Source   Vaswani et al., Attention is all you need, 2017, equation 1 and section 3.2.3 (the mask).
Variant  torch: as here. Without the factor 1/√d: Luong, Pham, Manning, 2015 (dot).
"""

from typing import NamedTuple

import numpy as np

from .._arguments import number, real
from .._arrays import Array


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    q: Array
    k: Array
    v: Array


def forward(q: Array, k: Array, v: Array, *, is_causal: bool = False, scale: float | None = None) -> Array:
    """Y, shaped (…, L, e). Raises ValueError where the shapes do not fit."""
    return np.matmul(_shares(q, k, v, is_causal, _scale(q, scale)), v)


def backward(q: Array, k: Array, v: Array, g: Array, *, is_causal: bool = False,
             scale: float | None = None) -> Gradients:
    """The gradients for a cotangent g shaped like Y."""
    s = _scale(q, scale)
    p, in_p = _shares(q, k, v, is_causal, s), np.matmul(g, np.swapaxes(v, -1, -2))
    in_s = p * (in_p - np.sum(p * in_p, axis=-1, keepdims=True))
    return Gradients(s * np.matmul(in_s, k), s * np.matmul(np.swapaxes(in_s, -1, -2), q),
                     np.matmul(np.swapaxes(p, -1, -2), g))


def _scale(q: Array, scale: float | None) -> float:
    return float(q.shape[-1] ** -0.5 if scale is None else number("scale", scale))


def _shares(q: Array, k: Array, v: Array, is_causal: bool, s: float) -> Array:
    """P. A key that is not seen counts neither in the largest score nor in the sum."""
    for name, x in (("q", q), ("k", k), ("v", v)):
        if real(name, x).ndim < 2:
            raise ValueError(f"{name} must have at least two dimensions, got shape {x.shape}")
    if q.shape[:-2] != k.shape[:-2] or k.shape[:-1] != v.shape[:-1] or q.shape[-1] != k.shape[-1]:
        raise ValueError(f"q, k and v must fit as (…, L, d), (…, M, d) and (…, M, e), got shapes {q.shape}, {k.shape} "
                         f"and {v.shape}")
    scores = s * np.matmul(q, np.swapaxes(k, -1, -2))
    seen = np.tri(q.shape[-2], k.shape[-2]) > 0 if is_causal else np.ones((q.shape[-2], k.shape[-2])) > 0
    away = np.where(seen, 0.0, -1e300) * np.ones(scores.shape)
    largest = np.max(np.where(away == 0, scores, away), axis=-1, keepdims=True)
    e = np.where(away == 0, np.exp(np.where(away == 0, scores - largest, 0.0)), 0.0)
    return e / np.sum(e, axis=-1, keepdims=True)
