"""Lazy Adam: of a gradient that touches few rows, as an embedding's does, only these rows are averaged and moved.

    rows i that g_t touches (some entry is not 0)                v, m, x, g of one shape; a row is an x[i]
        m_t = m_{t-1} + (1 - β₁) (g_t - m_{t-1}),   v_t = v_{t-1} + (1 - β₂) (g_t² - v_{t-1})
        x_t = x_{t-1} - η √(1 - β₂^t) / (1 - β₁^t) m_t / (√v_t + ε)
    all other rows keep m, v and x;   t counts every step, whatever it touches

Source   torch.optim.SparseAdam; TensorFlow's LazyAdam. No paper defines it.
Variant  torch: as here; an entry that is 0 in a row that is touched is averaged as 0. The averages by increments lose
         digits where v falls fast, as β₂ = 0 makes it. Adam itself lets untouched rows decay and move: the two agree
         where every row is touched, but for ε before the correction.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of g; v: mean of g²; both shaped like x, over the steps that touched the row; t: steps done."""

    m: Array
    v: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64 with at least one dimension."""
    if parameters(x).ndim < 1:
        raise ValueError("x must have rows, got a scalar: give it to another optimizer")
    zero = np.zeros_like(x)
    return State(m=zero, v=zero, t=0)


def weights(g: Array) -> Array:
    """The sum of |g| over each row, shaped to stand beside g: 0 for a row that is not touched."""
    return np.sum(np.abs(g), axis=tuple(range(1, g.ndim)), keepdims=True) if g.ndim > 1 else np.abs(g)


def step(x: Array, g: Array, state: State, *, lr: float,
         beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> tuple[Array, State]:
    """One update."""
    untouched, t = weights(g) == 0, state.t + 1
    m = state.m + (1 - beta1) * (g - state.m)
    v = state.v + (1 - beta2) * (g**2 - state.v)
    moved = x - lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps)
    return np.where(untouched, x, moved), State(np.where(untouched, state.m, m), np.where(untouched, state.v, v), t)
