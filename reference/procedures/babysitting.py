"""Babysitting: what to see before a long run: the first loss of an ignorant net, and a tiny set learnt by heart.

    K classes, scores near 0:   |L - ln K| ≤ max s - min s;   a penalty λΩ adds itself
    a tiny set, no penalty:     L → 0 and every example right, by plain descent with momentum

The net is `layers.mlp` with an affine last layer, its loss the mean cross-entropy of the scores.

Source   Karpathy, Stanford's course CS231n, notes on neural networks 3, "Before learning: sanity checks", 2015.
Variant  none in use.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._arguments import at_least, whole
from .._arrays import Array
from ..layers import affine, mlp
from ..losses import cross_entropy
from ..optimizers import momentum


class Progress(NamedTuple):
    """theta: the parameters; losses: before each step, and after the last; right: the share of examples classified."""

    theta: Array
    losses: Array
    right: float


def _split(theta: Array, sizes: Sequence[int]) -> tuple[Array, Array, Array]:
    """θ of the hidden layers, and W and b of the last one."""
    n, m = sizes[-1], sizes[-2]
    hidden, last = theta[:-n * (m + 1)], theta[-n * (m + 1):]
    return hidden, np.reshape(last[:n * m], (n, m)), last[n * m:]


def expected_first_loss(classes: int) -> float:
    """ln K. Raises ValueError for no class."""
    return math.log(whole("classes", classes, least=1))


def scores(x: Array, theta: Array, *, sizes: Sequence[int]) -> Array:
    """The affine scores of a ReLU net of at least one hidden layer, (N, K)."""
    hidden, w, b = _split(theta, sizes)
    return affine.forward(mlp.forward(x, hidden, sizes=sizes[:-1], activation=mlp.RELU), w, b)


def loss(x: Array, labels: Array, theta: Array, *, sizes: Sequence[int], lam: float = 0.0) -> Array:
    """Mean cross-entropy + λ ‖θ‖², a scalar. Raises ValueError for λ < 0."""
    return cross_entropy.forward(scores(x, theta, sizes=sizes), labels) + at_least("lam", lam, 0) * np.sum(theta**2)


def gradient(x: Array, labels: Array, theta: Array, *, sizes: Sequence[int], lam: float = 0.0) -> Array:
    """∂loss/∂θ, shaped like θ."""
    hidden, w, b = _split(theta, sizes)
    y = mlp.forward(x, hidden, sizes=sizes[:-1], activation=mlp.RELU)
    above = affine.backward(y, w, b, cross_entropy.backward(affine.forward(y, w, b), labels, np.ones(())))
    below = mlp.backward(x, hidden, above.x, sizes=sizes[:-1], activation=mlp.RELU)
    return np.concatenate([below.theta, np.reshape(above.w, (-1,)), above.b]) + 2 * lam * theta


def overfit(x: Array, labels: Array, theta: Array, *, sizes: Sequence[int], steps: int = 300,
            lr: float = 0.1) -> Progress:
    """Full-batch descent with momentum 0.9 on a tiny set, without penalty."""
    state, losses = momentum.init(theta), [loss(x, labels, theta, sizes=sizes)]
    for _ in range(whole("steps", steps)):
        g = gradient(x, labels, theta, sizes=sizes)
        theta, state = momentum.step(theta, g, state, lr=lr, momentum=0.9)
        losses.append(loss(x, labels, theta, sizes=sizes))
    right = np.mean(np.argmax(scores(x, theta, sizes=sizes), axis=1) == labels)
    return Progress(theta, np.array(losses), float(right))
