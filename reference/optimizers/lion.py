"""Lion: step by the sign of a momentum that looks at the new gradient harder than it remembers it.

    c_t = β₁ m_{t-1} + (1 - β₁) g_t                              m, x, g of one shape
    x_t = x_{t-1} - η (sign(c_t) + λ x_{t-1})                    sign(0) = 0
    m_t = β₂ m_{t-1} + (1 - β₂) g_t,   m_0 = 0

Source   Chen et al., Symbolic discovery of optimization algorithms, 2023, algorithm 2.
Variant  torch packages: x (1 - η λ) before the step, the same sum. optax: `smooth_step` and `refined_step` on request.
         λ = 0 is signSGD with momentum where β₁ = β₂, and signSGD where both are 0.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g, shaped like x."""

    m: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(m=np.zeros_like(parameters(x)))


def averages(g: Array, state: State, *, beta1: float, beta2: float) -> tuple[Array, State]:
    """c_t, which gives the direction, and m_t, which is kept."""
    c = beta1 * state.m + (1 - beta1) * g
    return c, State(beta2 * state.m + (1 - beta2) * g)


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.99,
         weight_decay: float = 0.0) -> tuple[Array, State]:
    """One update."""
    c, state = averages(g, state, beta1=beta1, beta2=beta2)
    return x - lr * (np.sign(c) + weight_decay * x), state


def smooth_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.99,
                weight_decay: float = 0.0, smooth: float = 1.0) -> tuple[Array, State]:
    """tanh(s c) for sign(c): it tends to Lion's step as s grows."""
    c, state = averages(g, state, beta1=beta1, beta2=beta2)
    return x - lr * (np.tanh(smooth * c) + weight_decay * x), state


def refined_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.99,
                 weight_decay: float = 0.0) -> tuple[Array, State]:
    """c itself up to size 1, its sign beyond: Lion's step clipped instead of rounded."""
    c, state = averages(g, state, beta1=beta1, beta2=beta2)
    return x - lr * (np.clip(c, -1.0, 1.0) + weight_decay * x), state
