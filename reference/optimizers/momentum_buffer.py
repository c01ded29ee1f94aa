"""Momentum, buffer form: sum the gradients with decaying weight, then apply the learning rate to the sum.

    b_1 = g_1,   b_t = μ b_{t-1} + (1 - d) g_t                   μ is `momentum`, d `dampening`; b, x, g of one shape
    x_t = x_{t-1} - η_t b_t

Source   torch.optim.SGD. Sutskever, Martens, Dahl, Hinton, On the importance of initialization and momentum, 2013,
         equations 1 and 2, with η taken out of the velocity.
Variant  b_1 is not damped (torch). optimi damps it too (`momentum_average` where d = μ).
         torch with μ = 0 keeps no buffer and damps nothing: that is `gradient_descent`.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """b: the buffer, shaped like x; t: steps done."""

    b: Array
    t: int


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(b=np.zeros_like(parameters(x)), t=0)


def step(x: Array, g: Array, state: State, *,
         lr: float, momentum: float = 0.9, dampening: float = 0.0) -> tuple[Array, State]:
    """One update. The first buffer is the gradient itself, undamped."""
    b = g if state.t == 0 else momentum * state.b + (1 - dampening) * g
    return x - lr * b, State(b, state.t + 1)
