"""Gradient average: step along the mean of the last M gradients, all of one weight.

    v_t = 1/min(t, M) Σ g_k over the last min(t, M) gradients    M is `window`; v, x, g of one shape
    x_t = x_{t-1} - η v_t

At a fixed x, with independent gradients of variance σ², v has the variance σ²/M; over an epoch it is the full gradient.

Source   a moving average (the exponential one is `momentum_average`); for its use Polyak, Juditsky, Acceleration of
         stochastic approximation by averaging, 1992, who average x itself.
Variant  Before step M the window holds t gradients; `padded_step` divides by M from the start, as if zeros had come
         before. `fresh_step`: M gradients at one x, then one step (gradient accumulation with a mean; optax's
         MultiSteps); with a sum, as in a plain torch loop, η is M times as large.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import whole
from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """g: the last gradients, from old to new, along a first axis of at most M."""

    g: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(g=np.zeros_like(parameters(x))[None][:0])


def pushed(g: Array, state: State, *, window: int) -> State:
    """The last gradients after one more. Raises ValueError unless window is 1 or more."""
    return State(np.concatenate([state.g, g[None]])[-whole("window", window, 1):])


def step(x: Array, g: Array, state: State, *, lr: float, window: int) -> tuple[Array, State]:
    """One update."""
    state = pushed(g, state, window=window)
    return x - lr * np.mean(state.g, axis=0), state


def padded_step(x: Array, g: Array, state: State, *, lr: float, window: int) -> tuple[Array, State]:
    """One update, the gradients before the first counted as zeros."""
    state = pushed(g, state, window=window)
    return x - lr * (np.sum(state.g, axis=0) / window), state


def fresh_step(x: Array, g: Array, state: State, *, lr: float, window: int) -> tuple[Array, State]:
    """One more gradient at the same x; the M-th of them makes a step along their mean, and all are forgotten."""
    state = pushed(g, state, window=window)
    if len(state.g) < window:
        return x, state
    return x - lr * np.mean(state.g, axis=0), State(state.g[:0])
