"""Truncated normal: a normal law given that it falls between two values.

    w ~ N(μ, σ²) given a ≤ w ≤ b                                 w of any shape; a and b are values, not multiples of σ
    w = μ + σ Φ⁻¹(Φ(α) + u (Φ(β) - Φ(α))),   u ~ U(0, 1),   α = (a - μ)/σ,   β = (b - μ)/σ

Source   Devroye, Non-uniform random variate generation, 1986, section II.2.1 (inversion, restricted to an interval).
Variant  torch: as here, a = -2, b = 2 whatever σ is. Keras, JAX: cut at two σ; `standardized` has variance 1 then.
         σ² is the variance before the cut; cut at two σ it is 0.774 of that.
"""

from math import erf, erfc, exp, pi, sqrt
from statistics import NormalDist

import numpy as np

from .._arguments import at_least, number, positive
from .._arrays import Array
from ._fans import sizes

KEPT_AT_TWO = 1 - 4 * exp(-2) / sqrt(2 * pi) / erf(sqrt(2))  # 0.774, the variance of N(0, 1) given |z| ≤ 2
_quantile = np.frompyfunc(NormalDist().inv_cdf, 1, 1)


def _between(alpha: float, beta: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """z ~ N(0, 1) given α ≤ z ≤ β, from the tail that keeps its digits."""
    if alpha > 0:
        return -_between(-beta, -alpha, shape, rng)
    low, high = (erfc(-edge / sqrt(2)) / 2 for edge in (alpha, beta))
    p = np.clip(low + rng.random(shape) * (high - low), np.finfo(float).tiny, 1 - 2.0**-53)
    return np.clip(np.asarray(_quantile(p), dtype=np.float64), alpha, beta)


def draw(shape: tuple[int, ...], *, rng: np.random.Generator,
         mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Array:
    """A fresh array. Raises ValueError unless mean is finite, std positive and a ≤ b."""
    number("mean", mean), positive("std", std), at_least("b", b, number("a", a))
    z = _between((a - mean) / std, (b - mean) / std, sizes(shape), rng)
    return np.clip(mean + std * z, a, b)


def standardized(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """N(0, 1) cut at two of its σ, then divided by what is left of σ: mean 0, variance 1."""
    return draw(shape, rng=rng) / sqrt(KEPT_AT_TWO)
