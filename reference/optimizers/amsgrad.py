"""AMSGrad: Adam whose denominator never shrinks.

    m_t, v_t as in Adam                                          m, v, vmax, x, g of one shape
    v̂_t = max(v̂_{t-1}, v_t),   v̂_0 = 0                           v̂ is `vmax`, no correction of m or v
    x_t = x_{t-1} - η m_t / (√v̂_t + ε)

Source   Reddi, Kale, Kumar, On the convergence of Adam and beyond, 2018, algorithm 2 (ε = 0).
Variant  torch: `torch_step`, the maximum of the uncorrected v, then Adam's correction: its rate can rise.
         optax: `optax_step`, the maximum of the corrected v. Keras: `keras_step`, torch's with ε before the correction.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from . import adam
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; v: mean of g², uncorrected; vmax: the largest so far; all shaped like x; t: steps done."""

    m: Array
    v: Array
    vmax: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, v=zero, vmax=zero, t=0)


def moments(g: Array, state: State, *, beta1: float, beta2: float) -> adam.State:
    """Adam's averages after one more gradient."""
    return adam.moments(g, adam.State(state.m, state.v, state.t), beta1=beta1, beta2=beta2)


def step(x: Array, g: Array, state: State, *, lr: float,
         beta1: float = 0.9, beta2: float = 0.999, eps: float = 0.0) -> tuple[Array, State]:
    """One update of the paper; with its ε = 0 a gradient that has always been 0 gives nan."""
    m, v, t = moments(g, state, beta1=beta1, beta2=beta2)
    vmax = np.maximum(state.vmax, v)
    return x - lr * m / (np.sqrt(vmax) + eps), State(m, v, vmax, t)


def torch_step(x: Array, g: Array, state: State, *, lr: float,
               beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """x - η m̂ / (√(vmax / (1 - β₂^t)) + ε), vmax the maximum of the uncorrected v."""
    m, v, t = moments(g, state, beta1=beta1, beta2=beta2)
    vmax = np.maximum(state.vmax, v)
    m_hat, vmax_hat = adam.corrected(adam.State(m, vmax, t), beta1=beta1, beta2=beta2)
    return x - lr * m_hat / (np.sqrt(vmax_hat) + eps), State(m, v, vmax, t)


def optax_step(x: Array, g: Array, state: State, *, lr: float,
               beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """x - η m̂ / (√vmax + ε), vmax the maximum of the corrected v̂."""
    averages = moments(g, state, beta1=beta1, beta2=beta2)
    m_hat, v_hat = adam.corrected(averages, beta1=beta1, beta2=beta2)
    vmax = np.maximum(state.vmax, v_hat)
    return x - lr * m_hat / (np.sqrt(vmax) + eps), State(averages.m, averages.v, vmax, averages.t)


def keras_step(x: Array, g: Array, state: State, *, lr: float,
               beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7) -> tuple[Array, State]:
    """ε before the correction: x - η √(1 - β₂^t) / (1 - β₁^t) m / (√vmax + ε)."""
    m, v, t = moments(g, state, beta1=beta1, beta2=beta2)
    vmax = np.maximum(state.vmax, v)
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return x - rate * m / (np.sqrt(vmax) + eps), State(m, v, vmax, t)
