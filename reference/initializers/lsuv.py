"""LSUV: scale each layer in turn until its output has variance 1 on a batch.

    for d = 1 … L:   s_d = W_d x_d;   until |D(s_d) - 1| < tol, `most` times at most:   W_d ← W_d / √D(s_d)
    x_{d+1} = φ(s_d)                                             x_1 (features, examples), D over units and examples

Source   Mishkin, Matas, All you need is a good init, 2016, algorithm 1 (W_d orthonormal before).
Variant  none in use. A layer without a bias is linear in W_d, so one division does; further ones are for rounding.
"""

from collections.abc import Callable, Sequence

import numpy as np

from .._arguments import positive, real, whole
from .._arrays import Array
from . import orthogonal


def relu(s: Array) -> Array:
    """max(s, 0)."""
    return np.maximum(s, 0.0)


def variance(s: Array) -> Array:
    """The mean square distance from the mean, over all entries."""
    return np.mean((s - np.mean(s)) ** 2)


def scale(weights: Sequence[Array], x: Array, *, activation: Callable[[Array], Array] = relu,
          tol: float = 0.1, most: int = 10) -> list[Array]:
    """The weights, each divided until its layer's output has variance 1. Raises ValueError where that is 0."""
    positive("tol", tol), whole("most", most), real("x", x, ndim=2)
    found = []
    for w in weights:
        s, rounds = w @ x, 0
        while abs(variance(s) - 1) >= tol and rounds < most:
            w = w / np.sqrt(positive("the variance of a layer's output", float(variance(s))))
            s, rounds = w @ x, rounds + 1
        found.append(w)
        x = activation(s)
    return found


def draw(widths: Sequence[int], x: Array, *, rng: np.random.Generator,
         activation: Callable[[Array], Array] = relu, tol: float = 0.1, most: int = 10) -> list[Array]:
    """Fresh weights (widths[d+1], widths[d]) for a batch x (widths[0], examples)."""
    pairs = zip(widths[1:], widths[:-1], strict=True)
    return scale([orthogonal.draw(pair, rng=rng) for pair in pairs], x, activation=activation, tol=tol, most=most)
