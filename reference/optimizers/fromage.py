"""Fromage: every layer moves by the same share η of its own norm, and shrinks by what keeps it from growing.

    r_t = ‖x_{t-1}‖ / ‖g_t‖,   1 where a norm is 0               x, g of one shape: one layer
    x_t = (x_{t-1} - η r_t g_t) / √(1 + η²)

A step at right angles to x leaves its norm as it was.

Source   Bernstein, Vahdat, Yue, Liu, On the distance between two neural networks and the stability of learning, 2020,
         algorithm 1, which leaves norms of 0 out.
Variant  the authors' code, pytorch_optimizer: as here, and on request a bound on ‖x‖. optax: `floored_step`, neither
         norm below 10⁻⁶.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters
from .lars import norm, unless_zero


class State(NamedTuple):
    """Nothing to remember."""


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    parameters(x)
    return State()


def step(x: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """One update of one layer."""
    size, slope = norm(x), norm(g)
    ratio = unless_zero(size / np.where(slope == 0, 1.0, slope), size, slope)
    return (x - lr * ratio * g) / np.sqrt(1 + lr**2), state


def floored_step(x: Array, g: Array, state: State, *, lr: float, min_norm: float = 1e-6) -> tuple[Array, State]:
    """No norm is below `min_norm`."""
    ratio = np.maximum(norm(x), min_norm) / np.maximum(norm(g), min_norm)
    return (x - lr * ratio * g) / np.sqrt(1 + lr**2), state
