"""Spectral normalization: divide a weight by its largest singular value, which a power iteration follows.

    v ← Wᵀu / ‖Wᵀu‖,   u ← Wv / ‖Wv‖,   σ = uᵀ W v                W: (out, in);   u: (out);   v: (in);   ‖u‖ = ‖v‖ = 1
    y = W / σ

    ∂L/∂W = (g - (Σ g ⊙ y) u vᵀ) / σ                              u and v count as constants

At the fixed point of the iteration σ = ‖W‖₂ and the gradient is that of W / ‖W‖₂; the error of u falls by (σ₂/σ₁)² a
step. Before, y is W over a lower bound of ‖W‖₂.

Source   Miyato, Kataoka, Koyama, Yoshida, Spectral normalization for generative adversarial networks, 2018,
         algorithm 1, equations 8 to 12.
Variant  torch: `torch_step`, u before v; one step before each forward pass in training, 15 when it is put on;
         ε = 1e-12 as the least length.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._arguments import positive, real, shaped, whole
from .._arrays import Array


class State(NamedTuple):
    """u, v: estimates of the first left and right singular vectors, of length 1."""

    u: Array
    v: Array


def _unit(a: Array, eps: float) -> Array:
    """a at length 1, or shorter where its length is below eps."""
    return a / np.maximum(np.sqrt((a * a).sum()), eps)


def init(w: Array, *, rng: np.random.Generator, steps: int = 15, eps: float = 1e-12) -> State:
    """Directions drawn at random, then `steps` steps."""
    rows, columns = real("w", w, ndim=2).shape
    state = State(_unit(rng.standard_normal(rows), eps), _unit(rng.standard_normal(columns), eps))
    for _ in range(whole("steps", steps)):
        state = step(w, state, eps=eps)
    return state


def step(w: Array, state: State, *, eps: float = 1e-12) -> State:
    """One step of the power iteration."""
    least = positive("eps", eps)
    v = _unit(np.einsum("ij,i->j", real("w", w, ndim=2), shaped("state.u", state.u, w.shape[:1])), least)
    return State(u=_unit(np.einsum("ij,j->i", w, v), least), v=v)


def torch_step(w: Array, state: State, *, eps: float = 1e-12) -> State:
    """One step in the other order: u ← Wv / ‖Wv‖, then v ← Wᵀu / ‖Wᵀu‖. The start's u is never used."""
    turned = step(np.swapaxes(w, 0, 1), State(u=state.v, v=state.u), eps=eps)
    return State(u=turned.v, v=turned.u)


def forward(w: Array, u: Array, v: Array) -> Array:
    """y = W / (uᵀ W v)."""
    return w / _sigma(w, u, v)


def backward(w: Array, u: Array, v: Array, g: Array) -> Array:
    """∂L/∂W from g = ∂L/∂y; u and v get none."""
    sigma = _sigma(w, u, v)
    y = w / sigma
    return (shaped("g", g, w.shape) - (g * y).sum() * np.einsum("i,j->ij", u, v)) / sigma


def _sigma(w: Array, u: Array, v: Array) -> Array:
    """The estimate of the largest singular value."""
    rows, columns = real("w", w, ndim=2).shape
    return np.einsum("i,ij,j->", shaped("u", u, (rows,)), w, shaped("v", v, (columns,)))
