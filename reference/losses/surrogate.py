"""Surrogate loss: trained on the negative log-likelihood, judged by the 0-1 loss.

    forward    R(s) = -Σ_xy p(x, y) log softmax(s_x)_y        ∂R/∂s_x = p(x) softmax(s_x) - p(x, ·)     p, s: X×C
    true_risk  Σ_x p(x) - p(x, argmax_y s_xy)

X inputs, C classes, p the joint probabilities, one row of scores s_x for each input: all conditionals are reached.
R is least where softmax(s_x) = p(· | x), and the highest score is then the Bayes class argmax_y p(x, y).

Source   Bartlett, Jordan, McAuliffe, Convexity, classification, and risk bounds, 2006; Goodfellow, Bengio, Courville,
         Deep learning, 2016, section 8.1.2.
Variant  the multi-class hinge loss is not a surrogate in this sense: where no class has more than ½ it may miss it.
"""

import numpy as np

from .._arguments import positive, real, shaped
from .._arrays import Array
from .cross_entropy import log_softmax


def _table(s: Array, joint: Array) -> Array:
    shaped("joint", real("joint", joint), s.shape)
    return joint


def forward(s: Array, joint: Array) -> Array:
    """The expected negative log-likelihood. Raises ValueError unless joint has the shape of s."""
    return -np.sum(_table(s, joint) * log_softmax(s))


def backward(s: Array, joint: Array, g: Array) -> Array:
    """The gradient for s."""
    inputs = np.sum(_table(s, joint), axis=1, keepdims=True)
    return (inputs * np.exp(log_softmax(s)) - joint) * g


def true_risk(s: Array, joint: Array) -> Array:
    """The expected 0-1 loss of the class with the highest score, the first of equals."""
    right = np.take_along_axis(_table(s, joint), np.argmax(s, axis=1)[:, None], axis=1)
    return np.sum(joint) - np.sum(right)


def minimizer(joint: Array) -> Array:
    """Scores of least R: log p(y | x). Raises ValueError unless every probability is positive."""
    if not (real("joint", joint) > 0).all():
        raise ValueError("joint must be positive in every entry: the minimizer lies at infinity otherwise")
    return np.log(joint / np.sum(joint, axis=1, keepdims=True))


def train(joint: Array, *, lr: float, steps: int) -> Array:
    """The scores after so many steps of descent on R, from 0."""
    s = np.zeros_like(joint)
    for _ in range(steps):
        s = s - positive("lr", lr) * backward(s, joint, np.ones(()))
    return s
