"""Quasi-hyperbolic momentum: the weighted mean of a step of gradient descent and one of momentum.

    b_t = β b_{t-1} + (1 - β) g_t,   b_0 = 0                     b, x, g of one shape; β is `momentum`
    x_t = x_{t-1} - η ((1 - ν) g_t + ν b_t)

Source   Ma, Yarats, Quasi-hyperbolic momentum and Adam for deep learning, 2019, the QHM update.
Variant  none in use. ν = 0 is gradient descent, ν = 1 momentum as an average, ν = β Nesterov's momentum at rate
         η (1 - β); at ν > 1 further two-step methods.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """b: mean of g, shaped like x."""

    b: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(b=np.zeros_like(parameters(x)))


def step(x: Array, g: Array, state: State, *,
         lr: float, momentum: float = 0.999, nu: float = 0.7) -> tuple[Array, State]:
    """One update."""
    b = momentum * state.b + (1 - momentum) * g
    return x - lr * ((1 - nu) * g + nu * b), State(b)
