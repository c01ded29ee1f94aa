"""SGDP: momentum, whose step loses its radial part where a weight's gradient is nearly at right angles to it.

    b_t = μ b_{t-1} + (1 - d) g_t,   b_0 = 0                     b, x, g of one shape, (n, …)
    q_t, r_t from p_t = b_t as in AdamP                          nesterov: p_t = g_t + μ b_t
    x_t = x_{t-1} (1 - η λ r_t / (1 - μ)) - η q_t

Source   Heo et al., AdamP: slowing down the slowdown for momentum optimizers on scale-invariant weights, 2021,
         algorithm 1.
Variant  timm, pytorch_optimizer: as here. adamp, torch-optimizer: `overwriting_step`, which without Nesterov's form
         writes the projected step into b; torch-optimizer by `adamp.softened_cosine`. All of them decay by
         1 / (1 - μ), and unlike torch's SGD damp the first step too.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters
from .adamp import cosine, project


class State(NamedTuple):
    """b: momentum, shaped like x."""

    b: Array


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(b=np.zeros_like(parameters(x)))


def buffer(g: Array, state: State, *, momentum: float, dampening: float) -> Array:
    """b_t."""
    return momentum * state.b + (1 - dampening) * g


def decayed(x: Array, ratio: Array, *, lr: float, momentum: float, weight_decay: float) -> Array:
    """x without its decay."""
    return x * (1 - lr * weight_decay * ratio / (1 - momentum))


def step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.0, dampening: float = 0.0,
         weight_decay: float = 0.0, delta: float = 0.1, wd_ratio: float = 0.1,
         eps: float = 1e-8, similarity: Callable[..., Array] = cosine) -> tuple[Array, State]:
    """One update."""
    b = buffer(g, state, momentum=momentum, dampening=dampening)
    q, ratio = project(x, g, b, delta=delta, wd_ratio=wd_ratio, eps=eps, similarity=similarity)
    return decayed(x, ratio, lr=lr, momentum=momentum, weight_decay=weight_decay) - lr * q, State(b)


def nesterov_step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.0, dampening: float = 0.0,
                  weight_decay: float = 0.0, delta: float = 0.1, wd_ratio: float = 0.1,
                  eps: float = 1e-8, similarity: Callable[..., Array] = cosine) -> tuple[Array, State]:
    """The step is g + μ b."""
    b = buffer(g, state, momentum=momentum, dampening=dampening)
    q, ratio = project(x, g, g + momentum * b, delta=delta, wd_ratio=wd_ratio, eps=eps, similarity=similarity)
    return decayed(x, ratio, lr=lr, momentum=momentum, weight_decay=weight_decay) - lr * q, State(b)


def overwriting_step(x: Array, g: Array, state: State, *, lr: float, momentum: float = 0.0, dampening: float = 0.0,
                     weight_decay: float = 0.0, delta: float = 0.1, wd_ratio: float = 0.1,
                     eps: float = 1e-8, similarity: Callable[..., Array] = cosine) -> tuple[Array, State]:
    """The projected step is kept as the momentum: b_t = q_t."""
    b = buffer(g, state, momentum=momentum, dampening=dampening)
    q, ratio = project(x, g, b, delta=delta, wd_ratio=wd_ratio, eps=eps, similarity=similarity)
    return decayed(x, ratio, lr=lr, momentum=momentum, weight_decay=weight_decay) - lr * q, State(q)
