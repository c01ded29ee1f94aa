"""Exponential decay: multiply the rate by γ at every step.

    η_k = η₀ γ^k

Source   Senior, Heigold, Ranzato, Yang, An empirical study of learning rates in deep neural networks for speech
         recognition, 2013 (written η₀ 10^(-t/r): γ = 10^(-1/r)).
Variant  torch's ExponentialLR: one product a step (`recursive`). Keras: decay_rate^(k / decay_steps).
"""

from .. import _arguments as require


def rate(k: int, *, base: float, gamma: float) -> float:
    """The rate after k steps. ValueError for k < 0."""
    eta: float = base * gamma ** require.at_least("k", k, 0)
    return eta


def recursive(eta: float, k: int, *, base: float, gamma: float) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own)."""
    return eta * gamma if k > 0 else eta
