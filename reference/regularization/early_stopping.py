"""Early stopping: end training when a monitored number has not improved for a while.

    improved_t  iff  c_t + |δ| < best    (mode min)       c_t - |δ| > best    (mode max)
    improved:      best ← c_t, wait ← 0
    not improved:  stop if wait ≥ patience; wait ← wait + 1          best = ±∞, wait = 0 at first
So training ends with the (patience + 1)th epoch in a row that does not improve. A nan never improves.

Source   Prechelt, Early stopping - but when?, 1998; Keras 2.0, callbacks.EarlyStopping, for the two knobs.
Variant  `keras3_step`: the first number is the best so far, be it nan, which then nothing improves on; stops with
         non-improving epoch number max(patience, 1) in a row. Later Keras 2 and some Keras 3 lie between: that count,
         and best = ±∞ at first. `mode_of`: Keras 2's mode auto.
         The weights of the best epoch are restored by the caller: `State.epoch` says which it was.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .._arguments import number, one_of, whole

MODES = ("min", "max")


class State(NamedTuple):
    """best: the number to improve on; epoch: where it was seen (-1: nowhere); wait: since then; t: epochs seen."""

    best: float
    epoch: int = -1
    wait: int = 0
    t: int = 0
    stopped: bool = False


def init(*, mode: str = "min") -> State:
    """Before the first epoch."""
    return State(math.inf if one_of("mode", mode, MODES) == "min" else -math.inf)


def mode_of(monitor: str) -> str:
    """What Keras 2 takes auto to mean: max for an accuracy or an F measure, else min."""
    return "max" if "acc" in monitor or monitor.startswith("fmeasure") else "min"


def improved(current: float, best: float, *, min_delta: float, mode: str) -> bool:
    """Whether a number is better than the best so far by more than |min_delta|."""
    margin = abs(float(number("min_delta", min_delta)))
    return current + margin < best if one_of("mode", mode, MODES) == "min" else current - margin > best


def step(state: State, current: float, *, min_delta: float = 0.0, patience: int = 0, mode: str = "min") -> State:
    """The state after one more epoch."""
    t = state.t + 1
    if improved(current, state.best, min_delta=min_delta, mode=mode):
        return State(current, state.t, 0, t, state.stopped)
    return state._replace(wait=state.wait + 1, t=t, stopped=state.stopped or state.wait >= whole("patience", patience))


def keras3_step(state: State, current: float, *, min_delta: float = 0.0, patience: int = 0,
                mode: str = "min") -> State:
    """The state after one more epoch, as Keras 3 has it."""
    t, wait = state.t + 1, state.wait + 1
    if state.t == 0 or improved(current, state.best, min_delta=min_delta, mode=mode):
        return State(current, state.t, 0, t, state.stopped)
    return state._replace(wait=wait, t=t, stopped=state.stopped or wait >= whole("patience", patience))


def run(monitored: Sequence[float], *, min_delta: float = 0.0, patience: int = 0, mode: str = "min",
        step: Callable[..., State] = step) -> State:
    """The state at the epoch that stops training, or after the last of the numbers."""
    state = init(mode=mode)
    for current in monitored:
        state = step(state, current, min_delta=min_delta, patience=patience, mode=mode)
        if state.stopped:
            break
    return state
