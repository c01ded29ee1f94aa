"""MADGRAD: from where it started, a step along the sum of all gradients, over the cube root of that of their squares.

    s_k = s_{k-1} + λ_k g_k,   v_k = v_{k-1} + λ_k g_k²,   λ_k = η √k      s, v, z, x, g of one shape; k = 1, 2, …
    z_k = x_0 - s_k / (∛v_k + ε)
    x_k = β x_{k-1} + (1 - β) z_k                                          β is `momentum`

Source   Defazio, Jelassi, Adaptivity without compromise: a momentumized, adaptive, dual averaged gradient method for
         stochastic optimization, 2021, algorithm 1 (whose k starts at 0: λ_k = η √(k + 1)).
Variant  the authors' code, torch-optimizer, timm, pytorch_optimizer, optax: `shifted_step`, (η + ε) √k. Without
         momentum they keep no x_0 and take it back from x: `moving_step`, the same unless decay moves x apart.
         A parameter that has had no step under η = 0 stays: the authors' code, pytorch_optimizer; not timm, optax.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """s: sum of λ g; v: sum of λ g²; x0: where it began; all shaped like x; t: steps done."""

    s: Array
    v: Array
    x0: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(s=zero, v=zero, x0=x, t=0)


def sums(g: Array, state: State, *, lr: float) -> State:
    """s and v after one more gradient."""
    weight = lr * np.sqrt(state.t + 1)
    return State(state.s + weight * g, state.v + weight * g**2, state.x0, state.t + 1)


def travelled(state: State, *, eps: float) -> Array:
    """x_0 - z = s / (∛v + ε)."""
    third = 1 / np.full_like(state.v, 3.0)  # an array, so that its rounding is counted like any other
    return state.s / (state.v**third + eps)


def step(x: Array, g: Array, state: State, *,
         lr: float, momentum: float = 0.9, eps: float = 1e-6) -> tuple[Array, State]:
    """One update."""
    state = sums(g, state, lr=lr)
    return momentum * x + (1 - momentum) * (state.x0 - travelled(state, eps=eps)), state


def shifted_step(x: Array, g: Array, state: State, *,
                 lr: float, momentum: float = 0.9, eps: float = 1e-6) -> tuple[Array, State]:
    """η + ε for η."""
    return step(x, g, state, lr=lr + eps, momentum=momentum, eps=eps)


def moving_step(x: Array, g: Array, state: State, *, lr: float, eps: float = 1e-6) -> tuple[Array, State]:
    """Without momentum, from wherever x is: x - (s_k / (∛v_k + ε) - s_{k-1} / (∛v_{k-1} + ε)); needs ε > 0."""
    before = travelled(state, eps=eps)
    state = sums(g, state, lr=lr)
    return x + before - travelled(state, eps=eps), state
