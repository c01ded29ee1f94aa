"""AdEMAMix: Adam whose first moment is joined by a much slower average of the same gradients.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t                              m, s, v, x, g of one shape; all averages start at 0
    s_t = β₃ s_{t-1} + (1 - β₃) g_t                              the slow one, never corrected
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²
    x_t = x_{t-1} - η ((m̂_t + α s_t) / (√v̂_t + ε) + λ x_{t-1})    m̂ = m/(1 - β₁^t), v̂ = v/(1 - β₂^t)

    α_t = min(t α / T, α)                                        while α and β₃ are warmed up over T steps
    β₃_t = min(exp(ln β₁ ln β₃ / ((1 - t/T) ln β₃ + t/T ln β₁)), β₃)

Source   Pagliardini, Ablin, Grangier, The AdEMAMix optimizer: better, faster, older, 2024, algorithm 1, and its
         schedulers of α and β₃.
Variant  optax: as here, the schedules handed in from outside. pytorch_optimizer: coupled decay unless decoupled, one T
         for both. bitsandbytes, heavyball: a T for each. heavyball: `clamped_step`, and 10⁻⁸ added to each β before
         its half-life is taken.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: fast mean of g; s: slow mean of g; v: mean of g²; all shaped like x and uncorrected; t: steps done."""

    m: Array
    s: Array
    v: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, s=zero, v=zero, t=0)


def scheduled_alpha(t: int, *, alpha: float, warmup: float) -> float:
    """α_t for step t ≥ 1: it grows in proportion to t."""
    now: float = np.minimum(t * alpha / warmup, alpha)
    return now


def scheduled_beta3(t: int, *, beta1: float, beta3: float, warmup: float) -> float:
    """β₃_t for step t ≥ 1: from β₁, so that 1/ln β₃_t, and with it the half-life, grows in proportion to t."""
    low, high, share = np.log(beta1), np.log(beta3), t / warmup
    now: float = np.minimum(np.exp(low * high / ((1 - share) * high + share * low)), beta3)
    return now


def averages(g: Array, state: State, *, beta1: float, beta2: float,
             beta3: float) -> tuple[tuple[Array, Array], State]:
    """m̂ and v̂ after one more gradient, and the state."""
    t = state.t + 1
    m = beta1 * state.m + (1 - beta1) * g
    s = beta3 * state.s + (1 - beta3) * g
    v = beta2 * state.v + (1 - beta2) * g**2
    return (m / (1 - beta1**t), v / (1 - beta2**t)), State(m, s, v, t)


def step(x: Array, g: Array, state: State, *, lr: float, alpha: float = 5.0, beta1: float = 0.9, beta2: float = 0.999,
         beta3: float = 0.9999, eps: float = 1e-8, weight_decay: float = 0.0) -> tuple[Array, State]:
    """One update; while α and β₃ are warmed up, they are handed in as they are at this step."""
    (m, v), state = averages(g, state, beta1=beta1, beta2=beta2, beta3=beta3)
    return x - lr * ((m + alpha * state.s) / (np.sqrt(v) + eps) + weight_decay * x), state


def clamped_step(x: Array, g: Array, state: State, *, lr: float, alpha: float = 2.0, beta1: float = 0.9,
                 beta2: float = 0.999, beta3: float = 0.9999, eps: float = 1e-8,
                 weight_decay: float = 0.0) -> tuple[Array, State]:
    """max(√v̂, ε) for √v̂ + ε."""
    (m, v), state = averages(g, state, beta1=beta1, beta2=beta2, beta3=beta3)
    return x - lr * ((m + alpha * state.s) / np.maximum(np.sqrt(v), eps) + weight_decay * x), state
