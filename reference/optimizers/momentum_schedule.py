"""Momentum on a schedule: little friction is allowed late only, when the large gradients of the start are gone.

    α_t = α_0 + (α_1 - α_0) min(1, (t - 1)/T)                    α_0 = 0.5, α_1 = 0.9 (or 0.99); T is `steps`
    v_t = α_t v_{t-1} - η g_t,   v_0 = 0                         v, x, g of one shape
    x_t = x_{t-1} + v_t

Source   Hinton, A practical guide to training restricted Boltzmann machines, 2010, section 9: 0.5, raised to 0.9 once
         the error falls gently. That the way up is straight, and T steps long, is stated here.
Variant  `doubling_step`: Sutskever, Martens, Dahl, Hinton, On the importance of initialization and momentum, 2013,
         section 3: α_t = min(1 - 2^(-1 - log₂(⌊t/250⌋ + 1)), α_max), which starts at 0.5 too. `sudden_step`: α_0, then
         α_1 from step T + 1 on (Hinton's words).
"""

from typing import NamedTuple

import numpy as np

from .._arguments import whole
from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: the velocity, shaped like x; t: steps done."""

    v: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(v=np.zeros_like(parameters(x)), t=0)


def straight(t: int, *, start: float, end: float, steps: int) -> float:
    """α of step t, from 1. Raises ValueError unless steps is 1 or more."""
    return start + (end - start) * min(1.0, (t - 1) / whole("steps", steps, 1))


def doubling(t: int, *, end: float, steps: int) -> Array:
    """1 - 1/2, 1 - 1/4, 1 - 1/6, … each for `steps` steps, and never above `end`."""
    return np.minimum(1 - 0.5 / (t // whole("steps", steps, 1) + 1), end)


def moved(x: Array, g: Array, state: State, *, lr: float, momentum: Array) -> tuple[Array, State]:
    """One update at this step's momentum."""
    v = momentum * state.v - lr * g
    return x + v, State(v, state.t + 1)


def step(x: Array, g: Array, state: State, *, lr: float, start: float = 0.5, end: float = 0.9,
         steps: int = 500) -> tuple[Array, State]:
    """One update."""
    return moved(x, g, state, lr=lr, momentum=straight(state.t + 1, start=start, end=end, steps=steps))


def sudden_step(x: Array, g: Array, state: State, *, lr: float, start: float = 0.5, end: float = 0.9,
                steps: int = 500) -> tuple[Array, State]:
    """One update, without a ramp."""
    return moved(x, g, state, lr=lr, momentum=start if state.t < steps else end)


def doubling_step(x: Array, g: Array, state: State, *, lr: float, end: float = 0.99,
                  steps: int = 250) -> tuple[Array, State]:
    """One update of Sutskever's schedule."""
    return moved(x, g, state, lr=lr, momentum=doubling(state.t + 1, end=end, steps=steps))
