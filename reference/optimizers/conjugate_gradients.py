"""Conjugate gradients: each direction leaves what the directions before it have achieved. For full batches only.

    d_1 = -g_1;   d_t = -g_t + β_t d_{t-1}                       x, g, d, Hd: n
    β_t = g_tᵀg_t / g_{t-1}ᵀg_{t-1}
    η_t = -g_tᵀd_t / d_tᵀHd_t                                    the minimum along d_t, for a quadratic
    x_{t+1} = x_t + η_t d_t

On a quadratic with n × n Hessian H ≻ 0 the directions are H-conjugate, d_iᵀHd_j = 0, and x_{n+1} is its minimum: at
most n steps, one for each distinct eigenvalue. At g = 0 it stays. Noise in the gradients breaks the conjugacy.

Source   Hestenes, Stiefel, Methods of conjugate gradients for solving linear systems, 1952; Fletcher, Reeves, Function
         minimization by conjugate gradients, 1964 (β for functions at large).
Variant  `polak_ribiere_step`: β = max(0, g_tᵀ(g_t - g_{t-1}) / g_{t-1}ᵀg_{t-1}), the same on a quadratic, and a restart
         elsewhere when progress stalls (Polak, Ribière 1969). Hd comes from `product`; `differenced` makes one out of
         gradients, exactly so on a quadratic. A line search may stand in for η.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters

Product = Callable[[Array], Array]


class State(NamedTuple):
    """d: the last direction; g: the gradient before it; both shaped like x; t: steps done."""

    d: Array
    g: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is a float64 vector."""
    if parameters(x).ndim != 1:
        raise ValueError(f"x must be a vector, got shape {x.shape}: flatten it, as one direction leads through it all")
    return State(np.zeros_like(x), np.zeros_like(x), 0)


def differenced(gradient: Product, x: Array) -> Product:
    """d → ∇f(x + d) - ∇f(x), which is Hd on a quadratic."""
    return lambda d: gradient(x + d) - gradient(x)


def fletcher_reeves(g: Array, state: State) -> Array:
    """β; 0 at the first step."""
    return np.dot(g, g) / np.dot(state.g, state.g) if state.t else 0.0


def polak_ribiere(g: Array, state: State) -> Array:
    """β that forgets the past where the gradient has hardly changed; 0 at the first step."""
    return np.maximum(0.0, np.dot(g, g - state.g) / np.dot(state.g, state.g)) if state.t else 0.0


def along(x: Array, g: Array, d: Array, product: Product, t: int) -> tuple[Array, State]:
    """x moved to the minimum along d."""
    return x - np.dot(g, d) / np.dot(d, product(d)) * d, State(d, g, t + 1)


def step(x: Array, g: Array, product: Product, state: State) -> tuple[Array, State]:
    """One update; product(d) is Hd."""
    if not np.any(g != 0):
        return x, state
    return along(x, g, -g + fletcher_reeves(g, state) * state.d, product, state.t)


def polak_ribiere_step(x: Array, g: Array, product: Product, state: State) -> tuple[Array, State]:
    """One update by the other β."""
    if not np.any(g != 0):
        return x, state
    return along(x, g, -g + polak_ribiere(g, state) * state.d, product, state.t)
