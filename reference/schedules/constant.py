"""Constant warm-up: a low rate for the first T steps, then the base rate at once.

    η_k = f η₀   for k < T,   η₀ after                                             f factor, T total_iters

Source   Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 2.2, constant warm-up.
Variant  torch's ConstantLR: these defaults; it undoes the factor by 1/f (`recursive`), so f = 0 raises there at
         k = T, and with T = 0 the factor is never undone.
"""

from .. import _arguments as require


def rate(k: int, *, base: float, factor: float = 1 / 3, total_iters: int = 5) -> float:
    """The rate after k steps. ValueError for k < 0."""
    return base * factor if require.at_least("k", k, 0) < total_iters else base * 1.0


def recursive(eta: float, k: int, *, base: float, factor: float = 1 / 3, total_iters: int = 5) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own); factor not 0."""
    if k == 0:
        return eta * factor
    return eta * (1 / factor) if k == total_iters else eta
