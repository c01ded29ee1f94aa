"""Grokfast: hand an optimizer each gradient with its own slow part added once more, amplified.

    μ_t = α μ_{t-1} + (1 - α) g_t,   μ_0 = g_1                   μ, g of one shape; the filter by an average
    ĝ_t = g_t + λ μ_t                                            λ is `lamb`

    ĝ_t = g_t + λ (g_{t-w+1} + … + g_t) / w                      the filter by a window, from step w on; g_t before

Source   Lee, Kang, Kim, Lee, Grokfast: accelerated grokking by amplifying slow gradients, 2024, algorithms 1 (window)
         and 2 (average).
Variant  the authors' code, pytorch_optimizer: as here. `eager_window_filtered`: the mean of what the window holds, from
         the first step on (warmup=False). pytorch_optimizer's GrokFastAdamW: coupled decay is amplified too, √v̂ is
         clamped at ε instead of √v̂ + ε, and the constructor's rate, not a group's own, is divided by 1 + λ.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """mu: mean of g, shaped like x; t: gradients seen."""

    mu: Array
    t: int


class Window(NamedTuple):
    """held: the newest gradients, oldest first, each shaped like x."""

    held: tuple[Array, ...]


def init(x: Array) -> State:
    """The state before the first gradient. Raises ValueError unless x is float64."""
    return State(mu=np.zeros_like(parameters(x)), t=0)


def filtered(g: Array, state: State, *, alpha: float = 0.98, lamb: float = 2.0) -> tuple[Array, State]:
    """ĝ by the average, whose first gradient counts in full."""
    mu = g if state.t == 0 else alpha * state.mu + (1 - alpha) * g
    return g + lamb * mu, State(mu, state.t + 1)


def window_init(x: Array) -> Window:
    """The state before the first gradient. Raises ValueError unless x is float64."""
    parameters(x)
    return Window(held=())


def window_filtered(g: Array, state: Window, *, window: int = 100, lamb: float = 5.0) -> tuple[Array, Window]:
    """ĝ by the window, once it is full."""
    held = (*state.held, g)[-window:]
    return (g + lamb * _mean(held) if len(held) == window else g), Window(held)


def eager_window_filtered(g: Array, state: Window, *, window: int = 100, lamb: float = 5.0) -> tuple[Array, Window]:
    """ĝ by the window, full or not."""
    held = (*state.held, g)[-window:]
    return g + lamb * _mean(held), Window(held)


def _mean(held: tuple[Array, ...]) -> Array:
    return np.sum(np.stack(held), axis=0) / len(held)
