"""RMSprop: divide each gradient by a running root mean square of its past.

    v_t = ρ v_{t-1} + (1 - ρ) g_t²                               v, b, x, g of one shape
    b_t = μ b_{t-1} + g_t / (√v_t + ε),   b_0 = 0                μ is `momentum`
    x_t = x_{t-1} - η b_t

Source   Hinton, Neural networks for machine learning, lecture 6e, 2012 (μ = 0).
         Goodfellow, Bengio, Courville, Deep learning, 2016, algorithm 8.5.
Variant  torch: as here, ρ = 0.99, v_0 = 0. Keras 3, TensorFlow: `keras_step`, ε under the root and η inside the
         buffer, ρ = 0.9. optax: ε under the root. TensorFlow 1, timm's RMSpropTF and HIPS autograd: v_0 = 1.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: mean of g²; b: momentum of the scaled gradients; both shaped like x."""

    v: Array
    b: Array


def init(x: Array, *, initial_accumulator_value: float = 0.0) -> State:
    """The state before the first step, v_0 being chosen. Raises ValueError unless x is float64."""
    return State(v=np.full_like(parameters(x), initial_accumulator_value), b=np.zeros_like(x))


def step(x: Array, g: Array, state: State, *,
         lr: float, rho: float = 0.99, eps: float = 1e-8, momentum: float = 0.0) -> tuple[Array, State]:
    """One update."""
    v = rho * state.v + (1 - rho) * g**2
    b = momentum * state.b + g / (np.sqrt(v) + eps)
    return x - lr * b, State(v, b)


def keras_step(x: Array, g: Array, state: State, *,
               lr: float, rho: float = 0.9, eps: float = 1e-7, momentum: float = 0.0) -> tuple[Array, State]:
    """ε under the root, η inside the buffer: b = μ b + η g / √(v + ε), x - b."""
    v = rho * state.v + (1 - rho) * g**2
    b = momentum * state.b + lr * g / np.sqrt(v + eps)
    return x - b, State(v, b)
