"""Adadelta: scale each gradient by the ratio of two running root mean squares, of past steps and of gradients.

    v_t = ρ v_{t-1} + (1 - ρ) g_t²,   v_0 = 0                    v = E[g²], u = E[Δ²], x, g of one shape
    Δ_t = √(u_{t-1} + ε) / √(v_t + ε) g_t
    u_t = ρ u_{t-1} + (1 - ρ) Δ_t²,   u_0 = 0
    x_t = x_{t-1} - η Δ_t

Source   Zeiler, ADADELTA: an adaptive learning rate method, 2012, algorithm 1 (η = 1).
Variant  torch, Keras: as here; u averages Δ before η is applied. ρ = 0.9 (torch) or 0.95 (Keras).
         The first step is √(ε / (1 - ρ)) where g² is far above ε: ε sets the pace at which it starts.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """v: mean of g²; u: mean of Δ²; both shaped like x."""

    v: Array
    u: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(v=zero, u=zero)


def step(x: Array, g: Array, state: State, *,
         lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6) -> tuple[Array, State]:
    """One update."""
    v = rho * state.v + (1 - rho) * g**2
    delta = np.sqrt(state.u + eps) / np.sqrt(v + eps) * g
    u = rho * state.u + (1 - rho) * delta**2
    return x - lr * delta, State(v, u)
