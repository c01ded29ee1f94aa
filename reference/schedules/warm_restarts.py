"""Cosine annealing with warm restarts: half a cosine over T_i steps, then again from the top, each cycle T_mult longer.

    η_k = η_min + ½ (η₀ - η_min) (1 + cos(π T_cur / T_i))         T_i = T₀ T_mult^i,   T_cur steps since the restart

Source   Loshchilov, Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.
Variant  torch's CosineAnnealingWarmRestarts: as here; set to an epoch, step(epoch), it finds i by a rounded logarithm,
         which at some restarts is one too low: η_min instead of η₀.
         Keras's CosineDecayRestarts also scales η₀ by m_mul at each restart.
"""

import math

import numpy as np

from .. import _arguments as require


def cycle(k: float, *, T_0: int, T_mult: int = 1) -> tuple[float, float]:
    """T_cur and T_i after k steps. ValueError for k < 0, T_0 <= 0 and T_mult < 1."""
    begun, length = 0, require.positive("T_0", T_0)
    while require.at_least("k", k, 0) >= begun + length:
        begun, length = begun + length, length * require.at_least("T_mult", T_mult, 1)
    return k - begun, length


def rate(k: float, *, base: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> float:
    """The rate after k steps; k may be fractional."""
    since, length = cycle(k, T_0=T_0, T_mult=T_mult)
    eta: float = eta_min + (base - eta_min) * (1 + np.cos(math.pi * since / length)) / 2
    return eta
