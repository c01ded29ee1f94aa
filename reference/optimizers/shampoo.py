"""Shampoo: whiten the gradient from the left and from the right, by what each side's second moments have summed up to.

    L_t = L_{t-1} + g_t g_tᵀ,   L_0 = ε I (n × n)                x, g: n × m
    R_t = R_{t-1} + g_tᵀ g_t,   R_0 = ε I (m × m)
    x_t = x_{t-1} - η L_t^(-1/4) g_t R_t^(-1/4)

For an array of k axes every axis has its own sum over all others, and the exponent is -1/(2k): with k = 1 it is
full-matrix AdaGrad.

Source   Gupta, Koren, Singer, Shampoo: preconditioned stochastic tensor optimization, 2018, algorithms 1 and 2.
Variant  torch-optimizer: exponent -1/k (`inverse_step`), and an axis sums up what the axes before it have left of the
         gradient. pytorch_optimizer: as here, roots renewed every few steps. Distributed
         Shampoo (Anil et al. 2020): averages for sums, and the length of another rule's step.
"""

import math
from typing import NamedTuple

import numpy as np

from .._arrays import Array
from ._parameters import parameters


class State(NamedTuple):
    """sums: for each axis the n × n sum of gradients' products over all other axes."""

    sums: tuple[Array, ...]


def init(x: Array, *, eps: float = 1e-4) -> State:
    """The state before the first step. Raises ValueError unless x is float64 and has an axis."""
    if parameters(x).ndim == 0:
        raise ValueError("x must have at least one dimension, got a scalar")
    return State(tuple(eps * np.eye(n) for n in x.shape))


def unfolded(g: Array, axis: int) -> Array:
    """n × (all the rest): the axis first."""
    return np.reshape(np.moveaxis(g, axis, 0), (g.shape[axis], math.prod(g.shape) // max(g.shape[axis], 1)))


def root(a: Array, power: float) -> Array:
    """a^power, of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(a)
    return (vectors * values**power) @ vectors.T


def along(a: Array, g: Array, axis: int) -> Array:
    """The matrix applied to one axis."""
    return np.moveaxis(np.tensordot(a, g, axes=(1, axis)), 0, axis)


def observed(g: Array, state: State) -> State:
    """The sums after one more gradient."""
    return State(tuple(a + unfolded(g, k) @ unfolded(g, k).T for k, a in enumerate(state.sums)))


def preconditioned(g: Array, state: State, *, power: float) -> Array:
    """g with each sum's power applied to its axis."""
    for axis, a in enumerate(state.sums):
        g = along(root(a, power), g, axis)
    return g


def step(x: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """One update."""
    state = observed(g, state)
    return x - lr * preconditioned(g, state, power=-0.5 / x.ndim), state


def inverse_step(x: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """The exponent -1/k, each axis in turn, its sum of what the axes before it have left."""
    sums = []
    for axis, a in enumerate(state.sums):
        sums.append(a + unfolded(g, axis) @ unfolded(g, axis).T)
        g = along(root(sums[-1], -1 / x.ndim), g, axis)
    return x - lr * g, State(tuple(sums))
