"""L-BFGS: quasi-Newton steps of a fixed length, the inverse Hessian made of the last few moves and gradient changes.

    d_1 = -g_1;   d_k = -H_k g_k                                 x, d, g, s_k = x_k - x_{k-1}, y_k = g_k - g_{k-1}: n
    H ← Vᵀ H V + ρ s sᵀ over the kept pairs, old to new, ρ = 1/(yᵀs), V = 1 - ρ y sᵀ; it begins as (yᵀs / yᵀy) 1
    x_{k+1} = x_k + η d_k;   the very first move: η min(1, 1/Σ|g|)

A pair is kept where yᵀs > 1e-10; beyond `history_size` the oldest goes. One `step` makes up to `max_iter` moves. It
ends after `max_eval` evaluations, at max|g| <= tolerance_grad, gᵀd > -tolerance_change, max|ηd| <= tolerance_change, or
where the value changes by less than tolerance_change.

Source   Nocedal, Updating quasi-Newton matrices with limited storage, 1980; Nocedal, Wright, Numerical optimization,
         2nd edition, 2006, algorithm 7.4 (the two loops) and equation 7.20 (H).
Variant  torch: as here where line_search_fn is None. With a line search η is searched for in each iteration.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters

Evaluate = Callable[[Array], tuple[Any, Array]]
CURVED = 1e-10  # the least yᵀs of a pair that is kept


class State(NamedTuple):
    """pairs: (s, y) from old to new; d: the last direction; t: its length; g: the gradient before it; n: iterations."""

    pairs: tuple[tuple[Array, Array], ...]
    d: Array
    t: Any
    g: Array
    n: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    zero = np.zeros_like(parameters(x))
    return State((), zero, 0.0, zero, 0)


def remembered(g: Array, state: State, *, history_size: int) -> tuple[tuple[Array, Array], ...]:
    """The pairs after one more gradient."""
    s, y = state.d * state.t, g - state.g
    if state.n == 0 or not np.dot(y, s) > CURVED:
        return state.pairs
    return (*state.pairs[max(0, len(state.pairs) - history_size + 1):], (s, y))


def direction(g: Array, pairs: tuple[tuple[Array, Array], ...]) -> Array:
    """-H g by the two loops."""
    q, weights = -g, []
    for s, y in reversed(pairs):
        weights.append(np.dot(s, q) / np.dot(y, s))
        q = q - weights[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * (np.dot(y, s) / np.dot(y, y))
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        q = q + s * (weight - np.dot(y, q) / np.dot(y, s))
    return q


def step(x: Array, evaluate: Evaluate, state: State, *, lr: float = 1.0, max_iter: int = 20, max_eval: int = 25,
         tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100) -> tuple[Array, State]:
    """One update: up to max_iter iterations of the function that gives value and gradient at a point."""
    value, g = evaluate(x)
    if np.max(np.abs(g)) <= tolerance_grad:
        return x, state
    for k in range(1, max_iter + 1):
        pairs = remembered(g, state, history_size=history_size)
        d = direction(g, pairs)
        t = lr * np.minimum(1.0, 1 / np.sum(np.abs(g))) if state.n == 0 else lr
        state = State(pairs, d, t, g, state.n + 1)
        if np.dot(g, d) > -tolerance_change:
            break
        x, before = x + t * d, value
        if k == max_iter:
            break
        value, g = evaluate(x)
        if k + 1 >= max_eval or np.max(np.abs(g)) <= tolerance_grad or np.max(np.abs(d * t)) <= tolerance_change \
                or abs(value - before) < tolerance_change:
            break
    return x, state
