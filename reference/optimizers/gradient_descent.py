"""Gradient descent: step against the gradient. Batch, minibatch and one example differ in g only.

    x_t = x_{t-1} - η g_t                                        x, g of one shape

Source   Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées, 1847.
         Robbins, Monro, A stochastic approximation method, 1951 (g drawn at random).
Variant  none in the step. torch: η = 0.001. Keras: η = 0.01.
"""

from typing import NamedTuple

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
    return x - lr * g, state
