"""Schedule-free SGD: descent from one sequence, its running mean to evaluate at, gradients between the two.

    y_t = (1 - β) z_t + β x_t                                    gradients are taken at y; z_1 = x_1 = y_1
    z_{t+1} = z_t - γ_t (g_t + λ y_t)                            x, y, z, g of one shape; γ_t = γ min(1, t/T)
    x_{t+1} = (1 - c) x_t + c z_{t+1},   c = w_t / Σ_{i≤t} w_i     x is what is evaluated
    w_t = t^r (max_{i≤t} γ_i)^p                                  r = 0, p = 2

Source   Defazio et al., The road less scheduled, 2024, the equations of y, z, x; warm-up and weights of algorithm 1.
Variant  schedulefree, optax, pytorch_optimizer: as here. Algorithm 1: `paper_step`, w_t = γ_t², which differs once γ
         falls. The equations: `uniform_step`, c = 1/(t + 1), so that x is the mean of all z, the first included.
         In schedulefree and pytorch_optimizer a parameter holds y after train() and x after eval().
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """z: where descent is; x: its mean; both shaped like y; top: largest rate; total: sum of weights; t: steps done."""

    z: Array
    x: Array
    top: Array
    total: Array
    t: int


def init(y: Array) -> State:
    """The state before the first step. Raises ValueError unless y is float64."""
    return State(z=parameters(y), x=y, top=np.zeros(()), total=np.zeros(()), t=0)


def warmed(t: int, *, lr: float, warmup_steps: int) -> float:
    """γ_t for step t ≥ 1: it grows in proportion to t until t = T."""
    return lr * t / warmup_steps if t < warmup_steps else lr


def weighed(state: State, rate: float, *, r: float, weight_lr_power: float) -> tuple[Array, State]:
    """c, and the state with the largest rate, the sum of the weights and the count moved on. c is 0 at weights of 0."""
    t, top = state.t + 1, np.maximum(state.top, rate)
    weight = t**r * top**weight_lr_power
    total = state.total + weight
    none = total == 0
    c = np.where(none, 0.0, weight / np.where(none, 1.0, total))
    return c, state._replace(top=top, total=total, t=t)


def moved(state: State, d: Array, c: Array, *, rate: float, momentum: float) -> tuple[Array, State]:
    """z a step along d, x towards it by c, and the y between them."""
    z = state.z - rate * d
    x = (1 - c) * state.x + c * z
    return (1 - momentum) * z + momentum * x, state._replace(z=z, x=x)


def step(y: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9, weight_decay: float = 0.0,
         warmup_steps: int = 0, r: float = 0.0, weight_lr_power: float = 2.0) -> tuple[Array, State]:
    """One update; what is handed in and given back is y."""
    rate = warmed(state.t + 1, lr=lr, warmup_steps=warmup_steps)
    c, state = weighed(state, rate, r=r, weight_lr_power=weight_lr_power)
    return moved(state, g + weight_decay * y, c, rate=rate, momentum=momentum)


def paper_step(y: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9, weight_decay: float = 0.0,
               warmup_steps: int = 0) -> tuple[Array, State]:
    """w_t = γ_t²: no largest rate is kept."""
    rate = warmed(state.t + 1, lr=lr, warmup_steps=warmup_steps)
    c, state = weighed(state._replace(top=np.zeros(())), rate, r=0.0, weight_lr_power=2.0)
    return moved(state, g + weight_decay * y, c, rate=rate, momentum=momentum)


def uniform_step(y: Array, g: Array, state: State, *, lr: float, momentum: float = 0.9,
                 weight_decay: float = 0.0) -> tuple[Array, State]:
    """c = 1/(t + 1)."""
    state = state._replace(t=state.t + 1)
    c = 1 / np.full_like(state.total, state.t + 1)
    return moved(state, g + weight_decay * y, c, rate=lr, momentum=momentum)
