"""Reduce on a plateau: when a metric has not improved for a while, multiply the rate by a factor; after a few, stop.

    better     a < best (1 - θ)  (relative)   or   a < best - θ  (absolute)      mirrored for mode max; nan is not
    bad        0 if better or in a cooldown, else one more
    reduce     if bad > patience: η ← max(η f, η_low), unless it changes by no more than eps; cooldown, bad ← 0

Source   the lectures' recipe: after convergence ×0.1, a few epochs more, one to three times, then stop (`is_over`);
         Chollet et al., Keras, 2015, ReduceLROnPlateau.
Variant  torch's ReduceLROnPlateau: `step`, these defaults; relative mode on a constant negative loss finds every
         epoch better and never reduces. Keras: `keras_step`, absolute, reduces at bad >= patience.
"""

import math
from typing import NamedTuple

from .. import _arguments as require


class State(NamedTuple):
    """best: the metric to beat; bad: epochs since it was beaten; cooldown: epochs left of one; plateaus so far."""

    best: float
    bad: int
    cooldown: int
    plateaus: int


def init(*, mode: str = "min") -> State:
    """The state before the first metric. ValueError unless mode is min or max."""
    return State(math.inf if require.one_of("mode", mode, ("min", "max")) == "min" else -math.inf, 0, 0, 0)


def better(a: float, best: float, *, mode: str, threshold: float, threshold_mode: str) -> bool:
    """Whether a metric beats the best by the threshold."""
    sign = 1 if require.one_of("mode", mode, ("min", "max")) == "min" else -1
    if require.one_of("threshold_mode", threshold_mode, ("rel", "abs")) == "rel":
        return sign * a < sign * best * (1 - sign * threshold)
    return sign * a < sign * best - threshold


def step(eta: float, a: float, state: State, *, mode: str = "min", factor: float = 0.1, patience: int = 10,
         threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0, min_lr: float = 0.0,
         eps: float = 1e-8) -> tuple[float, State]:
    """The rate after an epoch that ended with metric a, and the new state. ValueError unless 0 < factor < 1."""
    _check(factor)
    won = better(a, state.best, mode=mode, threshold=threshold, threshold_mode=threshold_mode)
    waiting = max(state.cooldown - 1, 0)
    bad = 0 if won or state.cooldown > 0 else state.bad + 1
    best = a if won else state.best
    if bad <= patience:
        return eta, State(best, bad, waiting, state.plateaus)
    lower = max(eta * factor, min_lr)
    return lower if eta - lower > eps else eta, State(best, 0, cooldown, state.plateaus + 1)


def keras_step(eta: float, a: float, state: State, *, mode: str = "min", factor: float = 0.1, patience: int = 10,
               threshold: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0) -> tuple[float, State]:
    """As `step`, in Keras's form: the last epoch of a cooldown counts, and no plateau is seen at the lowest rate."""
    _check(factor)
    waiting = max(state.cooldown - 1, 0)
    if better(a, state.best, mode=mode, threshold=threshold, threshold_mode="abs"):
        return eta, State(a, 0, waiting, state.plateaus)
    bad = (0 if state.cooldown > 0 else state.bad) + (waiting == 0)
    if bad < patience or waiting > 0 or eta <= min_lr:
        return eta, State(state.best, bad, waiting, state.plateaus)
    return max(eta * factor, min_lr), State(state.best, 0, cooldown, state.plateaus + 1)


def is_over(state: State, *, times: int = 3) -> bool:
    """Whether training ends: the rate was reduced `times` times and the metric stood still once more."""
    return state.plateaus > require.whole("times", times)


def _check(factor: float) -> None:
    if not 0 < require.number("factor", factor) < 1:
        raise ValueError(f"factor must lie in (0, 1), got {factor}")
