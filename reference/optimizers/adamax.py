"""Adamax: Adam whose second moment is the largest gradient so far, decaying.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t,             m_0 = 0         m, u, x, g of one shape
    u_t = max(β₂ u_{t-1}, |g_t| + ε),            u_0 = 0
    x_t = x_{t-1} - η / (1 - β₁^t) m_t / u_t

Source   Kingma, Ba, Adam: a method for stochastic optimization, 2015, algorithm 2 (ε = 0).
Variant  torch, optax: as here. Keras: `keras_step`, ε beside u in the denominator and never in its memory.
         The paper's ε = 0 divides by 0 where every gradient so far was 0.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g, uncorrected; u: decaying maximum of |g|; both shaped like x; t: steps done."""

    m: Array
    u: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, u=zero, t=0)


def step(x: Array, g: Array, state: State, *, lr: float,
         beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """One update. The largest gradient needs no correction: u_1 is |g_1| already."""
    m = beta1 * state.m + (1 - beta1) * g
    u = np.maximum(beta2 * state.u, np.abs(g) + eps)
    t = state.t + 1
    return x - lr / (1 - beta1**t) * m / u, State(m, u, t)


def keras_step(x: Array, g: Array, state: State, *, lr: float,
               beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7) -> tuple[Array, State]:
    """ε outside the maximum: u = max(β₂ u, |g|), x - η / (1 - β₁^t) m / (u + ε)."""
    m = beta1 * state.m + (1 - beta1) * g
    u = np.maximum(beta2 * state.u, np.abs(g))
    t = state.t + 1
    return x - lr / (1 - beta1**t) * m / (u + eps), State(m, u, t)
