"""Optimistic descent: step as if the gradient would go on changing as it just did.

    x_t = x_{t-1} - η ((α + β) g_t - β g_{t-1}),   g_0 = g_1     x, g of one shape

α = β = 1: 2 g_t - g_{t-1}, the extrapolated gradient. In a game of two players it comes to rest where plain descent
circles.

Source   Daskalakis, Ilyas, Syrgkanis, Zeng, Training GANs with optimism, 2018, section 2 (α = β = 1) and algorithm 1,
         where g_t is Adam's direction m̂ / (√v̂ + ε); α and β: Mokhtari, Ozdaglar, Pattathil, A unified analysis of
         extra-gradient and optimistic gradient methods, 2020, generalized OGDA.
Variant  optax: as here. Algorithm 1 takes 0 for the direction before the first, so that its first step is (α + β) g_1:
         `from_zero_step`.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """p: the gradient before, shaped like x; t: steps done."""

    p: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(p=np.zeros_like(parameters(x)), t=0)


def step(x: Array, g: Array, state: State, *, lr: float, alpha: float = 1.0, beta: float = 1.0) -> tuple[Array, State]:
    """One update."""
    return from_zero_step(x, g, state if state.t else state._replace(p=g), lr=lr, alpha=alpha, beta=beta)


def from_zero_step(x: Array, g: Array, state: State, *, lr: float, alpha: float = 1.0,
                   beta: float = 1.0) -> tuple[Array, State]:
    """g_0 = 0."""
    return x - lr * ((alpha + beta) * g - beta * state.p), State(g, state.t + 1)
