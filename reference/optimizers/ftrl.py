"""FTRL-proximal: in each step anew the minimum of all gradients so far, of a pull to the old points, and of |x|.

    n_t = n_{t-1} + g_t²,   σ_t = (n_t^p - n_{t-1}^p) / η        n_0 = 0, p = 1/2; n, z, x, g of one shape
    z_t = z_{t-1} + g_t - σ_t x_{t-1},   z_0 = 0
    x_t = -(z_t - clip(z_t, -λ₁, λ₁)) / ((β + n_t^p) / η + λ₂)

x_t minimizes z·x + (β + n^p)/(2η) x² + λ₁|x| + λ₂/2 x²: entries whose |z| stays within λ₁ are 0 exactly. Without λ₁, λ₂
and β, from n_0 = 0, it is AdaGrad. What n_0 > 0 has not seen of x_0 is lost in the first step: at g_1 = 0 all of it.

Source   McMahan et al., Ad click prediction: a view from the trenches, 2013, algorithm 1.
Variant  TensorFlow, Keras: n_0 = 0.1, any p (`learning_rate_power` is -p), 2 λ₂ for λ₂, and `shrunk`: an L2 penalty
         whose gradient 2 λ x stands in z but not in n.
"""

from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """n: sum of g²; z: what x is made of; both shaped like x."""

    n: Array
    z: Array


def init(x: Array, *, initial_accumulator_value: float = 0.0) -> State:
    """The state before the first step. Raises ValueError unless x is float64."""
    return State(n=np.full_like(parameters(x), initial_accumulator_value), z=np.zeros_like(x))


def step(x: Array, g: Array, state: State, *, lr: float, power: float = 0.5, beta: float = 0.0, l1: float = 0.0,
         l2: float = 0.0) -> tuple[Array, State]:
    """One update."""
    return shrunk_step(x, g, state, lr=lr, power=power, beta=beta, l1=l1, l2=l2, shrinkage=0.0)


def shrunk_step(x: Array, g: Array, state: State, *, lr: float, power: float = 0.5, beta: float = 0.0, l1: float = 0.0,
                l2: float = 0.0, shrinkage: float = 0.0) -> tuple[Array, State]:
    """One update with g + 2 λ x for g in z alone."""
    n = state.n + g**2
    z = state.z + g + 2 * shrinkage * x - (n**power - state.n**power) / lr * x
    return (np.clip(z, -l1, l1) - z) / ((beta + n**power) / lr + l2), State(n, z)
