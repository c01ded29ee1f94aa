"""StableAdamW: AdamW that shortens its step wherever a whole tensor's gradients outgrow their second moment.

    β̂_i = β_i (1 - β_i^(t-1)) / (1 - β_i^t),   i = 1, 2          so that both averages are corrected as they are kept
    v_t = β̂₁ v_{t-1} + (1 - β̂₁) g_t                              v, u, x, g of one shape
    u_t = β̂₂ u_{t-1} + (1 - β̂₂) g_t²
    RMS_t = √mean(g_t² / max(u_t, ε²)),   η_t = η / max(1, RMS_t)     one number for the tensor
    x_t = x_{t-1} - η_t λ x_{t-1} - η_t v_t / (√u_t + ε)

Source   Wortsman et al., Stable and low-precision training for large-scale vision-language models, 2023, algorithm 2;
         its clipping is that of Shazeer, Stern, Adafactor, 2018.
Variant  optimi, pytorch_optimizer: as here, decay scaled by the shortened rate. `timm_step`: the RMS of g / (√u + ε)
         over a threshold, and decay at the full rate.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: mean of g; u: mean of g²; both shaped like x and corrected; t: steps done."""

    v: Array
    u: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(v=zero, u=zero, t=0)


def debiased(beta: float, t: int) -> float:
    """β̂ at step t ≥ 1: 0 at first, then towards β."""
    return beta * (1 - beta ** (t - 1)) / (1 - beta**t)


def averages(g: Array, state: State, *, beta1: float, beta2: float) -> State:
    """v and u after one more gradient."""
    t = state.t + 1
    beta1, beta2 = debiased(beta1, t), debiased(beta2, t)
    return State(beta1 * state.v + (1 - beta1) * g, beta2 * state.u + (1 - beta2) * g**2, t)


def mean_square(x: Array) -> Array:
    """The mean of x²; 0 for a tensor without entries."""
    return np.sum(x**2) / max(x.size, 1)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.99, eps: float = 1e-8,
         weight_decay: float = 0.01) -> tuple[Array, State]:
    """One update of one tensor."""
    state = averages(g, state, beta1=beta1, beta2=beta2)
    rms = np.sqrt(mean_square(g / np.sqrt(np.maximum(state.u, eps**2))))
    rate = lr / np.maximum(1.0, rms)
    return x - rate * weight_decay * x - rate * state.v / (np.sqrt(state.u) + eps), state


def timm_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
              eps: float = 1e-8, weight_decay: float = 0.01, threshold: float = 1.0) -> tuple[Array, State]:
    """x - η λ x - η / max(1, RMS/d) v / (√u + ε), RMS being that of g / (√u + ε), d the threshold."""
    state = averages(g, state, beta1=beta1, beta2=beta2)
    denominator = np.sqrt(state.u) + eps
    rms = np.sqrt(mean_square(g / denominator))
    rate = lr / np.maximum(1.0, rms / threshold)
    return x - lr * weight_decay * x - rate * state.v / denominator, state
