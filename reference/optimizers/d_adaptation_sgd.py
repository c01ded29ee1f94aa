"""D-Adaptation for gradient descent: a rate that is found out, from a lower bound on the distance to the minimum.

    λ_k = d_k γ / ‖g_0‖                                          one norm, one d over all parameters; γ is `lr`
    r_{k+1} = r_k + λ_k g_kᵀs_k                                  r: a number; s, z, x, g: n; r_0 = 0, s_0 = 0, z_0 = x_0
    s_{k+1} = s_k + λ_k g_k
    d̂_{k+1} = 2 r_{k+1} / ‖s_{k+1}‖,   d_{k+1} = max(d_k, d̂_{k+1})
    z_{k+1} = x_0 - s_{k+1}
    x_{k+1} = μ x_k + (1 - μ) z_{k+1}

For a convex f, d̂ <= ‖x_0 - x*‖ always: d grows towards that distance from any small d_0 and never passes it. Nothing
moves, and nothing is counted, until a gradient is not 0.

Source   Defazio, Mishchenko, Learning-rate-free learning by D-adaptation, 2023, algorithm 4 (SGD with D-adaptation),
         d̂ by the inner products of its option II, as its published code.
Variant  dadaptation: as here; weight decay is added to g everywhere but in ‖g_0‖; on
         request d_{k+1} is at most d_k · growth. `difference_estimate`: algorithm 1's
         (‖s‖² - Σ λ²‖g‖²) / ‖s‖, the same number.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """s: weighted sum of g; x0: the start; d: the distance so far; r: Σ λ gᵀs; size: ‖g_0‖; k: steps done."""

    s: Array
    x0: Array
    d: Any
    r: Any
    size: Any
    k: int


def init(x: Array, *, d0: float = 1e-6) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(s=np.zeros_like(parameters(x)), x0=x, d=d0, r=0.0, size=0.0, k=0)


def difference_estimate(s: Array, squares: Any) -> Any:
    """d̂ from ‖s‖² and Σ λ²‖g‖²."""
    return (np.sum(s**2) - squares) / np.sqrt(np.sum(s**2))


def risen(d: Any, found: Any, growth: float | None) -> Any:
    """The larger of d and d̂, but no more than d · growth where that is given."""
    most = found if growth is None else np.where(found < d * growth, found, d * growth)
    return np.where(found > d, most, d)


def step(x: Array, g: Array, state: State, *, lr: float = 1.0, momentum: float = 0.9,
         growth: float | None = None, first: Array | None = None,
         total: Callable[[Array], Any] = np.sum) -> tuple[Array, State]:
    """One update; `first` is g_0 for ‖g_0‖ where that is not g, `total` how a sum over all parameters is taken."""
    size = state.size if state.k else np.sqrt(total((g if first is None else first) ** 2))
    if not np.any(size != 0):
        return x, state
    rate = state.d * lr / size
    r = state.r + rate * total(g * state.s)
    s = state.s + rate * g
    length = np.sqrt(total(s**2))
    if not np.any(length != 0):
        return x, state._replace(s=s)
    d = risen(state.d, 2 * r / length, growth)
    return momentum * x + (1 - momentum) * (state.x0 - s), State(s, state.x0, d, r, size, state.k + 1)
