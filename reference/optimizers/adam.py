"""Adam: running averages of the gradient and of its square, corrected for their start at zero.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t,    m_0 = 0                  m, v, x, g of one shape
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²,   v_0 = 0
    m̂_t = m_t / (1 - β₁^t),   v̂_t = v_t / (1 - β₂^t)
    x_t = x_{t-1} - η m̂_t / (√v̂_t + ε)

Source   Kingma, Ba, Adam: a method for stochastic optimization, 2015, algorithm 1; ε̂ at the end of section 2.
Variant  torch, optax: as here. Keras, TensorFlow: `keras_step`, ε before the correction; it is torch's with
         ε_t = ε / √(1 - β₂^t). `under_root_step`: ε added to v̂. `uncorrected_step`: BertAdam.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
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


def moments(g: Array, state: State, *, beta1: float, beta2: float) -> State:
    """The averages after one more gradient."""
    m = beta1 * state.m + (1 - beta1) * g
    v = beta2 * state.v + (1 - beta2) * g**2
    return State(m, v, state.t + 1)


def corrected(state: State, *, beta1: float, beta2: float) -> tuple[Array, Array]:
    """m̂ and v̂: the averages divided by the weight that they hold so far."""
    return state.m / (1 - beta1**state.t), state.v / (1 - beta2**state.t)


def step(x: Array, g: Array, state: State, *, lr: float,
         beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """One update."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m, v = corrected(state, beta1=beta1, beta2=beta2)
    return x - lr * m / (np.sqrt(v) + eps), state


def keras_step(x: Array, g: Array, state: State, *, lr: float,
               beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7) -> tuple[Array, State]:
    """ε before the correction: x - η √(1 - β₂^t) / (1 - β₁^t) m / (√v + ε)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    rate = lr * np.sqrt(1 - beta2**state.t) / (1 - beta1**state.t)
    return x - rate * state.m / (np.sqrt(state.v) + eps), state


def under_root_step(x: Array, g: Array, state: State, *, lr: float,
                    beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """ε under the root: x - η m̂ / √(v̂ + ε)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m, v = corrected(state, beta1=beta1, beta2=beta2)
    return x - lr * m / np.sqrt(v + eps), state


def uncorrected_step(x: Array, g: Array, state: State, *, lr: float,
                     beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """No correction: x - η m / (√v + ε)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    return x - lr * state.m / (np.sqrt(state.v) + eps), state
