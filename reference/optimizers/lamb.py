"""LAMB: Adam, decay included, whose every step on a layer is as long, in proportion to its weights, as on any other.

    m̂_t, v̂_t as in Adam                                          m, v, r, x, g of one shape: one layer
    r_t = m̂_t / (√v̂_t + ε) + λ x_{t-1}
    x_t = x_{t-1} - η φ(‖x_{t-1}‖) / ‖r_t‖ r_t                    φ(z) = z; the ratio is 1 where a norm is 0

Source   You et al., Large batch optimization for deep learning: training BERT in 76 minutes, 2020, algorithm 2 (which
         leaves norms of 0 out).
Variant  optax: as here. `uncorrected_step`: m and v as they are, φ(z) = min(z, 10) (the paper's third version,
         pytorch-lamb, torch-optimizer). `debiased_rate_step`: the same with η √(1 - β₂^t) / (1 - β₁^t) for η, which
         corrects nothing: ‖r‖ has divided by the bias already (debias=True of torch-optimizer). pytorch_optimizer: with
         η / (1 - β₁^t) for η, a first step ten times as long at β₁ = 0.9, and ε added to ‖r‖. `decoupled_step`: λ x
         apart from r, x (1 - η λ) first (Keras; timm's decoupled_decay). timm: 1 for the ratio where λ = 0,
         unless always_adapt; at most 1 (LAMBC) with trust_clip.
"""

import math

import numpy as np

from .._arrays import Array
from .adam import State, corrected, init, moments
from .decay import decoupled
from .lars import norm, unless_zero

__all__ = ["State", "adam_direction", "debiased_rate_step", "decoupled_step", "init", "ratio", "step",
           "uncorrected_step"]


def ratio(x: Array, r: Array, *, clamp: float = math.inf) -> Array:
    """φ(‖x‖) / ‖r‖, φ(z) = min(z, clamp); 1 where one of the two is 0."""
    size, length = np.minimum(norm(x), clamp), norm(r)
    return unless_zero(size / length, size, length)


def adam_direction(state: State, *, beta1: float, beta2: float, eps: float) -> Array:
    """m̂ / (√v̂ + ε)."""
    m, v = corrected(state, beta1=beta1, beta2=beta2)
    return m / (np.sqrt(v) + eps)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-6,
         weight_decay: float = 0.0, clamp: float = math.inf) -> tuple[Array, State]:
    """One update of one layer."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    r = adam_direction(state, beta1=beta1, beta2=beta2, eps=eps) + weight_decay * x
    return x - lr * ratio(x, r, clamp=clamp) * r, state


def decoupled_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                   eps: float = 1e-7, weight_decay: float = 0.0) -> tuple[Array, State]:
    """x (1 - η λ) first, then a step without decay."""
    x = decoupled(x, lr=lr, weight_decay=weight_decay)
    return step(x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def uncorrected_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                     eps: float = 1e-6, weight_decay: float = 0.0, clamp: float = 10.0) -> tuple[Array, State]:
    """r = m / (√v + ε) + λ x."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    r = state.m / (np.sqrt(state.v) + eps) + weight_decay * x
    return x - lr * ratio(x, r, clamp=clamp) * r, state


def debiased_rate_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                       eps: float = 1e-6, weight_decay: float = 0.0, clamp: float = 10.0) -> tuple[Array, State]:
    """`uncorrected_step` at the rate η √(1 - β₂^t) / (1 - β₁^t)."""
    t = state.t + 1
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return uncorrected_step(x, g, state, lr=rate, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay,
                            clamp=clamp)
