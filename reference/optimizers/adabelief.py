"""AdaBelief: Adam that divides by how far gradients stray from their average, not by how large they are.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t,                 m_0 = 0     m, s, x, g of one shape
    s_t = β₂ s_{t-1} + (1 - β₂) (g_t - m_t)² + ε,    s_0 = 0
    m̂_t = m_t / (1 - β₁^t),   ŝ_t = s_t / (1 - β₂^t)
    x_t = x_{t-1} - η m̂_t / (√ŝ_t + ε)

Source   Zhuang et al., AdaBelief optimizer: adapting stepsizes by the belief in observed gradients, 2020, algorithm 2.
Variant  optax: an ε of its own (`eps_root`) inside the average. The authors' code and timm: `rectified_step` by
         default, as RAdam from ρ_t >= 5; `amsgrad_step` on request, the largest s. ε is added to s itself, and so grows
         towards ε / (1 - β₂) there: an implementation that adds it to a copy of s is another rule.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from . import radam
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; s: mean of (g - m)², with ε; smax: the largest s; all shaped like x, uncorrected; t: steps done."""

    m: Array
    s: Array
    smax: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, s=zero, smax=zero, t=0)


def moments(g: Array, state: State, *, beta1: float, beta2: float, eps: float) -> State:
    """The averages after one more gradient."""
    m = beta1 * state.m + (1 - beta1) * g
    s = beta2 * state.s + (1 - beta2) * (g - m) ** 2 + eps
    return State(m, s, np.maximum(state.smax, s), state.t + 1)


def step(x: Array, g: Array, state: State, *, lr: float,
         beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-16) -> tuple[Array, State]:
    """One update."""
    state = moments(g, state, beta1=beta1, beta2=beta2, eps=eps)
    m, s = state.m / (1 - beta1**state.t), state.s / (1 - beta2**state.t)
    return x - lr * m / (np.sqrt(s) + eps), state


def amsgrad_step(x: Array, g: Array, state: State, *, lr: float,
                 beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-16) -> tuple[Array, State]:
    """x - η m̂ / (√(smax / (1 - β₂^t)) + ε)."""
    state = moments(g, state, beta1=beta1, beta2=beta2, eps=eps)
    m, s = state.m / (1 - beta1**state.t), state.smax / (1 - beta2**state.t)
    return x - lr * m / (np.sqrt(s) + eps), state


def rectified_step(x: Array, g: Array, state: State, *, lr: float,
                   beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-16) -> tuple[Array, State]:
    """x - η r_t m̂ √(1 - β₂^t) / (√s + ε) where ρ_t >= 5, x - η m̂ before: ρ_t and r_t as in RAdam."""
    state = moments(g, state, beta1=beta1, beta2=beta2, eps=eps)
    m = state.m / (1 - beta1**state.t)
    rho, last = radam.lengths(state.t, beta2=beta2)
    if rho >= 5:
        m = radam.rectification(rho, last) * m * np.sqrt(1 - beta2**state.t) / (np.sqrt(state.s) + eps)
    return x - lr * m, state
