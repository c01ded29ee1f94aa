"""Cosine annealing: half a cosine from the base rate down to η_min in T steps; after T it rises again.

    η_k = η_min + ½ (η₀ - η_min) (1 + cos(π k / T))                              T T_max

Source   Loshchilov, Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5, without restart.
Variant  torch's CosineAnnealingLR: `recursive`, each rate from the one before, so that it can be chained.
         Keras's CosineDecay stays at its lowest rate after T.
"""

import math

import numpy as np

from .. import _arguments as require


def rate(k: float, *, base: float, T_max: int, eta_min: float = 0.0) -> float:
    """The rate after k steps; k may be fractional. ValueError for k < 0 and T_max <= 0."""
    require.at_least("k", k, 0)
    require.positive("T_max", T_max)
    eta: float = eta_min + (base - eta_min) * (1 + np.cos(math.pi * k / T_max)) / 2
    return eta


def recursive(eta: float, k: int, *, base: float, T_max: int, eta_min: float = 0.0) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own).

        η_k - η_min = (η_{k-1} - η_min) (1 + cos(π k/T)) / (1 + cos(π (k-1)/T))
        η_k = η_{k-1} + ½ (η₀ - η_min) (1 - cos(π/T))       where that is 0/0: one step after each minimum
    """
    if k == 0:
        return eta
    if _leaves_a_minimum(k, T_max):
        rise: float = (base - eta_min) * (1 - np.cos(math.pi / T_max)) / 2
        return eta + rise
    factor: float = (1 + np.cos(math.pi * k / T_max)) / (1 + np.cos(math.pi * (k - 1) / T_max))
    return factor * (eta - eta_min) + eta_min


def _leaves_a_minimum(k: int, T_max: int) -> bool:
    """Whether step k - 1 was an odd multiple of T."""
    turn = T_max + 1
    while turn < k:
        turn += 2 * T_max
    return turn == k
