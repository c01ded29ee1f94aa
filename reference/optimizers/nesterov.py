"""Nesterov's accelerated gradient: momentum whose gradient is taken where the velocity is about to lead.

    v_t = α v_{t-1} - η_t ∇L(x_{t-1} + α v_{t-1}),   v_0 = 0     α is `momentum`; v, x of one shape
    x_t = x_{t-1} + v_t

In the shifted parameters φ = x + α v, where the gradient g_t = ∇L(φ_{t-1}) is taken:

    v_t = α v_{t-1} - η_t g_t,   φ_t = φ_{t-1} + α v_t - η_t g_t

Source   Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983.
         Sutskever, Martens, Dahl, Hinton, On the importance of initialization and momentum, 2013, equations 3 and 4.
Variant  Keras: `shifted_step`, the same for any η_t at constant α. torch: `nesterov_buffer`, the same at constant η.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: the velocity, shaped like x, in its unit."""

    v: Array


def init(x: Array) -> State:
    """The state before the first step, where x and φ coincide. Raises ValueError unless x is float64."""
    return State(v=np.zeros_like(parameters(x)))


def step(x: Array, gradient: Callable[[Array], Array], state: State, *,
         lr: float, momentum: float = 0.9) -> tuple[Array, State]:
    """One update of x; `gradient` gives ∇L anywhere and is called once."""
    v = momentum * state.v - lr * gradient(x + momentum * state.v)
    return x + v, State(v)


def shifted_step(phi: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9) -> tuple[Array, State]:
    """One update of φ, with g = ∇L(φ)."""
    v = momentum * state.v - lr * g
    return phi + momentum * v - lr * g, State(v)


def shifted(x: Array, state: State, *, momentum: float = 0.9) -> Array:
    """φ = x + α v."""
    return x + momentum * state.v


def unshifted(phi: Array, state: State, *, momentum: float = 0.9) -> Array:
    """x = φ - α v."""
    return phi - momentum * state.v
