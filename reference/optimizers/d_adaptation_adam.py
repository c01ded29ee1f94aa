"""D-Adaptation for Adam: Adam whose rate is found out, from a lower bound on the distance to the minimum.

    λ_k = d_k γ                                                  one d over all parameters; γ is `lr`; β = √β₂
    r_{k+1} = β r_k + (1 - β) λ_k g_kᵀ(s_k / (√v_k + ε))         r: a number; s, m, v, x, g: n; all start at 0
    m_{k+1} = β₁ m_k + (1 - β₁) λ_k g_k
    v_{k+1} = β₂ v_k + (1 - β₂) g_k²
    s_{k+1} = β s_k + (1 - β) λ_k g_k
    d̂_{k+1} = r_{k+1} / ((1 - β) ‖s_{k+1}‖₁),   d_{k+1} = max(d_k, d̂_{k+1})
    x_{k+1} = x_k - m_{k+1} / (√v_{k+1} + ε)

The rate stands inside m: each gradient keeps the rate that it met. Nothing is corrected for its start.

Source   Defazio, Mishchenko, Learning-rate-free learning by D-adaptation, 2023, algorithm 5; its inner product
         weighed by the v before this gradient, as in its published code.
Variant  dadaptation: as here; on request λ_k = d_k γ √(1 - β₂^(k+1)) / (1 - β₁^(k+1)) (`corrected_step`), which optax
         always takes; and d_{k+1} at most d_k · growth. Decoupled decay: x (1 - λ_k w) before the step.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters
from .d_adaptation_sgd import risen


class State(NamedTuple):
    """m: mean of λg; v: mean of g²; s: slower mean of λg; shaped like x; d: distance; r: numerator; k: steps done."""

    m: Array
    v: Array
    s: Array
    d: Any
    r: Any
    k: int


def init(x: Array, *, d0: float = 1e-6) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, v=zero, s=zero, d=d0, r=0.0, k=0)


def correction(k: int, *, beta1: float, beta2: float) -> Any:
    """√(1 - β₂^k) / (1 - β₁^k)."""
    return np.sqrt(1 - beta2**k) / (1 - beta1**k)


def adapted(x: Array, g: Array, state: State, rate: Any, *, beta1: float, beta2: float, eps: float,
            growth: float | None, total: Callable[[Array], Any] = np.sum) -> tuple[Array, State]:
    """One update at the rate λ; `total` is how a sum over all parameters is taken."""
    beta = np.sqrt(beta2)
    r = beta * state.r + (1 - beta) * rate * total(g * (state.s / (np.sqrt(state.v) + eps)))
    m = beta1 * state.m + (1 - beta1) * rate * g
    v = beta2 * state.v + (1 - beta2) * g**2
    s = beta * state.s + (1 - beta) * rate * g
    length = total(np.abs(s))
    if not np.any(length != 0):
        return x, state._replace(m=m, v=v, s=s)
    d = risen(state.d, r / ((1 - beta) * length), growth)
    return x - m / (np.sqrt(v) + eps), State(m, v, s, d, r, state.k + 1)


def step(x: Array, g: Array, state: State, *, lr: float = 1.0, beta1: float = 0.9, beta2: float = 0.999,
         eps: float = 1e-8, growth: float | None = None) -> tuple[Array, State]:
    """One update."""
    return adapted(x, g, state, state.d * lr, beta1=beta1, beta2=beta2, eps=eps, growth=growth)


def corrected_step(x: Array, g: Array, state: State, *, lr: float = 1.0, beta1: float = 0.9, beta2: float = 0.999,
                   eps: float = 1e-8, growth: float | None = None) -> tuple[Array, State]:
    """One update with Adam's corrections in the rate."""
    rate = state.d * lr * correction(state.k + 1, beta1=beta1, beta2=beta2)
    return adapted(x, g, state, rate, beta1=beta1, beta2=beta2, eps=eps, growth=growth)
