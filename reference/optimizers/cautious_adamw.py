"""Cautious AdamW: AdamW that takes only those entries of its step on which the newest gradient agrees.

    u_t = m̂_t / (√v̂_t + ε),   m̂_t, v̂_t as in Adam                m, v, u, φ, x, g of one shape
    φ_t = 1 where u_t g_t > 0, else 0
    x_t = x_{t-1} - η n / (Σφ_t + 1) φ_t u_t - η λ x_{t-1}       n entries in the tensor

Source   Liang, Chen, Liu, Liu, Cautious optimizers: improving training with one line of code, 2024, algorithm 2.
Variant  pytorch_optimizer: as here. `clamped_step`: φ_t / max(mean φ_t, 10⁻³) (timm; the authors' code by now, with ε
         before the correction). heavyball: n / max(Σφ_t, 1), φ_t = 1 where the signs agree, zeros counting as plus.
"""

import numpy as np

from .._arrays import Array
from .adam import State, corrected, init, moments

__all__ = ["State", "agreement", "clamped_step", "init", "step"]


def agreement(u: Array, g: Array) -> Array:
    """φ."""
    return np.where(u * g > 0, np.ones_like(g), np.zeros_like(g))


def direction(state: State, *, beta1: float, beta2: float, eps: float) -> Array:
    """u_t, as Adam has it."""
    m, v = corrected(state, beta1=beta1, beta2=beta2)
    return m / (np.sqrt(v) + eps)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
         weight_decay: float = 0.01) -> tuple[Array, State]:
    """One update of one tensor."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    u = direction(state, beta1=beta1, beta2=beta2, eps=eps)
    phi = agreement(state.m, g)  # m has the sign of u
    scale = g.size / (np.sum(phi) + 1)
    return x - lr * scale * phi * u - lr * weight_decay * x, state


def clamped_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                 eps: float = 1e-8, weight_decay: float = 0.01, least: float = 1e-3) -> tuple[Array, State]:
    """n / max(Σφ, n/1000) for n / (Σφ + 1)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    u = direction(state, beta1=beta1, beta2=beta2, eps=eps)
    phi = agreement(state.m, g)
    share = np.sum(phi) / max(g.size, 1)
    return x - lr * phi / np.maximum(share, least) * u - lr * weight_decay * x, state
