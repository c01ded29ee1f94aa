"""Momentum, running-average form: step along an exponential average of the gradients.

    v_t = β v_{t-1} + (1 - β) g_t,   v_0 = 0                     β is `momentum`; v, x, g of one shape
    x_t = x_{t-1} - η v_t

Source   Ma, Yarats, Quasi-hyperbolic momentum and Adam for deep learning, 2019, section 2 (normalized momentum).
Variant  v_1 = (1 - β) g_1, as optimi with dampening. torch's dampening = β starts undamped, at b_1 = g_1 instead
         (`momentum_buffer`): b_t - v_t = β^t g_1 for ever.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: the average of the gradients, shaped like x."""

    v: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(v=np.zeros_like(parameters(x)))


def step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9) -> tuple[Array, State]:
    """One update."""
    v = momentum * state.v + (1 - momentum) * g
    return x - lr * v, State(v)
