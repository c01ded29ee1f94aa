"""Adaptive gains: a gain for each weight, which grows while its gradient keeps its sign and shrinks when it turns.

    γ_1 = 1
    γ_t = γ_{t-1} + κ  where g_t g_{t-1} > 0,   φ γ_{t-1} elsewhere       κ = 0.05, φ = 0.95; γ, x, g of one shape
    x_t = x_{t-1} - η γ_t g_t

A product of 0 shrinks the gain. The factor φ takes off more from a large gain than κ adds to it: gains of a gradient of
random sign end near 1.

Source   Jacobs, Increased rates of convergence through learning rate adaptation, 1988; Hinton, Neural Networks for
         Machine Learning, lecture 6d, 2012 (this form).
Variant  `capped_step`: gains kept within limits, such as [0.1, 10] or [0.01, 100]. `averaged_step`: Jacobs's
         delta-bar-delta compares with ḡ_{t-1}, ḡ_t = (1 - θ) g_t + θ ḡ_{t-1}, and leaves a gain at a product of 0.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """gain: γ; p: the last gradient (or its average); both shaped like x; t: steps done."""

    gain: Array
    p: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(gain=np.ones_like(parameters(x)), p=np.zeros_like(x), t=0)


def agreement(g: Array, p: Array) -> Array:
    """The sign of g p, which the product itself may lose to underflow."""
    return np.sign(g) * np.sign(p)


def gains(g: Array, state: State, *, kappa: float, phi: float) -> Array:
    """γ after one more gradient."""
    if state.t == 0:
        return state.gain
    return np.where(agreement(g, state.p) > 0, state.gain + kappa, phi * state.gain)


def step(x: Array, g: Array, state: State, *, lr: float, kappa: float = 0.05, phi: float = 0.95) -> tuple[Array, State]:
    """One update."""
    gain = gains(g, state, kappa=kappa, phi=phi)
    return x - lr * gain * g, State(gain, g, state.t + 1)


def capped_step(x: Array, g: Array, state: State, *, lr: float, kappa: float = 0.05, phi: float = 0.95,
                least: float = 0.1, most: float = 10.0) -> tuple[Array, State]:
    """The gains kept within [least, most]."""
    gain = np.minimum(np.maximum(gains(g, state, kappa=kappa, phi=phi), least), most)
    return x - lr * gain * g, State(gain, g, state.t + 1)


def averaged_step(x: Array, g: Array, state: State, *, lr: float, kappa: float = 0.05, phi: float = 0.95,
                  theta: float = 0.7) -> tuple[Array, State]:
    """Delta-bar-delta: g beside the average of those before it, ḡ_0 = 0."""
    agrees = agreement(g, state.p)
    gain = np.where(agrees > 0, state.gain + kappa, np.where(agrees < 0, phi * state.gain, state.gain))
    return x - lr * gain * g, State(gain, (1 - theta) * g + theta * state.p, state.t + 1)
