"""AdaGrad: divide each gradient by the root of the sum of all its past squares.

    r_t = r_{t-1} + g_t²,   r_0 = 0                              r, x, g of one shape
    η_t = η / (1 + (t - 1) κ)                                    κ is `lr_decay`
    x_t = x_{t-1} - η_t g_t / (√r_t + ε)

Source   Duchi, Hazan, Singer, Adaptive subgradient methods for online learning and stochastic optimization, 2011,
         section 1.1 (diagonal, κ = 0). Goodfellow, Bengio, Courville, Deep learning, 2016, algorithm 8.4 (ε = 1e-7).
Variant  torch: as here, ε = 1e-10, η = 0.01, r_0 = 0. Keras 3: `keras_step`, ε under the root, r_0 = 0.1.
         optax: `keras_step`, r_0 = 0.1, and no step where r = 0.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """r: sum of g², shaped like x; t: steps done."""

    r: Array
    t: int


def init(x: Array, *, initial_accumulator_value: float = 0.0) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(r=np.full_like(parameters(x), initial_accumulator_value), t=0)


def step(x: Array, g: Array, state: State, *,
         lr: float, lr_decay: float = 0.0, eps: float = 1e-10) -> tuple[Array, State]:
    """One update."""
    r = state.r + g**2
    rate = lr / (1 + state.t * lr_decay)
    return x - rate * g / (np.sqrt(r) + eps), State(r, state.t + 1)


def keras_step(x: Array, g: Array, state: State, *, lr: float, eps: float = 1e-7) -> tuple[Array, State]:
    """ε under the root, constant η: x - η g / √(r + ε)."""
    r = state.r + g**2
    return x - lr * g / np.sqrt(r + eps), State(r, state.t + 1)
