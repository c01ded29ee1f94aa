"""Momentum, velocity form: a ball that rolls downhill, slowed by friction.

    v_t = α v_{t-1} - η_t g_t,   v_0 = 0                         α is `momentum`; v, x, g of one shape
    x_t = x_{t-1} + v_t

Source   Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
         Sutskever, Martens, Dahl, Hinton, On the importance of initialization and momentum, 2013, equations 1 and 2.
Variant  Keras: as here. The velocity may stand with the other sign (v = α v + η g, x - v): the same numbers.
         torch keeps η outside (`momentum_buffer`): the same while η is constant; under a schedule it is this form
         with α_t = α η_t / η_{t-1}.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: the velocity, shaped like x, in its unit."""

    v: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(v=np.zeros_like(parameters(x)))


def step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9) -> tuple[Array, State]:
    """One update."""
    v = momentum * state.v - lr * g
    return x + v, State(v)
