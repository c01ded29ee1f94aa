"""NovoGrad: momentum of gradients that are each divided by a running norm of their whole layer.

    v_t = β₂ v_{t-1} + (1 - β₂) ‖g_t‖²,   v_1 = ‖g_1‖²           m, x, g of one shape; v a number
    d_t = g_t / (√v_t + ε) + λ x_{t-1}
    m_t = β₁ m_{t-1} + d_t,   m_0 = 0
    x_t = x_{t-1} - η m_t

Source   Ginsburg et al., Stochastic gradient methods with layer-wise adaptive moments for training of deep networks,
         2019, algorithm 1.
Variant  `averaged_step`: (1 - β₁) d_t (grad_averaging in torch-optimizer and timm; pytorch_optimizer leaves the first
         d_1 whole: `undamped_step`). torch-optimizer, timm: `waiting_moment`, v starts with the first gradient that is
         not 0, and `amsgrad_step` on request. Decay apart from m: `fiducial.reference.optimizers.decay`.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """m: momentum, shaped like x; v: mean of ‖g‖², vmax: the largest so far, both numbers; t: steps done."""

    m: Array
    v: Array
    vmax: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(m=np.zeros_like(parameters(x)), v=np.zeros(()), vmax=np.zeros(()), t=0)


def moment(g: Array, state: State, *, beta2: float) -> State:
    """v after one more gradient."""
    square = np.sum(g**2)
    v = square if state.t == 0 else beta2 * state.v + (1 - beta2) * square
    return State(state.m, v, np.maximum(state.vmax, v), state.t + 1)


def waiting_moment(g: Array, state: State, *, beta2: float) -> State:
    """v after one more gradient; it is started anew as long as it is 0."""
    square = np.sum(g**2)
    v = np.where(state.v == 0, square, beta2 * state.v + (1 - beta2) * square)
    return State(state.m, v, np.maximum(state.vmax, v), state.t + 1)


def direction(x: Array, g: Array, v: Array, *, eps: float, weight_decay: float) -> Array:
    """d_t."""
    return g / (np.sqrt(v) + eps) + weight_decay * x


def step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.95, beta2: float = 0.98,
         eps: float = 1e-8, weight_decay: float = 0.0) -> tuple[Array, State]:
    """One update."""
    state = moment(g, state, beta2=beta2)
    m = beta1 * state.m + direction(x, g, state.v, eps=eps, weight_decay=weight_decay)
    return x - lr * m, state._replace(m=m)


def averaged_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.95, beta2: float = 0.98,
                  eps: float = 1e-8, weight_decay: float = 0.0) -> tuple[Array, State]:
    """m = β₁ m + (1 - β₁) d."""
    state = moment(g, state, beta2=beta2)
    m = beta1 * state.m + (1 - beta1) * direction(x, g, state.v, eps=eps, weight_decay=weight_decay)
    return x - lr * m, state._replace(m=m)


def undamped_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.95, beta2: float = 0.98,
                  eps: float = 1e-8, weight_decay: float = 0.0) -> tuple[Array, State]:
    """m_1 = d_1, then as `averaged_step`."""
    first = state.t == 0
    state = moment(g, state, beta2=beta2)
    d = direction(x, g, state.v, eps=eps, weight_decay=weight_decay)
    m = d if first else beta1 * state.m + (1 - beta1) * d
    return x - lr * m, state._replace(m=m)


def amsgrad_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.95, beta2: float = 0.98,
                 eps: float = 1e-8, weight_decay: float = 0.0) -> tuple[Array, State]:
    """g is divided by the root of the largest v."""
    state = moment(g, state, beta2=beta2)
    m = beta1 * state.m + direction(x, g, state.vmax, eps=eps, weight_decay=weight_decay)
    return x - lr * m, state._replace(m=m)
