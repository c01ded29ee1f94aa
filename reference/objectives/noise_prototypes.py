"""Noise prototypes: what a sampled gradient is off by, in unit tests of optimizers.

    additive         g + σ z                z ~ N(0, 1)                      mean g, deviation σ
    multiplicative   g (1 + σ z)            z ~ N(0, 1)                      mean g, deviation σ |g|
    cauchy           g + σ z                z standard Cauchy                median g, no mean; half within σ of g
    mask             g z                    z = 1/p with probability p = 1/(1 + σ²), else 0   mean g, deviation σ |g|

One z for each entry of g.

Source   Schaul, Antonoglou, Silver, Unit tests for stochastic optimization, 2014, the section on noise prototypes.
Variant  a mask without its 1/p shrinks the mean gradient to p g.
"""

import numpy as np

from .._arguments import at_least, one_of, real, shaped
from .._arrays import Array

KINDS = ("additive", "multiplicative", "cauchy", "mask")


def draw(shape: tuple[int, ...], *, kind: str, sigma: float = 1.0, rng: np.random.Generator) -> Array:
    """z for every entry. Raises ValueError for another kind or σ < 0."""
    at_least("sigma", sigma, 0)
    if one_of("kind", kind, KINDS) == "cauchy":
        return rng.standard_cauchy(shape)
    if kind == "mask":
        p = 1 / (1 + sigma**2)
        return (rng.random(shape) < p) / p
    return rng.standard_normal(shape)


def forward(g: Array, z: Array, *, kind: str, sigma: float = 1.0) -> Array:
    """The gradient that an optimizer sees, shaped like g."""
    shaped("z", z, real("g", g).shape)
    if one_of("kind", kind, KINDS) == "mask":
        return g * z
    return g * (1 + sigma * z) if kind == "multiplicative" else g + sigma * z
