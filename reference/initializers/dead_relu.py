"""Dead ReLU: a unit that is off for every example gets no gradient, and a large step can bring that about.

    s = X Wᵀ + b,  h = max(s, 0),  y = h a,  e = y - t,  E = Σ e² / 2N            X (N, n), W (H, n), b, a (H), t (N)
    ∂E/∂s_kj = e_k a_j 1[s_kj > 0] / N,   W ← W - η (∂E/∂s)ᵀ X,   b ← b - η Σ_k ∂E/∂s_k
    unit j is dead  ⇔  max_k s_kj ≤ 0  ⇒  ∂E/∂w_j = 0, ∂E/∂b_j = 0: it stays dead

One step moves each s_kj by -η c_kj, linearly in η; where every c_kj of a unit is positive a large enough η kills it.
A lower rate, a leak or a bias above 0 are remedies; a higher rate is a cause.

Source   Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models, 2013, section 2.
Variant  none in use.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import positive, real
from .._arrays import Array

LOWER = 0.1


class Hidden(NamedTuple):
    """Weights (units, inputs) and biases (units) of the hidden layer."""

    w: Array
    b: Array


def dead(hidden: Hidden, x: Array) -> Array:
    """Which units are off for all examples."""
    return np.max(x @ hidden.w.T + hidden.b, axis=0) <= 0


def gradient(hidden: Hidden, a: Array, x: Array, t: Array) -> Hidden:
    """∂E/∂W and ∂E/∂b."""
    s = real("x", x, ndim=2) @ hidden.w.T + hidden.b
    e = np.maximum(s, 0.0) @ a - t
    g = np.where(s > 0, e[:, None] * a, 0.0) / len(x)
    return Hidden(g.T @ x, np.sum(g, axis=0))


def step(hidden: Hidden, a: Array, x: Array, t: Array, *, lr: float) -> Hidden:
    """The hidden layer after one step of descent; a is held. Raises ValueError unless lr is positive."""
    g = gradient(hidden, a, x, t)
    return Hidden(hidden.w - positive("lr", lr) * g.w, hidden.b - lr * g.b)


def remedy(lr: float) -> float:
    """The rate to try where units die: a tenth."""
    return LOWER * float(positive("lr", lr))
