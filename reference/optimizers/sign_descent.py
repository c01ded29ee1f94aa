"""Sign-only descent: step by the learning rate against each gradient's sign, whatever its size. For full batches only.

    x_t = x_{t-1} - η sign(g_t)                                  sign(0) = 0; x, g of one shape

Source   Riedmiller, Braun, A direct adaptive method for faster backpropagation learning: the RPROP algorithm, 1993, of
         which this is the part without step sizes; Bernstein et al., signSGD, 2018, algorithm 1.
Variant  none in the step. It is Adam without ε at β₁ = β₂ = 0, and Lion at β₁ = β₂ = 0.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """Nothing to remember."""


def init(x: Array) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    parameters(x)
    return State()


def step(x: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """One update."""
    return x - lr * np.sign(g), state
