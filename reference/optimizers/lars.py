"""LARS: momentum whose every step on a layer is as long, in proportion to its weights, as on any other.

    q_t = κ ‖x_{t-1}‖ / (‖g_t‖ + λ ‖x_{t-1}‖),   1 where a norm is 0     x, g, v of one shape: one layer
    v_t = μ v_{t-1} + γ q_t (g_t + λ x_{t-1}),   v_0 = 0                 κ is `trust_coefficient`, γ `lr`
    x_t = x_{t-1} - v_t

Source   You, Gitman, Ginsburg, Large batch training of convolutional networks, 2017, algorithm 1 and equation 6 (which
         leave norms of 0 out).
Variant  `torch_step`: γ outside the buffer, ε in the denominator (torch-optimizer, lightning-bolts, timm); all three
         leave q and λ out where λ = 0, `plain_step`, and the first two wherever a norm is 0. pytorch_optimizer: without
         ε, and without q and λ for biases. `optax_step`: ‖g + λx‖ for ‖g‖ + λ‖x‖. Clipped, min(q / γ, 1): LARC in timm.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: velocity, shaped like x; t: steps done."""

    v: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(v=np.zeros_like(parameters(x)), t=0)


def norm(x: Array) -> Array:
    """‖x‖ over all entries."""
    return np.sqrt(np.sum(x**2))


def unless_zero(ratio: Array, *norms: Array) -> Array:
    """The ratio, or 1 where one of the norms is 0."""
    for length in norms:
        ratio = np.where(length == 0, 1.0, ratio)
    return ratio


def trust(x: Array, g: Array, *, trust_coefficient: float, weight_decay: float, eps: float = 0.0) -> Array:
    """q_t = κ ‖x‖ / (‖g‖ + λ ‖x‖ + ε)."""
    size, slope = norm(x), norm(g)
    return unless_zero(trust_coefficient * size / (slope + weight_decay * size + eps), size, slope)


def step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9, weight_decay: float = 5e-4,
         trust_coefficient: float = 1e-3) -> tuple[Array, State]:
    """One update of one layer."""
    q = trust(x, g, trust_coefficient=trust_coefficient, weight_decay=weight_decay)
    v = momentum * state.v + lr * q * (g + weight_decay * x)
    return x - v, State(v, state.t + 1)


def optax_step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9, weight_decay: float = 0.0,
               trust_coefficient: float = 1e-3, eps: float = 0.0) -> tuple[Array, State]:
    """q = κ ‖x‖ / (‖g + λ x‖ + ε)."""
    d = g + weight_decay * x
    q = trust(x, d, trust_coefficient=trust_coefficient, weight_decay=0.0, eps=eps)
    v = momentum * state.v + lr * q * d
    return x - v, State(v, state.t + 1)


def torch_step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.0, dampening: float = 0.0,
               weight_decay: float = 0.0, trust_coefficient: float = 1e-3, eps: float = 1e-8) -> tuple[Array, State]:
    """d = q (g + λ x);  v = μ v + (1 - dampening) d, v_1 = d_1;  x - γ v."""
    q = trust(x, g, trust_coefficient=trust_coefficient, weight_decay=weight_decay, eps=eps)
    return plain_step(x, q * (g + weight_decay * x), state, lr=lr, momentum=momentum, dampening=dampening)


def plain_step(x: Array, d: Array, state: State, *, lr: float, momentum: float = 0.0,
               dampening: float = 0.0) -> tuple[Array, State]:
    """Momentum as torch has it, along d whatever it is."""
    v = d if state.t == 0 else momentum * state.v + (1 - dampening) * d
    return x - lr * v, State(v, state.t + 1)


def nesterov_step(x: Array, d: Array, state: State, *, lr: float, momentum: float = 0.9) -> tuple[Array, State]:
    """x - γ (d + μ v), v as in `plain_step`."""
    _, state = plain_step(x, d, state, lr=lr, momentum=momentum)
    return x - lr * (d + momentum * state.v), state
