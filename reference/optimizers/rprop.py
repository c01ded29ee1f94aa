"""Rprop: each entry has a step of its own, longer while its gradient keeps its sign and shorter when it turns.

    s_0 = η,   p_0 = 0                                           s, p, x, g of one shape
    s_t = min(max(s_{t-1} f, s_min), s_max),   f = η⁺, η⁻ or 1 as g_t p_{t-1} is above, below or at 0
    p_t = 0 if g_t p_{t-1} < 0, else g_t
    x_t = x_{t-1} - s_t sign(p_t)

Source   Riedmiller, Braun, A direct adaptive method for faster backpropagation learning: the RPROP algorithm, 1993.
         Igel, Hüsken, Empirical evaluation of the improved Rprop learning algorithms, 2003: this form is their iRprop⁻.
Variant  torch: as here, and the clamp counts where f = 1 too, so that η = 0 becomes s_min. optax: none where
         f = 1, and each move is made a step late.
         The paper: `backtracking_step`, which on a turn takes the last move back and leaves s for a step.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """s: the step sizes; p: the last gradient, 0 where it had turned; both shaped like x; t: steps done."""

    s: Array
    p: Array
    t: int


class Backtracking(NamedTuple):
    """As State; d: the last move, shaped like x."""

    s: Array
    p: Array
    d: Array
    t: int


def init(x: Array, *, lr: float = 1e-2) -> State:
    """The state before the first step, each step size at lr. Raises ValueError unless x is float64."""
    return State(s=np.full_like(parameters(x), lr), p=np.zeros_like(x), t=0)


def backtracking_init(x: Array, *, lr: float = 0.1) -> Backtracking:
    """The state before the first `backtracking_step`. Raises ValueError unless x is float64."""
    return Backtracking(s=np.full_like(parameters(x), lr), p=np.zeros_like(x), d=np.zeros_like(x), t=0)


def agreement(g: Array, p: Array) -> Array:
    """1 where two gradients have one sign, -1 where they have two, 0 where one of them is 0."""
    return np.sign(g) * np.sign(p)


def sizes(s: Array, agrees: Array, *, etaminus: float, etaplus: float, step_min: float, step_max: float) -> Array:
    """The step sizes after one more agreement."""
    factor = np.where(agrees > 0, etaplus, np.where(agrees < 0, etaminus, 1.0))
    return np.minimum(np.maximum(s * factor, step_min), step_max)


def step(x: Array, g: Array, state: State, *, etaminus: float = 0.5, etaplus: float = 1.2,
         step_min: float = 1e-6, step_max: float = 50.0) -> tuple[Array, State]:
    """One update."""
    agrees = agreement(g, state.p)
    s = sizes(state.s, agrees, etaminus=etaminus, etaplus=etaplus, step_min=step_min, step_max=step_max)
    p = np.where(agrees < 0, 0.0, g)
    return x - s * np.sign(p), State(s, p, state.t + 1)


def backtracking_step(x: Array, g: Array, state: Backtracking, *, etaminus: float = 0.5, etaplus: float = 1.2,
                      step_min: float = 1e-6, step_max: float = 50.0) -> tuple[Array, Backtracking]:
    """The paper's form: on a turn the last move is taken back, and nothing is concluded from the next gradient."""
    agrees = agreement(g, state.p)
    s = sizes(state.s, agrees, etaminus=etaminus, etaplus=etaplus, step_min=step_min, step_max=step_max)
    d = np.where(agrees < 0, -state.d, -s * np.sign(g))
    return x + d, Backtracking(s, np.where(agrees < 0, 0.0, g), d, state.t + 1)
