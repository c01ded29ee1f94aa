"""Schedule-free AdamW: descent by the second moment alone, its running mean to evaluate at, gradients between the two.

    y_t = (1 - β₁) z_t + β₁ x_t                                  gradients are taken at y; z_1 = x_1 = y_1
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²,   v̂_t = v_t / (1 - β₂^t)   v, x, y, z, g of one shape; γ_t = γ min(1, t/T)
    z_{t+1} = z_t - γ_t g_t / (√v̂_t + ε) - γ_t λ y_t
    x_{t+1} = (1 - c) x_t + c z_{t+1},   c = w_t / Σ_{i≤t} w_i     w_t = t^r (max_{i≤t} γ_i)^p, r = 0, p = 2

Source   Defazio et al., The road less scheduled, 2024, algorithm 1.
Variant  schedulefree, optax: as here. The paper weighs by γ_t², the same until γ falls. pytorch_optimizer:
         √(v̂ + 10⁻¹⁵) + ε, a floor that its documentation leaves out.
         `early_step`, the paper's first version (schedulefree's AdamWScheduleFreePaper): ε before the correction, which
         is counted in with the rate, and so in the weights: γ_t = γ √(1 - β₂^t) min(1, t/T), z - γ_t g / (√v + ε).
         `decay_at_z_step`: z shrinks by γ_t λ z (decay_at_z of schedulefree's reference).
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from . import schedule_free_sgd as free
from ._parameters import parameters


class State(NamedTuple):
    """z: where descent is; x: its mean; v: mean of g², uncorrected; all shaped like y; top, total, t: as in the SGD."""

    z: Array
    x: Array
    v: Array
    top: Array
    total: Array
    t: int


def init(y: Array) -> State:
    """The state before the first step. Raises ValueError unless y is float64."""
    return State(z=parameters(y), x=y, v=np.zeros_like(y), top=np.zeros(()), total=np.zeros(()), t=0)


def step(y: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
         weight_decay: float = 0.0, warmup_steps: int = 0, r: float = 0.0, weight_lr_power: float = 2.0,
         floor: float = 0.0) -> tuple[Array, State]:
    """One update; what is handed in and given back is y."""
    v, rate = second_moment(g, state, beta2=beta2), free.warmed(state.t + 1, lr=lr, warmup_steps=warmup_steps)
    d = g / (np.sqrt(v / (1 - beta2 ** (state.t + 1)) + floor) + eps) + weight_decay * y
    return averaged(state, v, d, rate=rate, beta1=beta1, r=r, weight_lr_power=weight_lr_power)


def early_step(y: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
               eps: float = 1e-8, weight_decay: float = 0.0, warmup_steps: int = 0, r: float = 0.0,
               weight_lr_power: float = 2.0) -> tuple[Array, State]:
    """γ_t = γ √(1 - β₂^t) min(1, t/T), and z - γ_t (g / (√v + ε) + λ y)."""
    v, rate = second_moment(g, state, beta2=beta2), free.warmed(state.t + 1, lr=lr, warmup_steps=warmup_steps)
    d = g / (np.sqrt(v) + eps) + weight_decay * y
    rate = rate * np.sqrt(1 - beta2 ** (state.t + 1))
    return averaged(state, v, d, rate=rate, beta1=beta1, r=r, weight_lr_power=weight_lr_power)


def decay_at_z_step(y: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                    eps: float = 1e-8, weight_decay: float = 0.0, warmup_steps: int = 0, r: float = 0.0,
                    weight_lr_power: float = 2.0) -> tuple[Array, State]:
    """z - γ_t (g / (√v̂ + ε) + λ z)."""
    v, rate = second_moment(g, state, beta2=beta2), free.warmed(state.t + 1, lr=lr, warmup_steps=warmup_steps)
    d = g / (np.sqrt(v / (1 - beta2 ** (state.t + 1))) + eps) + weight_decay * state.z
    return averaged(state, v, d, rate=rate, beta1=beta1, r=r, weight_lr_power=weight_lr_power)


def second_moment(g: Array, state: State, *, beta2: float) -> Array:
    """v after one more gradient."""
    return beta2 * state.v + (1 - beta2) * g**2


def averaged(state: State, v: Array, d: Array, *, rate: float, beta1: float, r: float,
             weight_lr_power: float) -> tuple[Array, State]:
    """The next y, and the state with v and the averages moved on along d."""
    plain = free.State(state.z, state.x, state.top, state.total, state.t)
    c, plain = free.weighed(plain, rate, r=r, weight_lr_power=weight_lr_power)
    y, plain = free.moved(plain, d, c, rate=rate, momentum=beta1)
    return y, State(v=v, **plain._asdict())
