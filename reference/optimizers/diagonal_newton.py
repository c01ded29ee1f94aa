"""Diagonal Newton: each weight steps by the curvature of its own axis, as if the Hessian had no other entries.

    x_t,i = x_{t-1,i} - μ g_i / h_i                              h_i = ∂²f/∂x_i² > 0; μ is `lr`; x, g, h of one shape

Where h_i <= 0 the parabola along the axis has no minimum: there `step` makes no move.

Source   LeCun, Bottou, Orr, Müller, Efficient backprop, 1998, section 9; Zeiler, ADADELTA, 2012, equations 11 to 13.
Variant  `absolute_step`: μ g / (|h| + δ), which descends for either sign (Becker, LeCun, 1989; Sophia clips instead).
         `literal_step`: μ g / h whatever h is; it climbs where h < 0.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """Nothing to remember."""


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    parameters(x)
    return State()


def step(x: Array, g: Array, h: Array, state: State, *, lr: float = 1.0) -> tuple[Array, State]:
    """One update, with no move where h <= 0."""
    return x - lr * np.where(h > 0, g / np.where(h > 0, h, 1.0), 0.0), state


def absolute_step(x: Array, g: Array, h: Array, state: State, *, lr: float = 1.0,
                  delta: float = 0.0) -> tuple[Array, State]:
    """|h| + δ for h."""
    return x - lr * g / (np.abs(h) + delta), state


def literal_step(x: Array, g: Array, h: Array, state: State, *, lr: float = 1.0) -> tuple[Array, State]:
    """g / h; infinite where h = 0."""
    return x - lr * g / h, state
