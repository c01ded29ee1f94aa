"""Dropout, classic: switch units off at random in training, and scale the scores that they feed down at test.

    m_i ~ Bernoulli(1 - p)                        independent per entry; m, y, g of one shape (…, n)
    y'  = m ⊙ y                 in training,      ∂L/∂y = m ⊙ g
    S   = Σ w_i m_i y_i + b                       w (n), b a number, S (…)
    E S = (1 - p) Σ w_i y_i + b                   the score at test: the bias was never dropped
    E θ(S) = Σ_m P(m) θ(S_m)                      2ⁿ terms; not θ(E S) unless θ is affine

Source   Hinton, Srivastava, Krizhevsky, Sutskever, Salakhutdinov, Improving neural networks by preventing co-adaptation
         of feature detectors, 2012; the score at test: Srivastava et al., Dropout, 2014, section 4.
Variant  `dropout` divides by 1 - p in training instead, as torch and Keras do. (1 - p)(Σ w_i y_i + b), which lecture
         notes print, is right only where the bias is dropped as well: `dropped_bias_score`.
"""

from collections.abc import Callable
from itertools import product

import numpy as np

from .._arguments import probability, real, shaped
from .._arrays import Array


def mask(shape: tuple[int, ...], *, p: float, rng: np.random.Generator) -> Array:
    """Which entries are kept: booleans, True with probability 1 - p."""
    return rng.random(shape) >= probability("p", p)


def forward(y: Array, mask: Array) -> Array:
    """In training. y any shape, mask of that shape."""
    return np.where(mask, real("y", y), 0.0)


def backward(y: Array, mask: Array, g: Array) -> Array:
    """The gradient for y."""
    return np.where(mask, g, 0.0)


def inference(y: Array, *, p: float) -> Array:
    """At test: (1 - p) y, the mean of `forward`."""
    return (1 - probability("p", p)) * real("y", y)


def score(y: Array, w: Array, b: float, *, p: float) -> Array:
    """The score at test: the mean of the score in training. y (…, n), w (n)."""
    return inference(y, p=p) @ shaped("w", w, y.shape[-1:]) + b


def dropped_bias_score(y: Array, w: Array, b: float, *, p: float) -> Array:
    """The score at test where the bias is a unit that is dropped like the others."""
    return (1 - probability("p", p)) * (real("y", y) @ shaped("w", w, y.shape[-1:]) + b)


def mean_output(y: Array, w: Array, b: float, theta: Callable[[Array], Array], *, p: float) -> Array:
    """E θ(S) over all 2ⁿ masks. y (…, n) with a small n."""
    real("y", y)
    total = np.zeros_like(y[..., 0])
    for kept in product([False, True], repeat=y.shape[-1]):
        weight = (1 - p) ** sum(kept) * p ** (len(kept) - sum(kept))
        total = total + weight * theta(forward(y, np.broadcast_to(kept, y.shape)) @ w + b)
    return total
