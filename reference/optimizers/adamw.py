"""AdamW: Adam, with weight decay kept out of the averages.

    m̂_t, v̂_t as in Adam                                          m, v, x, g of one shape
    x_t = x_{t-1} - η_t (α m̂_t / (√v̂_t + ε) + λ x_{t-1})         α is `lr`, η_t `multiplier`, λ `weight_decay`

Source   Loshchilov, Hutter, Decoupled weight decay regularization, 2019, algorithm 2, line 12.
Variant  torch, optax, Keras: `torch_step`, λ scaled by the whole learning rate η: the same sum for η_t α = η and
         η_t λ_paper = η λ_torch. `decay_after_step`: x shrinks after Adam's step (older transformers, GaLore).
"""

import numpy as np

from .._arrays import Array
from . import adam
from .adam import State, corrected, init, moments
from .decay import decoupled

__all__ = ["State", "decay_after_step", "init", "step", "torch_step"]


def step(x: Array, g: Array, state: State, *, lr: float, multiplier: float = 1.0, beta1: float = 0.9,
         beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01) -> tuple[Array, State]:
    """One update; the multiplier scales both terms, α only the first."""
    state = moments(g, state, beta1=beta1, beta2=beta2)
    m, v = corrected(state, beta1=beta1, beta2=beta2)
    return x - multiplier * (lr * m / (np.sqrt(v) + eps) + weight_decay * x), state


def torch_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
               eps: float = 1e-8, weight_decay: float = 0.01) -> tuple[Array, State]:
    """x (1 - η λ) first, then Adam's step."""
    x = decoupled(x, lr=lr, weight_decay=weight_decay)
    return adam.step(x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def decay_after_step(x: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999,
                     eps: float = 1e-8, weight_decay: float = 0.01) -> tuple[Array, State]:
    """Adam's step first, then all of x, the step included, times 1 - η λ."""
    x, state = adam.step(x, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return decoupled(x, lr=lr, weight_decay=weight_decay), state
