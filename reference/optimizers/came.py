"""CAME: Adafactor with momentum, whose steps shrink where the momentum and the newest update disagree.

    r_t = β₂ r_{t-1} + (1 - β₂) mean over columns of g_t² + ε₁           x, g, u, m: … × n × m
    c_t = β₂ c_{t-1} + (1 - β₂) mean over rows of g_t² + ε₁              r, R: … × n × 1;  c, C: … × 1 × m
    u_t = g_t / √(r_t c_t / mean r_t),   û_t = u_t / max(1, RMS(u_t)/d)
    m_t = β₁ m_{t-1} + (1 - β₁) û_t
    R_t, C_t = the same means, at β₃, of (û_t - m_t)² + ε₂
    x_t = x_{t-1} - η m_t / √(R_t C_t / mean R_t)

All start at 0 and nothing is corrected for it. Where x has fewer than two dimensions, v is a mean of g² + ε₁
for each entry, u = g / √v, and the step is η m.

Source   Luo et al., CAME: confidence-guided adaptive memory efficient optimization, 2023, algorithm 2 (with sums for
         means, which is the same); fewer dimensions as its published code.
Variant  came-pytorch, pytorch_optimizer: x (1 - η λ) before the step.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters
from .adafactor import rms


class Factored(NamedTuple):
    """r, c: mean squares of g; m: mean of û; rows, columns: mean squares of û - m."""

    r: Array
    c: Array
    m: Array
    rows: Array
    columns: Array


class Full(NamedTuple):
    """v: mean square of g; m: mean of û; shaped like x."""

    v: Array
    m: Array


def init(x: Array) -> Factored | Full:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    if x.ndim < 2:
        return Full(zero, zero)
    return Factored(zero[..., :1], zero[..., :1, :], zero, zero[..., :1], zero[..., :1, :])


def means(r: Array, c: Array, squares: Array, *, beta: float) -> tuple[Array, Array]:
    """Both means after one more array of squares."""
    rows, columns = (np.mean(squares, axis=axis, keepdims=True) for axis in (-1, -2))
    return beta * r + (1 - beta) * rows, beta * c + (1 - beta) * columns


def product(r: Array, c: Array) -> Array:
    """r c / mean r: of rank one."""
    return r * c / np.mean(r, axis=-2, keepdims=True)


def clipped(u: Array, *, d: float) -> Array:
    """û, whose root mean square is at most d."""
    return u / np.maximum(rms(u) / d, 1.0)


def step(x: Array, g: Array, state: Factored | Full, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
         beta3: float = 0.9999, eps1: float = 1e-30, eps2: float = 1e-16,
         d: float = 1.0) -> tuple[Array, Factored | Full]:
    """One update."""
    squares = g**2 + eps1
    if isinstance(state, Full):
        v = beta2 * state.v + (1 - beta2) * squares
        m = beta1 * state.m + (1 - beta1) * clipped(g / np.sqrt(v), d=d)
        return x - lr * m, Full(v, m)
    r, c = means(state.r, state.c, squares, beta=beta2)
    u = clipped(g / np.sqrt(product(r, c)), d=d)
    m = beta1 * state.m + (1 - beta1) * u
    rows, columns = means(state.rows, state.columns, (u - m) ** 2 + eps2, beta=beta3)
    return x - lr * m / np.sqrt(product(rows, columns)), Factored(r, c, m, rows, columns)
