"""QHAdam: Adam whose two averages are each mixed with the newest gradient.

    m̂_t, v̂_t as in Adam                                          m, v, x, g of one shape
    x_t = x_{t-1} - η ((1 - ν₁) g_t + ν₁ m̂_t) / (√((1 - ν₂) g_t² + ν₂ v̂_t) + ε)

Source   Ma, Yarats, Quasi-hyperbolic momentum and Adam for deep learning, 2019, the QHAdam update.
Variant  qhoptim, torch-optimizer, pytorch_optimizer: `weighted_step`, which keeps the corrected averages and the sums
         of their weights: the same at constant β, another rule while β changes. ν₁ = ν₂ = 1 is Adam, ν₁ = 0, ν₂ = 1
         corrected RMSprop.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from . import adam
from ._parameters import parameters
from .adam import State, init

__all__ = ["State", "Weighted", "init", "step", "weighted_init", "weighted_step"]


class Weighted(NamedTuple):
    """m: mean of g; v: mean of g²; both shaped like x and corrected; w1, w2: the sums 1 + β + … + β^(t-1)."""

    m: Array
    v: Array
    w1: Array
    w2: Array


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
         nu1: float = 1.0, nu2: float = 1.0, eps: float = 1e-8) -> tuple[Array, State]:
    """One update."""
    state = adam.moments(g, state, beta1=beta1, beta2=beta2)
    m, v = adam.corrected(state, beta1=beta1, beta2=beta2)
    return x - lr * _direction(g, m, v, nu1, nu2, eps), state


def weighted_init(x: Array) -> Weighted:
    """The state of `weighted_step` before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return Weighted(m=zero, v=zero, w1=np.zeros(()), w2=np.zeros(()))


def weighted_step(x: Array, g: Array, state: Weighted, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                  nu1: float = 1.0, nu2: float = 1.0, eps: float = 1e-8) -> tuple[Array, Weighted]:
    """w ← 1 + β w, m ← m + (g - m) / w₁, v ← v + (g² - v) / w₂: averages that need no correction."""
    w1, w2 = 1 + beta1 * state.w1, 1 + beta2 * state.w2
    m = (1 - 1 / w1) * state.m + g / w1
    v = (1 - 1 / w2) * state.v + g**2 / w2
    return x - lr * _direction(g, m, v, nu1, nu2, eps), Weighted(m, v, w1, w2)


def _direction(g: Array, m: Array, v: Array, nu1: float, nu2: float, eps: float) -> Array:
    """The mixed mean over the root of the mixed square."""
    return ((1 - nu1) * g + nu1 * m) / (np.sqrt((1 - nu2) * g**2 + nu2 * v) + eps)
