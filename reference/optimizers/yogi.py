"""Yogi: Adam whose second moment walks towards g² by steps of a size of their own.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t,   m_0 = 0                   m, v, x, g of one shape
    v_t = v_{t-1} - (1 - β₂) sign(v_{t-1} - g_t²) g_t²           sign(0) = 0
    x_t = x_{t-1} - η m_t / (√v_t + ε)

Where v exceeds g², v shrinks by (1 - β₂) g², in Adam by (1 - β₂) (v - g²): a rate cannot rise as fast.

Source   Zaheer, Reddi, Sachan, Kale, Kumar, Adaptive methods for nonconvex optimization, 2018, algorithm 2.
Variant  TensorFlow Addons, torch-optimizer, pytorch_optimizer, optax: `corrected_step`, m and v divided by what Adam
         divides them by, and m_0 = v_0 = 1e-6. The paper leaves v_0 open; this m_0 is a push that fades as β₁^t.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; v: what stands for its square; both shaped like x; t: steps done."""

    m: Array
    v: Array
    t: int


def init(x: Array, *, initial_accumulator_value: float = 0.0, initial_momentum: float = 0.0) -> State:
    """The state before the first step, v_0 and m_0 being chosen. Raises ValueError unless x is float64."""
    v = np.full_like(parameters(x), initial_accumulator_value)
    return State(m=np.full_like(x, initial_momentum), v=v, t=0)


def moments(g: Array, state: State, *, beta1: float, beta2: float) -> State:
    """The averages after one more gradient."""
    m = beta1 * state.m + (1 - beta1) * g
    v = state.v - (1 - beta2) * np.sign(state.v - g**2) * g**2
    return State(m, v, state.t + 1)


def step(x: Array, g: Array, state: State, *, lr: float,
         beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-3) -> tuple[Array, State]:
    """One update of the paper."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    return x - lr * state.m / (np.sqrt(state.v) + eps), state


def corrected_step(x: Array, g: Array, state: State, *, lr: float,
                   beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-3) -> tuple[Array, State]:
    """x - η m̂ / (√v̂ + ε), m̂ = m / (1 - β₁^t), v̂ = v / (1 - β₂^t)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m, v = state.m / (1 - beta1**state.t), state.v / (1 - beta2**state.t)
    return x - lr * m / (np.sqrt(v) + eps), state
