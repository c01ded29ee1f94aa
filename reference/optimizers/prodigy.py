"""Prodigy: Adam whose rate is found out as D-adaptation finds it, with gradients weighted by that rate.

    λ_k = d_k γ                                                  one d over all parameters; γ is `lr`; β₃ = √β₂
    r_{k+1} = β₃ r_k + d_k λ_k g_kᵀ(x_0 - x_k)             r: a number; s, m, v, x, g: n; all start at 0
    m_{k+1} = β₁ m_k + (1 - β₁) d_k g_k
    v_{k+1} = β₂ v_k + (1 - β₂) d_k² g_k²
    s_{k+1} = β₃ s_k + d_k λ_k g_k
    d̂_{k+1} = c r_{k+1} / ‖s_{k+1}‖₁                             c is `d_coef`
    d_{k+1} = max of d_0 and all d̂ so far
    x_{k+1} = x_k - λ_k m_{k+1} / (√v_{k+1} + d_k ε)

The paper's r and s carry the factor 1 - β₃, and its code's 1/d_0: both cancel in d̂.

Source   Mishchenko, Defazio, Prodigy: an expeditiously adaptive parameter-free learner, 2024, algorithm 4 (Adam).
Variant  prodigyopt, optax: `ahead_step`, d_{k+1} ε for d_k ε; prodigyopt at β₁ = 0 has d_{k+1} g for m. On request
         λ with Adam's corrections (optax always), d_k for λ_k in s (`weight`), d_{k+1} at most d_k · growth once d has
         left d_0. Decoupled decay: x (1 - λ_k w) before the step.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m, v: means of dg, d²g²; s: sum of dλg; x0: the start; d, most: rate, largest d̂; r: numerator; k: steps done."""

    m: Array
    v: Array
    s: Array
    x0: Array
    d: Any
    most: Any
    r: Any
    k: int


def init(x: Array, *, d0: float = 1e-6) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State(m=zero, v=zero, s=zero, x0=x, d=d0, most=d0, r=0.0, k=0)


def observed(x: Array, g: Array, state: State, rate: Any, *, beta1: float, beta2: float, beta3: float | None = None,
             d_coef: float = 1.0, weight: Any = None, limit: tuple[Any, Any] | None = None,
             total: Callable[[Array], Any] = np.sum) -> State:
    """The state after one more gradient; while s is 0 only the averages go on, and no step is counted.

    limit  (d_0, growth): from the second rise on d_{k+1} is at most d_k · growth; None: d rises as far as it may
    total  how a sum over all parameters is taken
    """
    beta3, d = np.sqrt(beta2) if beta3 is None else beta3, state.d
    s = beta3 * state.s + d * (rate if weight is None else weight) * g
    m = beta1 * state.m + (1 - beta1) * d * g
    v = beta2 * state.v + (1 - beta2) * d**2 * g**2
    length = total(np.abs(s))
    if not np.any(length != 0):
        return state._replace(m=m, v=v, s=s)
    r = beta3 * state.r + d * rate * total(g * (state.x0 - x))
    found = d_coef * r / length
    most = np.where(found > state.most, found, state.most)
    return State(m, v, s, state.x0, most if limit is None else _held(d, most, *limit), most, r, state.k + 1)


def _held(d: Any, most: Any, d0: Any, growth: Any) -> Any:
    """The largest d̂, but no more than d · growth once d has left d_0."""
    return np.where((d > d0) & (d * growth < most), d * growth, most)


def step(x: Array, g: Array, state: State, *, lr: float = 1.0, beta1: float = 0.9, beta2: float = 0.999,
         eps: float = 1e-8, beta3: float | None = None, d_coef: float = 1.0) -> tuple[Array, State]:
    """One update."""
    d = state.d
    new = observed(x, g, state, d * lr, beta1=beta1, beta2=beta2, beta3=beta3, d_coef=d_coef)
    return (x, new) if new.k == state.k else (x - d * lr * new.m / (np.sqrt(new.v) + d * eps), new)


def ahead_step(x: Array, g: Array, state: State, *, lr: float = 1.0, beta1: float = 0.9, beta2: float = 0.999,
               eps: float = 1e-8, beta3: float | None = None, d_coef: float = 1.0) -> tuple[Array, State]:
    """One update with the new d beside ε."""
    d = state.d
    new = observed(x, g, state, d * lr, beta1=beta1, beta2=beta2, beta3=beta3, d_coef=d_coef)
    return (x, new) if new.k == state.k else (x - d * lr * new.m / (np.sqrt(new.v) + new.d * eps), new)
