"""Training objective of an MLP: a loss summed over the examples, and one penalty on the weights.

    E(θ) = Σ_n ½ ‖t_n - y(x_n; θ)‖² + λ Ω(θ),   Ω = Σ_k ‖W_k‖_F²           x (N, n₀), t (N, n_L), biases unpenalised
    ∂W_k = hᵀ y_{k-1} + λ ∂Ω/∂W_k,   ∂Ω/∂W_k = 2 W_k,   ∂b_k = Σ h           h as in `mlp`, from h ← y - t
    θ_{τ+1} = θ_τ - η ∂E/∂θ (θ_τ)                                            `step`

Source   Goodfellow, Bengio, Courville, Deep learning, 2016, algorithms 6.3 and 6.4, section 7.1.1.
Variant  the mean over the examples in place of the sum; ½λ for λ, whose gradient is λ W.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .._arguments import at_least, positive, shaped
from .._arrays import Array
from . import mlp
from .mlp import LOGISTIC, Activation


class Gradients(NamedTuple):
    """Gradients, each shaped like the argument of its name."""

    x: Array
    t: Array
    theta: Array


def forward(x: Array, t: Array, theta: Array, *, sizes: Sequence[int], activation: Activation = LOGISTIC,
            lam: float = 0.0) -> Array:
    """E, a scalar. Raises ValueError where the shapes do not fit, or λ < 0."""
    at_least("lam", lam, 0)
    y = mlp.forward(x, theta, sizes=sizes, activation=activation)
    shaped("t", t, y.shape)
    return 0.5 * np.sum((t - y) ** 2) + lam * np.sum((theta * _of_weights(sizes)) ** 2)


def backward(x: Array, t: Array, theta: Array, g: Array, *, sizes: Sequence[int], activation: Activation = LOGISTIC,
             lam: float = 0.0) -> Gradients:
    """The gradients for a scalar cotangent g, 1 for those of E itself."""
    residual = mlp.forward(x, theta, sizes=sizes, activation=activation) - t
    pulled = mlp.backward(x, theta, g * residual, sizes=sizes, activation=activation)
    return Gradients(pulled.x, -g * residual, pulled.theta + g * (2 * lam * theta * _of_weights(sizes)))


def step(x: Array, t: Array, theta: Array, *, lr: float, sizes: Sequence[int], activation: Activation = LOGISTIC,
         lam: float = 0.0) -> Array:
    """θ after one step of gradient descent at rate η."""
    g = np.ones(())
    found = backward(x, t, theta, g, sizes=sizes, activation=activation, lam=lam)
    return theta - positive("lr", lr) * found.theta


def _of_weights(sizes: Sequence[int]) -> Array:
    """1 where θ holds a weight, 0 where it holds a bias."""
    parts = [np.repeat((1.0, 0.0), (n * m, n)) for m, n in pairwise(sizes)]
    return np.concatenate(parts)
