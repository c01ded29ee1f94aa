"""Muon: momentum for matrices, each update brought near to the nearest matrix with orthonormal rows or columns.

    b_t = μ b_{t-1} + (1 - μ) g_t,   b_0 = 0                     μ is `momentum`; b, u, x, g: n × m matrices
    u_t = (1 - μ) g_t + μ b_t                                    with `nesterov`; else b_t
    o_t = S_k(… S_1(u_t / max(‖u_t‖, ε)))                        S(y) = a y + (b y yᵀ + c (y yᵀ)²) y, of the wide form
    x_t = x_{t-1} - η √max(1, n/m) o_t

S maps each singular value σ to aσ + bσ³ + cσ⁵ and leaves the singular vectors; five times it brings all of [0.01, 1]
to within about [0.7, 1.2].

Source   Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein, Muon: an optimizer for hidden layers in neural
         networks, 2024, with the averaged b of its published code.
Variant  torch: as here, S in bfloat16; x ← x (1 - η λ) before. `matched_rate`: 0.2 η √max(n, m), from Liu et al., Muon
         is scalable for LLM training, 2025. The first publication: `summed_direction`, b_t = μ b_{t-1} + g_t (Keras,
         which adds ε to ‖u‖).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class State(NamedTuple):
    """b: mean of g, shaped like x."""

    b: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is a float64 matrix."""
    if parameters(x).ndim != 2:
        raise ValueError(f"x must be a matrix, got shape {x.shape}: give other parameters to another optimizer")
    return State(b=np.zeros_like(x))


def orthogonalized(u: Array, *, coefficients: tuple[float, float, float] = COEFFICIENTS, steps: int = 5,
                   eps: Any = 1e-7, stored: Callable[[Any], Any] = lambda y: y) -> Array:
    """S taken `steps` times of u / max(‖u‖, ε); each intermediate is kept as `stored` gives it."""
    tall = u.shape[0] > u.shape[1]
    y = stored(np.swapaxes(u, 0, 1) if tall else u)
    y = stored(y / np.maximum(stored(np.linalg.norm(y)), eps))
    y = iterated(y, coefficients=coefficients, steps=steps, stored=stored)
    return np.swapaxes(y, 0, 1) if tall else y


def iterated(y: Array, *, coefficients: tuple[float, float, float] = COEFFICIENTS, steps: int = 5,
             stored: Callable[[Any], Any] = lambda y: y) -> Array:
    """S taken `steps` times of a wide matrix."""
    a, b, c = coefficients
    for _ in range(steps):
        gram = stored(y @ np.swapaxes(y, 0, 1))
        y = stored(a * y + stored(b * gram + c * (gram @ gram)) @ y)
    return y


def summed_direction(g: Array, state: State, *, momentum: float = 0.95,
                     nesterov: bool = True) -> tuple[Array, State]:
    """u and the new state of the first publication: b = μ b + g, u = g + μ b."""
    b = momentum * state.b + g
    return (g + momentum * b if nesterov else b), State(b)


def direction(g: Array, state: State, *, momentum: float = 0.95, nesterov: bool = True) -> tuple[Array, State]:
    """u and the new state."""
    b = momentum * state.b + (1 - momentum) * g
    return ((1 - momentum) * g + momentum * b if nesterov else b), State(b)


def rate(shape: tuple[int, ...], *, lr: float) -> Any:
    """η √max(1, n/m)."""
    return lr * np.sqrt(max(1.0, shape[0] / shape[1]))


def matched_rate(shape: tuple[int, ...], *, lr: float) -> Any:
    """0.2 η √max(n, m): entries of o then have a root mean square near that of Adam's updates."""
    return 0.2 * lr * np.sqrt(float(max(shape)))


def step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.95, nesterov: bool = True,
         coefficients: tuple[float, float, float] = COEFFICIENTS, steps: int = 5,
         eps: float = 1e-7) -> tuple[Array, State]:
    """One update."""
    u, state = direction(g, state, momentum=momentum, nesterov=nesterov)
    return x - rate(x.shape, lr=lr) * orthogonalized(u, coefficients=coefficients, steps=steps, eps=eps), state
