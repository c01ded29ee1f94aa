"""SAM: descend by the gradient of the worst point near x, so that flat minima win over sharp ones.

    ε_t = ρ ∇f(x_{t-1}) / ‖∇f(x_{t-1})‖                          one norm over all parameters; x, g, ε: n
    x_t = A(x_{t-1}, ∇f(x_{t-1} + ε_t))                          A is the inner optimizer, started at x, not at x + ε

At ∇f = 0 there is no direction: ε = 0.

Source   Foret, Kleiner, Mobahi, Neyshabur, Sharpness-aware minimization for efficiently improving generalization, 2021,
         algorithm 1 with equation 2 for p = 2.
Variant  torch packages: ‖∇f‖ + 10⁻¹² below (`softening`), which makes 0/0 the 0 that is meant; pytorch_optimizer's
         step agrees to 1e-8 of itself in float64. Adaptive SAM (Kwon et al. 2021): `adaptive_ascent`, ρ x²∇f / ‖x ∇f‖
         entry by entry.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters

Inner = Callable[[Array, Array, Any], tuple[Array, Any]]  # (x, g, its state) → x, its state: options are bound already
Gradient = Callable[[Array], Array]


class State(NamedTuple):
    """inner: the inner optimizer's state."""

    inner: Any


def init(x: Array, inner: Any) -> State:
    """The state before the first step, from the inner optimizer's. Raises ValueError unless x is float64."""
    parameters(x)
    return State(inner)


def ascent(x: Array, g: Array, *, rho: float, softening: float = 1e-12) -> Array:
    """ε: as far as ρ up the gradient; x is not looked at."""
    return rho * g / (np.sqrt(np.sum(g**2)) + softening)


def adaptive_ascent(x: Array, g: Array, *, rho: float, softening: float = 1e-12) -> Array:
    """ε that forgets the units of single weights."""
    return rho * x**2 * g / (np.sqrt(np.sum((x * g) ** 2)) + softening)


def step(x: Array, gradient: Gradient, state: State, inner: Inner, *, rho: float = 0.05,
         softening: float = 1e-12) -> tuple[Array, State]:
    """One update; gradient(x) is ∇f(x), evaluated twice."""
    return climbed(x, gradient, state, inner, ascent(x, gradient(x), rho=rho, softening=softening))


def adaptive_step(x: Array, gradient: Gradient, state: State, inner: Inner, *, rho: float = 2.0,
                  softening: float = 1e-12) -> tuple[Array, State]:
    """One update of adaptive SAM."""
    return climbed(x, gradient, state, inner, adaptive_ascent(x, gradient(x), rho=rho, softening=softening))


def climbed(x: Array, gradient: Gradient, state: State, inner: Inner, up: Array) -> tuple[Array, State]:
    """The inner step from x, by the gradient at x + ε."""
    x, own = inner(x, gradient(x + up), state.inner)
    return x, State(own)
