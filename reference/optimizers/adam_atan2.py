"""Adam-atan2: Adam with an angle for its quotient, which needs no ε and does not change with the gradient's unit.

    m̂_t, v̂_t as in Adam                                          m, v, x, g of one shape
    x_t = x_{t-1} - η a atan2(m̂_t, b √v̂_t)                       atan2(0, 0) = 0

Source   Everett et al., Scaling exponents across parameterizations and optimizers, 2024, Adam-atan2.
Variant  a = 4/π, b = 1 make a step of η where m̂ = √v̂. adam-atan2-pytorch: a = 1.27, b = 1.
         adam-atan2: `outer_step`, a = b = 1 with m's correction outside the angle.
"""

import numpy as np

from .._arrays import Array
from .adam import State, corrected, init, moments

__all__ = ["State", "init", "outer_step", "step"]


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.99,
         a: float = 1.27, b: float = 1.0) -> tuple[Array, State]:
    """One update."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m, v = corrected(state, beta1=beta1, beta2=beta2)
    return x - lr * a * np.arctan2(m, b * np.sqrt(v)), state


def outer_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
               a: float = 1.0, b: float = 1.0) -> tuple[Array, State]:
    """x - η / (1 - β₁^t) a atan2(m, b √v̂)."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    _, v = corrected(state, beta1=beta1, beta2=beta2)
    return x - lr / (1 - beta1**state.t) * a * np.arctan2(state.m, b * np.sqrt(v)), state
