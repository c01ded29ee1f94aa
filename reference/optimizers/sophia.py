"""Sophia: momentum over an average of the Hessian's diagonal, each entry clipped; the diagonal comes in now and then.

    h_t = β₂ h_{t-k} + (1 - β₂) ĥ_t   at t = 1, k + 1, 2k + 1, …, and h_t = h_{t-1} elsewhere
    m_t = β₁ m_{t-1} + (1 - β₁) g_t,   m_0 = h_0 = 0             m, h, x, g of one shape
    x_t = x_{t-1} (1 - η λ) - η clip(m_t / max(γ h_t, ε), -1, 1)

ĥ estimates the diagonal: `hutchinson`, z ⊙ Hz, z normal, on average diag H; `gauss_newton_bartlett`, B ĝ ⊙ ĝ with ĝ the
mean gradient of B examples at labels drawn from the model itself. Where h <= 0 it steps by the sign of m.

Source   Liu, Li, Hall, Liang, Ma, Sophia: a scalable stochastic second-order optimizer for language model pre-training,
         2024, algorithm 3; the estimators are its algorithms 1 and 2.
Variant  sophia-opt: `bartlett_step`, min(|m| / (ρ B h + 10⁻¹⁵), 1) with the sign of m, h a mean of ĝ² without B; the
         user calls update_hessian, after the step, and there is no ε. pytorch_optimizer (SophiaH):
         `bounded_step`, clip(m / max(h, ε), -p, p). optax: m̂ for m, and h is renewed after the move, from t = 1 on.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; h: mean of ĥ; shaped like x; t: steps done."""

    m: Array
    h: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, h=zero, t=0)


def hutchinson(product: Array, z: Array) -> Array:
    """ĥ from Hz and z, whose entries are independent with mean 0 and variance 1."""
    return z * product


def gauss_newton_bartlett(mean_gradient: Array, *, examples: int) -> Array:
    """ĥ from the mean gradient over B examples at drawn labels."""
    return examples * mean_gradient**2


def observed(g: Array, state: State, estimate: Array | None, *, beta1: float, beta2: float) -> State:
    """The averages after one more gradient and, unless it is None, one more estimate of the diagonal."""
    h = state.h if estimate is None else beta2 * state.h + (1 - beta2) * estimate
    return State(beta1 * state.m + (1 - beta1) * g, h, state.t + 1)


def step(x: Array, g: Array, estimate: Array | None, state: State, *, lr: float, beta1: float = 0.96,
         beta2: float = 0.99, gamma: float = 0.01, eps: float = 1e-12,
         weight_decay: float = 0.0) -> tuple[Array, State]:
    """One update."""
    state = observed(g, state, estimate, beta1=beta1, beta2=beta2)
    move = np.clip(state.m / np.maximum(gamma * state.h, eps), -1.0, 1.0)
    return x * (1 - lr * weight_decay) - lr * move, state


def bounded_step(x: Array, g: Array, estimate: Array | None, state: State, *, lr: float, beta1: float = 0.96,
                 beta2: float = 0.99, p: float = 0.01, eps: float = 1e-12) -> tuple[Array, State]:
    """clip(m / max(h, ε), -p, p): the definition at γ = p, ε = p ε, η = η p."""
    state = observed(g, state, estimate, beta1=beta1, beta2=beta2)
    return x - lr * np.clip(state.m / np.maximum(state.h, eps), -p, p), state


def bartlett_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.965, rho: float = 0.04,
                  batch: float = 5120.0) -> tuple[Array, State]:
    """One update by the h that is there."""
    m = beta1 * state.m + (1 - beta1) * g
    return x - lr * np.sign(m) * np.minimum(np.abs(m) / (rho * batch * state.h + 1e-15), 1.0), \
        State(m, state.h, state.t + 1)
