"""AdamP: Adam, whose step loses its radial part where a weight's gradient is nearly at right angles to it.

    p_t = m̂_t / (√v̂_t + ε), m̂ and v̂ as in Adam                  x, g, p of one shape, (n, …)
    q_t = Π(p_t) if max_i cos(x_i, g_i) < δ / √dim(x_i), else p_t
    x_t = x_{t-1} (1 - η λ r) - η q_t                            r is `wd_ratio` where q = Π(p), else 1
    cos(a, b) = |aᵀb| / (‖a‖ ‖b‖),   Π(p)_i = p_i - u_i u_iᵀ p_i,   u_i = x_i / ‖x_i‖

x_i are first the n rows of x (the channels); where these do not pass, all of x (the layer) is tried as one.

Source   Heo et al., AdamP: slowing down the slowdown for momentum optimizers on scale-invariant weights, 2021,
         algorithm 2.
Variant  the authors' code and all that follow it, and so here: arrays of fewer than two axes are never projected, ε
         bounds the norms in cos from below and is added to that in u. torch-optimizer: `softened_cosine`, ε is added
         to the norms in cos too. `nesterov_step`: β₁ m̂ + (1 - β₁) g / (1 - β₁^t) for m̂.
"""

from collections.abc import Callable

import numpy as np

from .._arrays import Array
from . import adam
from .adam import State, corrected, init, moments

__all__ = ["State", "cosine", "init", "nesterov_step", "project", "softened_cosine", "step"]


def cosine(x: Array, g: Array, *, eps: float) -> Array:
    """The largest |cos| of any row of x with the same row of g, both (rows, n)."""
    size_x, size_g = (np.maximum(np.linalg.norm(a, axis=1), eps) for a in (x, g))
    return np.max(np.abs(np.sum(x * g, axis=1)) / (size_x * size_g))


def softened_cosine(x: Array, g: Array, *, eps: float) -> Array:
    """As `cosine`, with ε added to each norm."""
    size_x, size_g = (np.linalg.norm(a, axis=1) + eps for a in (x, g))
    return np.max(np.abs(np.sum(x * g, axis=1)) / size_x / size_g)


def tangent(x: Array, p: Array, *, eps: float) -> Array:
    """Each row of p without its part along the same row of x, both (rows, n)."""
    unit = x / (np.linalg.norm(x, axis=1, keepdims=True) + eps)
    return p - unit * np.sum(unit * p, axis=1, keepdims=True)


def project(x: Array, g: Array, p: Array, *, delta: float, wd_ratio: float, eps: float,
            similarity: Callable[..., Array] = cosine) -> tuple[Array, Array]:
    """q and r, by one of the two cosines."""
    q, ratio = p, np.ones(())
    if x.ndim < 2 or x.size == 0:
        return q, ratio
    for rows in (1, x.shape[0]):  # the rows decide last, and so first
        flat_x, flat_g, flat_p = (a.reshape((rows, x.size // rows)) for a in (x, g, p))
        passes = similarity(flat_x, flat_g, eps=eps) < delta / np.sqrt(x.size // rows)
        q = np.where(passes, tangent(flat_x, flat_p, eps=eps).reshape(x.shape), q)
        ratio = np.where(passes, wd_ratio, ratio)
    return q, ratio


def moved(x: Array, g: Array, p: Array, *, lr: float, weight_decay: float, delta: float, wd_ratio: float, eps: float,
          similarity: Callable[..., Array] = cosine) -> Array:
    """x_t, from the step p that is still to be projected."""
    q, ratio = project(x, g, p, delta=delta, wd_ratio=wd_ratio, eps=eps, similarity=similarity)
    return x * (1 - lr * weight_decay * ratio) - lr * q


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
         weight_decay: float = 0.0, delta: float = 0.1, wd_ratio: float = 0.1,
         similarity: Callable[..., Array] = cosine) -> tuple[Array, State]:
    """One update."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m, v = corrected(state, beta1=beta1, beta2=beta2)
    p = m / (np.sqrt(v) + eps)
    return moved(x, g, p, lr=lr, weight_decay=weight_decay, delta=delta, wd_ratio=wd_ratio, eps=eps,
                 similarity=similarity), state


def nesterov_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                  eps: float = 1e-8, weight_decay: float = 0.0, delta: float = 0.1, wd_ratio: float = 0.1,
                  similarity: Callable[..., Array] = cosine) -> tuple[Array, State]:
    """With one more step of the average: p = (β₁ m + (1 - β₁) g) / (1 - β₁^t) / (√v̂ + ε)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    ahead = adam.State(beta1 * state.m + (1 - beta1) * g, state.v, state.t)
    m, v = corrected(ahead, beta1=beta1, beta2=beta2)
    p = m / (np.sqrt(v) + eps)
    return moved(x, g, p, lr=lr, weight_decay=weight_decay, delta=delta, wd_ratio=wd_ratio, eps=eps,
                 similarity=similarity), state
