"""Adafactor: RMSprop whose second moment is kept as one mean a row and one a column, and whose steps are relative.

    w_t = t^τ,   ρ_t = min(η, 1/√t),   α_t = max(ε₂, RMS(x_{t-1})) ρ_t       τ is `beta2_decay`, below 0
    r_t = (1 - w_t) r_{t-1} + w_t mean over columns of s                     s = g_t² + ε₁
    c_t = (1 - w_t) c_{t-1} + w_t mean over rows of s                        x, g: … × n × m, r: … × n × 1, c: … × 1 × m
    v_t = r_t c_t / mean of r_t            where x has fewer than two dimensions: v_t = (1 - w_t) v_{t-1} + w_t s
    u_t = g_t / √v_t
    x_t = x_{t-1} - α_t u_t / max(1, RMS(u_t) / d)

Source   Shazeer, Stern, Adafactor: adaptive learning rates with sublinear memory cost, 2018, algorithms 4 and 5 (with
         sums in the place of means, which is the same).
Variant  torch: `torch_step`, ε₁ is a floor of mean r, its square one of v, and s = g²; decay x (1 - η λ) beside RMS of
         the undecayed x; ε₁ is the dtype's spacing at 1. transformers: as here, with λ times α_t.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class Factored(NamedTuple):
    """r: mean square of each row; c: of each column; t: steps done."""

    r: Array
    c: Array
    t: int


class Full(NamedTuple):
    """v: mean square of each entry, shaped like x; t: steps done."""

    v: Array
    t: int


def init(x: Array) -> Factored | Full:
    """The state before the first step. Raises ValueError unless x is float64."""
    if parameters(x).ndim < 2:
        return Full(np.zeros_like(x), 0)
    zero = np.zeros_like(x)
    return Factored(zero[..., :1], zero[..., :1, :], 0)


def rms(x: Array) -> Array:
    """The root mean square of all entries."""
    return np.sqrt(np.mean(x**2))


def averaged(squares: Array, state: Factored | Full, *, beta2_decay: float) -> Factored | Full:
    """The state after one more array of squares."""
    t = state.t + 1
    w = float(t) ** beta2_decay
    if isinstance(state, Full):
        return Full((1 - w) * state.v + w * squares, t)
    rows, columns = (np.mean(squares, axis=axis, keepdims=True) for axis in (-1, -2))
    return Factored((1 - w) * state.r + w * rows, (1 - w) * state.c + w * columns, t)


def second_moment(state: Factored | Full, *, least: float = 0.0) -> Array:
    """v, the mean of r being at least `least`."""
    if isinstance(state, Full):
        return state.v
    return state.r * state.c / np.maximum(np.mean(state.r, axis=-2, keepdims=True), least)


def moved(x: Array, u: Array, size: Array, t: int, *, lr: float, eps2: float, d: float) -> Array:
    """x after the step along u, whose RMS is clipped to d, at a rate relative to `size`."""
    rate = np.maximum(size, eps2) * np.minimum(lr, 1 / np.sqrt(float(t)))
    return x - rate / np.maximum(rms(u) / d, 1.0) * u


def step(x: Array, g: Array, state: Factored | Full, *, lr: float = 1e-2, beta2_decay: float = -0.8,
         eps1: float = 1e-30, eps2: float = 1e-3, d: float = 1.0) -> tuple[Array, Factored | Full]:
    """One update of the paper."""
    state = averaged(g**2 + eps1, state, beta2_decay=beta2_decay)
    u = g / np.sqrt(second_moment(state))
    return moved(x, u, rms(x), state.t, lr=lr, eps2=eps2, d=d), state


def torch_step(x: Array, g: Array, state: Factored | Full, *, lr: float = 1e-2, beta2_decay: float = -0.8,
               eps1: float = 2.0**-52, eps2: float = 1e-3, d: float = 1.0,
               weight_decay: float = 0.0) -> tuple[Array, Factored | Full]:
    """ε₁ as a floor: v = r c / max(mean r, ε₁), u = g / √max(v, ε₁²)."""
    state = averaged(g**2, state, beta2_decay=beta2_decay)
    u = g / np.sqrt(np.maximum(second_moment(state, least=eps1), eps1**2))
    return moved(x * (1 - lr * weight_decay), u, rms(x), state.t, lr=lr, eps2=eps2, d=d), state
