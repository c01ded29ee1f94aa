"""SM3: AdaGrad that remembers one number for each row and each column, the largest sum of squares seen in it.

    ν_t(i) = min_{r ∋ i} μ_{t-1}(r) + g_t(i)²                    x, g, m, ν of one shape; r: the slices along each axis
    m_t = β₁ m_{t-1} + (1 - β₁) g_t / √ν_t,   0/0 = 0            β₁ is `momentum`; 0: m = g / √ν
    x_t = x_{t-1} - η m_t
    μ_t(r) = max_{i ∈ r} ν_t(i),   μ_0 = 0

Source   Anil, Gupta, Koren, Singer, Memory-efficient adaptive optimization, 2019, algorithm SM3-II, over the cover by
         slices of codimension 1.
Variant  √(ν + ε): 10⁻³⁰ in pytorch_optimizer, 10⁻⁸ in optax. pytorch_optimizer averages on request: `forgetting_step`,
         ν = β min μ + (1 - β) g², and μ never falls. An array of one axis has a slice for each entry: AdaGrad.
"""

from functools import reduce
from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: mean of scaled gradients, shaped like x; tops: for each axis μ of its slices, the other axes of length 1."""

    m: Array
    tops: tuple[Array, ...]


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    slices = [tuple(n if axis == own else 1 for axis, n in enumerate(x.shape)) for own in range(x.ndim)]
    return State(zero, tuple(np.zeros(shape) for shape in slices) or (np.zeros(()),))


def largest(nu: Array, axis: int) -> Array:
    """max ν over each slice along the axis."""
    return np.max(nu, axis=tuple(other for other in range(nu.ndim) if other != axis), keepdims=True)


def moved(x: Array, g: Array, nu: Array, state: State, *, lr: float, momentum: float,
          eps: float) -> tuple[Array, Array]:
    """x and m after one more scaled gradient."""
    still = g == 0  # as ν = 0 asks for
    scaled = np.where(still, 0.0, g / np.sqrt(np.where(still, 1.0, nu) + eps))
    m = momentum * state.m + (1 - momentum) * scaled
    return x - lr * m, m


def step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.0,
         eps: float = 0.0) -> tuple[Array, State]:
    """One update."""
    nu = reduce(np.minimum, state.tops) + g**2
    x, m = moved(x, g, nu, state, lr=lr, momentum=momentum, eps=eps)
    return x, State(m, tuple(largest(nu, axis) for axis in range(len(state.tops))))


def forgetting_step(x: Array, g: Array, state: State, *, lr: float, beta: float, momentum: float = 0.0,
                    eps: float = 0.0) -> tuple[Array, State]:
    """ν = β min μ + (1 - β) g²; each μ keeps the largest that it has held."""
    nu = beta * reduce(np.minimum, state.tops) + (1 - beta) * g**2
    x, m = moved(x, g, nu, state, lr=lr, momentum=momentum, eps=eps)
    return x, State(m, tuple(np.maximum(top, largest(nu, axis)) for axis, top in enumerate(state.tops)))
