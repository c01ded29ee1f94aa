"""Noisy quadratic: every example is a parabola of its own, and they disagree about the minimum.

    f(x; ξ) = ½ h (x - ξ)²,   ∇f = h (x - ξ),   ξ ~ N(c, σ²)                                       x, ξ (n,), h > 0
    E f = ½ h (x - c)² + ½ h σ²,   E ∇f = h (x - c),   Var ∇f = h² σ²      per entry; minimum of E f at x = c
    E over ξ of the excess ½ h (x' - c)² after x' = x - η ∇f:   ½ h ((1 - ηh)² (x - c)² + η² h² σ²)
    η* = 1/h · (x - c)² / ((x - c)² + σ²) makes it least

Source   Schaul, Zhang, LeCun, No more pesky learning rates, 2013, section 3.
Variant  noise added to the gradient of one parabola is the same with h σ for its deviation.
"""

import numpy as np

from .._arguments import at_least, number, positive, real, shaped
from .._arrays import Array


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, c: float = 0.0, sigma: float = 1.0) -> Array:
    """ξ: the minimum of one example. Raises ValueError for σ < 0."""
    return number("c", c) + at_least("sigma", sigma, 0) * rng.standard_normal(shape)


def forward(x: Array, xi: Array, *, h: float = 1.0) -> Array:
    """f for one example, a scalar: summed over the entries of x. Raises ValueError unless h > 0."""
    return 0.5 * positive("h", h) * np.sum((real("x", x) - shaped("xi", xi, x.shape)) ** 2)


def backward(x: Array, xi: Array, g: Array, *, h: float = 1.0) -> Array:
    """g ∇f, shaped like x."""
    return g * h * (x - xi)


def hessian(x: Array, xi: Array, *, h: float = 1.0) -> Array:
    """(n, n)."""
    return h * np.eye(x.size)


def expected(x: Array, *, h: float = 1.0, c: float = 0.0, sigma: float = 1.0) -> Array:
    """E f, a scalar."""
    return 0.5 * h * (np.sum((x - c) ** 2) + x.size * sigma**2)


def expected_after(x: Array, *, lr: float, h: float = 1.0, c: float = 0.0, sigma: float = 1.0) -> Array:
    """E f after one step of descent from x on one example: f where the step ended, for another example."""
    spread = (1 - lr * h) ** 2 * np.sum((x - c) ** 2) + x.size * (lr * h * sigma) ** 2
    return 0.5 * h * (spread + x.size * sigma**2)


def best_rate(x: Array, *, h: float = 1.0, c: float = 0.0, sigma: float = 1.0) -> float:
    """η* at x; 0 at the minimum, unless σ = 0."""
    square = float(np.sum((x - c) ** 2))
    noise = x.size * sigma**2
    return float(square / (square + noise) / h) if square + noise > 0 else 1 / h
