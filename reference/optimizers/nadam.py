"""NAdam: Adam that looks ahead, its momentum warmed up by a schedule.

    μ_t = β₁ (1 - ½ 0.96^(t ψ))                                  ψ is `momentum_decay`
    P_t = P_{t-1} μ_t,   P_0 = 1                                 one number
    m_t = β₁ m_{t-1} + (1 - β₁) g_t,    m_0 = 0                  m, v, x, g of one shape
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²,   v_0 = 0
    n_t = (1 - μ_t) g_t / (1 - P_t) + μ_{t+1} m_t / (1 - P_t μ_{t+1})
    x_t = x_{t-1} - η n_t / (√(v_t / (1 - β₂^t)) + ε)

Source   Dozat, Incorporating Nesterov momentum into Adam, ICLR workshop, 2016, algorithm 2, with the schedule of
         μ that it recommends (ψ = 0.004).
Variant  torch: as here, P kept in float32. Keras 2: as here. Keras 3: ψ = 1. optax, timm's NAdamW: `constant_step`,
         μ_t = β₁ throughout, so that 1 - P_t is 1 - β₁^t.
"""

from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; v: mean of g²; both shaped like x and uncorrected; p: product of all μ; t: steps done."""

    m: Array
    v: Array
    p: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, v=zero, p=np.float64(1), t=0)


def scheduled(t: int, *, beta1: float, momentum_decay: float) -> Any:
    """μ_t."""
    return beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
         eps: float = 1e-8, momentum_decay: float = 4e-3) -> tuple[Array, State]:
    """One update."""
    t = state.t + 1
    now, following = (scheduled(k, beta1=beta1, momentum_decay=momentum_decay) for k in (t, t + 1))
    return _towards(x, g, state, now, following, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def constant_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                  eps: float = 1e-8) -> tuple[Array, State]:
    """No schedule: n = (1 - β₁) g / (1 - β₁^t) + β₁ m / (1 - β₁^(t+1))."""
    return _towards(x, g, state, beta1, beta1, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def _towards(x: Array, g: Array, state: State, now: Any, following: Any, *, lr: float, beta1: float,
             beta2: float, eps: float) -> tuple[Array, State]:
    """One update with μ_t = `now` and μ_{t+1} = `following`."""
    m = beta1 * state.m + (1 - beta1) * g
    v = beta2 * state.v + (1 - beta2) * g**2
    p, t = state.p * now, state.t + 1
    n = (1 - now) * g / (1 - p) + following * m / (1 - p * following)
    return x - lr * n / (np.sqrt(v / (1 - beta2**t)) + eps), State(m, v, p, t)
