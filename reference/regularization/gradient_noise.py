"""Gradient noise: add to each gradient Gaussian noise whose variance falls as training goes on.

    σ_t² = η / (1 + t)^γ                          t = 0, 1, … steps done; the variance, not the deviation
    g'   = g + σ_t z,   z ~ N(0, I)               g, z, g' of one shape

Source   Neelakantan, Vilnis, Le, Sutskever, Kaiser, Kurach, Martens, Adding gradient noise improves learning for very
         deep networks, 2015; γ = 0.55 and η one of 0.01, 0.3, 1. The schedule is that of Welling, Teh, Bayesian
         learning via stochastic gradient Langevin dynamics, 2011.
Variant  none in use.
"""

import numpy as np

from .._arguments import at_least, real, shaped, whole
from .._arrays import Array


def variance(t: int, *, eta: float, gamma: float = 0.55) -> float:
    """σ_t² for step t ≥ 0."""
    return float(at_least("eta", eta, 0) / (1 + whole("t", t)) ** at_least("gamma", gamma, 0))


def noise(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """z: standard normal, independent per entry."""
    return rng.standard_normal(shape)


def forward(g: Array, z: Array, t: int, *, eta: float, gamma: float = 0.55) -> Array:
    """The gradient that the optimizer is given in step t."""
    return real("g", g) + np.sqrt(variance(t, eta=eta, gamma=gamma)) * shaped("z", z, g.shape)
