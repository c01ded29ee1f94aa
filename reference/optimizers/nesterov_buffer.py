"""Nesterov momentum, buffer form: the look-ahead taken by one more gradient step along the buffer.

    b_t = μ b_{t-1} + g_t,   b_0 = 0                             μ is `momentum`; b, x, g of one shape
    x_t = x_{t-1} - η_t (g_t + μ b_t)

Source   torch.optim.SGD with nesterov=True. Sutskever, Martens, Dahl, Hinton, On the importance of initialization
         and momentum, 2013, equations 3 and 4, in shifted parameters and with η taken out of the velocity.
Variant  Equal to `nesterov.shifted_step` at constant η only. torch refuses dampening here and needs μ > 0.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """b: the buffer, shaped like x."""

    b: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(b=np.zeros_like(parameters(x)))


def step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9) -> tuple[Array, State]:
    """One update."""
    b = momentum * state.b + g
    return x - lr * (g + momentum * b), State(b)
