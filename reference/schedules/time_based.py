"""Time-based decay: the rate falls as one over time.

    η_k = η₀ / (1 + d k)                                                          d decay

Source   Robbins, Monro, A stochastic approximation method, 1951 (Σ η = ∞, Σ η² < ∞);
         Bottou, Stochastic gradient descent tricks, 2012.
Variant  Keras's former SGD(decay=d), per update; InverseTimeDecay divides k by decay_steps.
         torch: Adagrad's lr_decay, with k = t - 1 (the first step has η₀).
"""

from .. import _arguments as require


def rate(k: float, *, base: float, decay: float) -> float:
    """The rate after k steps; k may be fractional. ValueError for k < 0 and decay < 0."""
    require.at_least("k", k, 0)
    require.at_least("decay", decay, 0)
    return base / (1 + decay * k)
