"""Dropout, inverted: switch units off at random in training, and scale up the others so that every mean stays.

    m_i ~ Bernoulli(1 - p)                        independent per entry; m, x, y, g of one shape
    y_i = m_i x_i / (1 - p)     in training       0 throughout at p = 1
    y_i = x_i                   at test           which needs no p
    ∂L/∂x_i = m_i g_i / (1 - p)                   by the same mask

Source   Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout, 2014, section 4; scaled up in training
         instead of down at test: section 10.
Variant  torch, Keras: as here; p is the probability to drop, in the paper the one to keep. `classic_dropout` scales at
         test. Here p may also be an array that broadcasts to x, one probability a unit; torch takes a number.
"""

from typing import Any

import numpy as np

from .._arguments import probability, real
from .._arrays import Array


def probabilities(p: Any) -> Any:
    """p itself. Raises ValueError unless it is a number in [0, 1], or an array of such."""
    if isinstance(p, np.ndarray):
        if not ((p >= 0) & (p <= 1)).all():
            raise ValueError(f"p must lie in [0, 1], got {p[~((p >= 0) & (p <= 1))].flat[0]}")
        return p
    return probability("p", p)


def mask(shape: tuple[int, ...], *, p: Any, rng: np.random.Generator) -> Array:
    """Which entries are kept: booleans, True with probability 1 - p."""
    return rng.random(shape) >= probabilities(p)


def gain(p: Any) -> Any:
    """1 / (1 - p), by which a kept entry is multiplied; 0 at p = 1, where none is kept."""
    keep = 1 - probabilities(p)
    return np.where(keep > 0, 1 / np.where(keep > 0, keep, 1.0), 0.0)


def forward(x: Array, mask: Array, *, p: Any) -> Array:
    """In training. x any shape, mask of that shape."""
    return np.where(mask, real("x", x) * gain(p), 0.0)


def backward(x: Array, mask: Array, g: Array, *, p: Any) -> Array:
    """The gradient for x."""
    return np.where(mask, g * gain(p), 0.0)


def test(x: Array) -> Array:
    """At test: x itself."""
    return real("x", x)


def train(x: Array, *, rng: np.random.Generator, p: Any = 0.5) -> Array:
    """In training, by a mask of its own."""
    return forward(x, mask(x.shape, p=p, rng=rng), p=p)


def train_with_gradient(x: Array, g: Array, *, rng: np.random.Generator, p: Any = 0.5) -> tuple[Array, Array]:
    """The value in training and the gradient for x, by one mask."""
    kept = mask(x.shape, p=p, rng=rng)
    return forward(x, kept, p=p), backward(x, kept, g, p=p)
