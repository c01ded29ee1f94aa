"""Adan: Adam with Nesterov's look-ahead, made of an average of the gradients' differences.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t,                            m_0 = 0      m, d, n, x, g of one shape
    d_t = β₂ d_{t-1} + (1 - β₂) (g_t - g_{t-1}),                d_0 = 0, g_0 = g_1
    n_t = β₃ n_{t-1} + (1 - β₃) (g_t + β₂ (g_t - g_{t-1}))²,    n_0 = 0
    u_t = (m̂_t + β₂ d̂_t) / (√n̂_t + ε),   ^: divided by 1 - β^t, each with its own β
    x_t = (x_{t-1} - η u_t) / (1 + η λ)

Source   Xie, Zhou, Li, Lin, Yan, Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models, 2022,
         algorithm 1, whose β are 1 - β here and whose averages start at the first gradient instead of being corrected.
Variant  the authors' code, timm, optimi, pytorch_optimizer: corrected; on request `decoupled_step`, x (1 - η λ)
         before the step. optax: `optax_step`, decoupled, whose differences weigh 1 - β₂: the paper's letters, beside
         averages with the other β. adan-pytorch: the averages miss the first gradient, the corrections do not.
         The paper's restart is left out.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters
from .decay import decoupled


class State(NamedTuple):
    """m, d, n: the averages, uncorrected; g: the last gradient; all shaped like x; t: steps done; seen: gradients."""

    m: Array
    d: Array
    n: Array
    g: Array
    t: int
    seen: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, d=zero, n=zero, g=zero, t=0, seen=0)


def averages(g: Array, state: State, *, beta1: float, beta2: float, beta3: float, ahead: float) -> State:
    """The averages after one more gradient; `ahead` is the β₂ that weighs differences in n."""
    change = g - (g if state.seen == 0 else state.g)
    m = beta1 * state.m + (1 - beta1) * g
    d = beta2 * state.d + (1 - beta2) * change
    n = beta3 * state.n + (1 - beta3) * (g + ahead * change) ** 2
    return State(m, d, n, g, state.t + 1, state.seen + 1)


def direction(state: State, *, beta1: float, beta2: float, beta3: float, ahead: float, eps: float,
              eps_root: float = 0.0) -> Array:
    """u_t; `ahead` is the β₂ that weighs d̂, `eps_root` stands beside n̂ under the root."""
    m, d, n = (average / (1 - beta**state.t)
               for average, beta in ((state.m, beta1), (state.d, beta2), (state.n, beta3)))
    return (m + ahead * d) / (np.sqrt(n + eps_root) + eps)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.98, beta2: float = 0.92,
         beta3: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0) -> tuple[Array, State]:
    """One update; decay as the proximal step of the penalty λ/2 ‖x‖²."""
    state = averages(g, state, beta1=beta1, beta2=beta2, beta3=beta3, ahead=beta2)
    u = direction(state, beta1=beta1, beta2=beta2, beta3=beta3, ahead=beta2, eps=eps)
    return (x - lr * u) / (1 + lr * weight_decay), state


def decoupled_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.98, beta2: float = 0.92,
                   beta3: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0) -> tuple[Array, State]:
    """x (1 - η λ) - η u."""
    x = decoupled(x, lr=lr, weight_decay=weight_decay)
    return step(x, g, state, lr=lr, beta1=beta1, beta2=beta2, beta3=beta3, eps=eps)


def optax_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.98, beta2: float = 0.92,
               beta3: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0,
               eps_root: float = 0.0) -> tuple[Array, State]:
    """As `decoupled_step`, with 1 - β₂ for the β₂ that weighs differences in u and n."""
    state = averages(g, state, beta1=beta1, beta2=beta2, beta3=beta3, ahead=1 - beta2)
    u = direction(state, beta1=beta1, beta2=beta2, beta3=beta3, ahead=1 - beta2, eps=eps, eps_root=eps_root)
    return decoupled(x, lr=lr, weight_decay=weight_decay) - lr * u, state
