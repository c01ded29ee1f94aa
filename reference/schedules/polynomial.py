"""Polynomial decay to zero over T steps.

    η_k = η₀ (1 - min(k, T) / T)^p                                               T total_iters, p power

Source   Chen et al., DeepLab: semantic image segmentation with deep convolutional nets, 2018 ("poly").
Variant  torch's PolynomialLR: these defaults, and `recursive`. Keras and TensorFlow add an end rate and can cycle.
"""

from .. import _arguments as require


def rate(k: float, *, base: float, total_iters: int = 5, power: float = 1.0) -> float:
    """The rate after k steps; k may be fractional. ValueError for k < 0, total_iters <= 0 and power <= 0."""
    require.at_least("k", k, 0)
    require.positive("total_iters", total_iters)
    require.positive("power", power)
    eta: float = base * ((total_iters - min(k, total_iters)) / total_iters) ** power
    return eta


def recursive(eta: float, k: int, *, base: float, total_iters: int = 5, power: float = 1.0) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own)."""
    if k == 0 or k > total_iters:
        return eta
    if k == total_iters:
        return eta * 0.0
    factor: float = ((1 - k / total_iters) / (1 - (k - 1) / total_iters)) ** power
    return eta * factor
