"""Centered RMSprop: divide each gradient by a running standard deviation of its past.

    v_t = ρ v_{t-1} + (1 - ρ) g_t²,   v_0 = 0                    v, m, b, x, g of one shape
    m_t = ρ m_{t-1} + (1 - ρ) g_t,    m_0 = 0
    b_t = μ b_{t-1} + g_t / (√(v_t - m_t²) + ε),   b_0 = 0       μ is `momentum`
    x_t = x_{t-1} - η b_t

Source   Graves, Generating sequences with recurrent neural networks, 2013, section 4.2 (ε under the root).
Variant  torch: as here. Keras 3, TensorFlow: `keras_step`, ε under the root and η inside the buffer.
         v - m² is never negative, but on gradients that hardly vary its rounding is, and torch gives nan.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: mean of g²; m: mean of g; b: momentum of the scaled gradients; all shaped like x."""

    v: Array
    m: Array
    b: Array


def init(x: Array, *, initial_accumulator_value: float = 0.0) -> State:
    """The state before the first step, v_0 being chosen. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(v=np.full_like(x, initial_accumulator_value), m=zero, b=zero)


def step(x: Array, g: Array, state: State, *,
         lr: float, rho: float = 0.99, eps: float = 1e-8, momentum: float = 0.0) -> tuple[Array, State]:
    """One update."""
    v = rho * state.v + (1 - rho) * g**2
    m = rho * state.m + (1 - rho) * g
    b = momentum * state.b + g / (np.sqrt(v - m**2) + eps)
    return x - lr * b, State(v, m, b)


def keras_step(x: Array, g: Array, state: State, *,
               lr: float, rho: float = 0.9, eps: float = 1e-7, momentum: float = 0.0) -> tuple[Array, State]:
    """ε under the root, η inside the buffer: b = μ b + η g / √(v - m² + ε), x - b."""
    v = rho * state.v + (1 - rho) * g**2
    m = rho * state.m + (1 - rho) * g
    b = momentum * state.b + lr * g / np.sqrt(v - m**2 + eps)
    return x - b, State(v, m, b)
