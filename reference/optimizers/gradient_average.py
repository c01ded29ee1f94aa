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
    """g: the last M gradients, from old to new, along a first axis, zeros before the first; t: gradients seen."""

    g: Array
    t: int


def init(x: Array, *, window: int) -> State:
    """The state before the first step. Raises ValueError unless x is float64 and window is 1 or more."""
    zero = np.zeros_like(parameters(x))
    return State(g=np.stack([zero] * whole("window", window, 1)), t=0)


def pushed(g: Array, state: State) -> State:
    """The last gradients after one more."""
    return State(np.concatenate([state.g[1:], g[None]]), state.t + 1)


def step(x: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """One update."""
    state = pushed(g, state)
    return x - lr * (np.sum(state.g, axis=0) / min(state.t, len(state.g))), state


def padded_step(x: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """One update, the gradients before the first counted as zeros."""
    state = pushed(g, state)
    return x - lr * np.mean(state.g, axis=0), state


def fresh_step(x: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """One more gradient at the same x; every M-th makes a step along the mean of the last M."""
    state = pushed(g, state)
    return (x if state.t % len(state.g) else x - lr * np.mean(state.g, axis=0)), state
