"""ADOPT: divide by the second moment of the past alone, and average only what has been divided.

    v_0 = g_0²,   m_0 = 0                                        a first gradient, without a step
    n_t = clip(g_t / max(√v_{t-1}, ε), -t^p, t^p),   p = ¼       t = 1, 2, …;  m, v, n, x, g of one shape
    m_t = β₁ m_{t-1} + (1 - β₁) n_t
    x_t = x_{t-1} - η m_t
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²

Source   Taniguchi et al., ADOPT: modified Adam can converge with any β₂ with the optimal rate, 2024, the algorithm with
         clipping; `unclipped_step` is the one without.
Variant  the authors' code, optax: as here. timm: p = 0.333 unless told. pytorch_optimizer: `late_step`, clipped at
         (t + 1)^¼. heavyball: unclipped, and m_1 = n_1. Decoupled decay waits for the first step (the authors' code,
         timm) or is done at the first gradient too (pytorch_optimizer, adam-atan2-pytorch).
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of n; v: mean of g²; both shaped like x; t: gradients seen, one more than steps done."""

    m: Array
    v: Array
    t: int


def init(x: Array) -> State:
    """The state before the first gradient. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, v=zero, t=0)


def bound(like: Array, t: int, clip_exp: float) -> Array:
    """t^p, as an array so that its rounding is counted like any other."""
    return np.full_like(like, t) ** clip_exp


def normed(g: Array, state: State, *, eps: float) -> Array:
    """g_t / max(√v_{t-1}, ε)."""
    return g / np.maximum(np.sqrt(state.v), eps)


def towards(x: Array, g: Array, n: Array, state: State, *, lr: float, beta1: float,
            beta2: float) -> tuple[Array, State]:
    """The rest of a step, once n_t is known."""
    m = beta1 * state.m + (1 - beta1) * n
    v = beta2 * state.v + (1 - beta2) * g**2
    return x - lr * m, State(m, v, state.t + 1)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.9999,
         eps: float = 1e-6, clip_exp: float = 0.25) -> tuple[Array, State]:
    """One update; the first gradient only starts v."""
    if state.t == 0:
        return x, State(state.m, g**2, 1)
    most = bound(g, state.t, clip_exp)
    n = np.clip(normed(g, state, eps=eps), -most, most)
    return towards(x, g, n, state, lr=lr, beta1=beta1, beta2=beta2)


def unclipped_step(x: Array, g: Array, state: State, *, lr: float,
                   beta1: float = 0.9, beta2: float = 0.9999, eps: float = 1e-6) -> tuple[Array, State]:
    """n_t = g_t / max(√v_{t-1}, ε), however large."""
    if state.t == 0:
        return x, State(state.m, g**2, 1)
    return towards(x, g, normed(g, state, eps=eps), state, lr=lr, beta1=beta1, beta2=beta2)


def late_step(x: Array, g: Array, state: State, *, lr: float,
              beta1: float = 0.9, beta2: float = 0.9999, eps: float = 1e-6) -> tuple[Array, State]:
    """n_t clipped at (t + 1)^¼."""
    if state.t == 0:
        return x, State(state.m, g**2, 1)
    most = bound(g, state.t + 1, 0.25)
    n = np.clip(normed(g, state, eps=eps), -most, most)
    return towards(x, g, n, state, lr=lr, beta1=beta1, beta2=beta2)
