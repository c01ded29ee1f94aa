"""Lookahead: k steps of another optimizer, then one step back towards where they began.

    x_t = A(x_{t-1}, g_t)                                        A is the inner optimizer; x, s of one shape
    and after every k-th of these:  s ← s + α (x_t - s),  x_t ← s     s_0 = x_0, the slow weights

Source   Zhang, Lucas, Hinton, Ba, Lookahead optimizer: k steps forward, 1 step back, 2019, algorithm 1.
Variant  optax, pytorch_optimizer: as here; on request the inner state starts anew (`reset_step`; optax's reset_state),
         or its momentum does, or follows the slow weights (pytorch_optimizer's pullback_momentum). `late_step`: s
         starts as x after the k-th step, so that the first step back goes nowhere (timm). `early_step`: s starts as x
         after the first step, and the step back follows each (nk + 1)-th (alphadl's code, torch-optimizer).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from .._arrays import Array
from ._parameters import parameters

Inner = Callable[[Array, Array, Any], tuple[Array, Any]]  # (x, g, its state) → x, its state: options are bound already


class State(NamedTuple):
    """inner: the inner optimizer's state; s: slow weights, shaped like x; t: steps done."""

    inner: Any
    s: Array
    t: int


def init(x: Array, inner: Any) -> State:
    """The state before the first step, from the inner optimizer's. Raises ValueError unless x is float64."""
    return State(inner=inner, s=parameters(x), t=0)


def synchronized(x: Array, s: Array, *, alpha: float) -> Array:
    """s + α (x - s)."""
    return s + alpha * (x - s)


def step(x: Array, g: Array, state: State, inner: Inner, *, k: int = 5, alpha: float = 0.5) -> tuple[Array, State]:
    """One inner step, and every k-th time the step back."""
    x, own = inner(x, g, state.inner)
    if (state.t + 1) % k:
        return x, State(own, state.s, state.t + 1)
    x = synchronized(x, state.s, alpha=alpha)
    return x, State(own, x, state.t + 1)


def reset_step(x: Array, g: Array, state: State, inner: Inner, fresh: Callable[[Array], Any], *,
               k: int = 5, alpha: float = 0.5) -> tuple[Array, State]:
    """After each step back the inner state is fresh(x)."""
    x, state = step(x, g, state, inner, k=k, alpha=alpha)
    return x, state if state.t % k else state._replace(inner=fresh(x))


def late_step(x: Array, g: Array, state: State, inner: Inner, *, k: int = 5, alpha: float = 0.5) -> tuple[Array, State]:
    """The first of the steps back goes nowhere: s is set to x."""
    return step(x, g, state, inner, k=k, alpha=alpha if state.t + 1 > k else 1.0)


def early_step(x: Array, g: Array, state: State, inner: Inner, *, k: int = 5,
               alpha: float = 0.5) -> tuple[Array, State]:
    """s is set to x after the first step; the step back follows steps k + 1, 2k + 1, …"""
    x, own = inner(x, g, state.inner)
    if state.t % k:
        return x, State(own, state.s, state.t + 1)
    x = synchronized(x, state.s, alpha=alpha) if state.t else x
    return x, State(own, x, state.t + 1)

