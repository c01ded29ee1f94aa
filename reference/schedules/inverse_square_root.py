"""Inverse square root: the base rate for the first N steps, then a decay with the root of time.

    η_t = η₀ / √max(1, t/N)

Source   Vaswani et al., Attention is all you need, 2017, section 5.3, from N = warmup steps on;
         Bottou, Curtis, Nocedal, Optimization methods for large-scale machine learning, 2018, section 4.
Variant  `unlimited`, η₀ / √(t/N): while t < N it amplifies by √(N/t), and at t = 0 it is infinite.
         Vaswani et al. rise in a straight line up to N instead (a linear warm-up).
"""

import numpy as np

from .. import _arguments as require


def rate(k: float, *, base: float, N: int) -> float:
    """The rate at t = k; k may be fractional. ValueError for k < 0 and N <= 0."""
    require.at_least("k", k, 0)
    require.positive("N", N)
    eta: float = base / np.sqrt(k / N) if k > N else base * 1.0
    return eta


def unlimited(k: float, *, base: float, N: int) -> float:
    """η₀ / √(k/N), above η₀ for k < N. ValueError for k <= 0, where it has no value."""
    eta: float = base / np.sqrt(require.positive("k", k) / require.positive("N", N))
    return eta
