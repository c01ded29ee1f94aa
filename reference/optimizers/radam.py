"""RAdam: Adam that waits until the variance of its second moment is bounded, and shortens its steps until it settles.

    m_t, v_t as in Adam,   m̂_t = m_t / (1 - β₁^t)                m, v, x, g of one shape
    ρ_∞ = 2 / (1 - β₂) - 1,   ρ_t = ρ_∞ - 2 t β₂^t / (1 - β₂^t)
    r_t = √((ρ_t - 4) (ρ_t - 2) ρ_∞ / ((ρ_∞ - 4) (ρ_∞ - 2) ρ_t))
    x_t = x_{t-1} - η r_t m̂_t √((1 - β₂^t) / v_t)    if ρ_t > 4
    x_t = x_{t-1} - η m̂_t                            otherwise

Source   Liu, Jiang, He, Chen, Liu, Gao, Han, On the variance of the adaptive learning rate and beyond, 2020,
         algorithm 2.
Variant  torch: `torch_step`, threshold 5 and √v + ε. optax: `optax_step`, threshold 5 and √v̂ + ε.
         The authors' code: as torch, but ρ_t = 5 is rectified. With β₂ <= 0.6 nothing ever is (ρ_∞ <= 4).
"""

from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from . import adam
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; v: mean of g²; both shaped like x and uncorrected; t: steps done."""

    m: Array
    v: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, v=zero, t=0)


def lengths(t: int, *, beta2: float) -> tuple[float, float]:
    """ρ_t and ρ_∞: over how many steps v averages, now and in the end."""
    last = 2 / (1 - beta2) - 1
    return last - 2 * t * beta2**t / (1 - beta2**t), last


def rectification(rho: float, last: float) -> Any:
    """r_t."""
    return np.sqrt((rho - 4) * (rho - 2) * last / ((last - 4) * (last - 2) * rho))


def moments(g: Array, state: State, *, beta1: float, beta2: float) -> State:
    """Adam's averages after one more gradient."""
    return State(*adam.moments(g, adam.State(*state), beta1=beta1, beta2=beta2))


def step(x: Array, g: Array, state: State, *, lr: float,
         beta1: float = 0.9, beta2: float = 0.999) -> tuple[Array, State]:
    """One update of the paper; without an ε a gradient that has always been 0 gives nan once rectified."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m = state.m / (1 - beta1**state.t)
    rho, last = lengths(state.t, beta2=beta2)
    if rho > 4:
        m = rectification(rho, last) * m * np.sqrt((1 - beta2**state.t) / state.v)
    return x - lr * m, state


def torch_step(x: Array, g: Array, state: State, *, lr: float,
               beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """Rectified where ρ > 5, by r √(1 - β₂^t) / (√v + ε)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m = state.m / (1 - beta1**state.t)
    rho, last = lengths(state.t, beta2=beta2)
    if rho > 5:
        m = rectification(rho, last) * m * np.sqrt(1 - beta2**state.t) / (np.sqrt(state.v) + eps)
    return x - lr * m, state


def optax_step(x: Array, g: Array, state: State, *, lr: float,
               beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """Rectified where ρ >= 5, by r / (√v̂ + ε): ε after the correction."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m, v = adam.corrected(adam.State(*state), beta1=beta1, beta2=beta2)
    rho, last = lengths(state.t, beta2=beta2)
    if rho >= 5:
        m = rectification(rho, last) * m / (np.sqrt(v) + eps)
    return x - lr * m, state
