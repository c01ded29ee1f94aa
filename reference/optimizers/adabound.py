"""AdaBound: Adam whose rate of each entry is clipped to bounds that close on a rate of gradient descent.

    m_t, v_t as in Adam                                          m, v, x, g of one shape
    l(t) = η* (1 - 1 / (γ t + 1)),   u(t) = η* (1 + 1 / (γ t))   η* is `final_lr`
    x_t = x_{t-1} - clip(η / √v_t, l(t), u(t)) m_t / √t

Source   Luo, Xiong, Liu, Sun, Adaptive gradient methods with dynamic bound of learning rate, 2019, algorithm 2;
         l and u as in its experiments, γ = 1 - β₂ and η* = 0.1.
Variant  the authors' code, torch-optimizer, pytorch_optimizer: `corrected_step`, Adam's corrections inside the clip, an
         ε, no 1/√t, and η* scaled with η: a schedule of η then moves both; pytorch_optimizer has a floor of 1e-15
         under the root. AMSBound: `amsbound_step`, the largest v.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from . import adam
from ._parameters import parameters


class State(NamedTuple):
    """m, v as Adam's; vmax: the largest v; all shaped like x; base: the rate that η* belongs to; t: steps done."""

    m: Array
    v: Array
    vmax: Array
    base: Array | float
    t: int


def init(x: Array, *, lr: float = 0.0) -> State:
    """The state before the first step; lr is the rate that η* belongs to, 0: the first one that is not 0.

    Raises ValueError unless x is float64.
    """
    zero = np.zeros_like(parameters(x))
    return State(m=zero, v=zero, vmax=zero, base=lr, t=0)


def moments(g: Array, state: State, *, lr: float, beta1: float, beta2: float) -> State:
    """The averages after one more gradient."""
    m, v, t = adam.moments(g, adam.State(state.m, state.v, state.t), beta1=beta1, beta2=beta2)
    return State(m, v, np.maximum(state.vmax, v), np.where(state.base == 0, lr, state.base), t)


def bounds(t: int, *, final_lr: Array | float, gamma: float) -> tuple[Array | float, Array | float]:
    """l(t) and u(t)."""
    return final_lr * (1 - 1 / (gamma * t + 1)), final_lr * (1 + 1 / (gamma * t))


def clipped(rate: Array, t: int, *, final_lr: Array | float, gamma: float) -> Array:
    """Each entry's rate within its bounds."""
    lower, upper = bounds(t, final_lr=final_lr, gamma=gamma)
    return np.clip(rate, lower, upper)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
         final_lr: float = 0.1, gamma: float = 1e-3) -> tuple[Array, State]:
    """One update of the paper; a gradient that has always been 0 takes the upper bound of 0."""
    state = moments(g, state, lr=lr, beta1=beta1, beta2=beta2)
    with np.errstate(divide="ignore"):
        rate = clipped(lr / np.sqrt(state.v), state.t, final_lr=final_lr, gamma=gamma)
    return x - rate * state.m / np.sqrt(state.t), state


def corrected_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                   eps: float = 1e-8, final_lr: float = 0.1, gamma: float = 1e-3,
                   floor: float = 0.0) -> tuple[Array, State]:
    """x - clip(η √(1 - β₂^t) / (1 - β₁^t) / (√(v + floor) + ε), l, u) m, with η* η / η_0 for η*."""
    state = moments(g, state, lr=lr, beta1=beta1, beta2=beta2)
    return x - _corrected(state.v + floor, state, lr, beta1, beta2, eps, final_lr, gamma) * state.m, state


def amsbound_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                  eps: float = 1e-8, final_lr: float = 0.1, gamma: float = 1e-3,
                  floor: float = 0.0) -> tuple[Array, State]:
    """As `corrected_step`, with the largest v."""
    state = moments(g, state, lr=lr, beta1=beta1, beta2=beta2)
    return x - _corrected(state.vmax + floor, state, lr, beta1, beta2, eps, final_lr, gamma) * state.m, state


def _corrected(v: Array, state: State, lr: float, beta1: float, beta2: float, eps: float,
               final_lr: float, gamma: float) -> Array:
    """The clipped rate of each entry; all of it 0 while η is."""
    rate = lr * np.sqrt(1 - beta2**state.t) / (1 - beta1**state.t) / (np.sqrt(v) + eps)
    scaled = final_lr * lr / np.where(state.base == 0, 1.0, state.base)
    return clipped(rate, state.t, final_lr=scaled, gamma=gamma)
