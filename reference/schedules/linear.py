"""Linear: the factor on the base rate moves in a straight line, then stays; from a third to one it is a warm-up.

    η_k = η₀ (s + (e - s) min(k, T) / T)                                s start_factor, e end_factor, T total_iters

Source   Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 2.2, gradual warm-up.
         Goodfellow, Bengio, Courville, Deep Learning, 2016, equation 8.14, linear decay: s = 1, e = ε_τ / ε₀.
Variant  torch's LinearLR: these defaults, and `recursive`; Goyal et al.: s = 1/8 … 1 over five epochs.
         Some warm-ups start at (k + 1) / T, so that no step has rate 0.
"""

from .. import _arguments as require


def rate(k: float, *, base: float, start_factor: float = 1 / 3, end_factor: float = 1.0,
         total_iters: int = 5) -> float:
    """The rate after k steps; k may be fractional. ValueError for k < 0 and total_iters <= 0."""
    require.at_least("k", k, 0)
    require.positive("total_iters", total_iters)
    done = min(k, total_iters) / total_iters
    return base * (start_factor + (end_factor - start_factor) * done)


def recursive(eta: float, k: int, *, base: float, start_factor: float = 1 / 3, end_factor: float = 1.0,
              total_iters: int = 5) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own); start_factor not 0."""
    if k == 0:
        return eta * start_factor
    if k > total_iters:
        return eta
    rise = end_factor - start_factor
    return eta * (1 + rise / (total_iters * start_factor + (k - 1) * rise))
