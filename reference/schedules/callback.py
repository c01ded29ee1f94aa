"""Callback schedule: a function of the epoch says the rate.

    η_k = f(k, η_{k-1})                              k = 0, 1, …: set before epoch k; f may return the old rate
    η_k = η₀ f(k)                                    `rate`: f is a factor on the base rate

Source   Chollet et al., Keras, 2015, LearningRateScheduler; torch.optim.lr_scheduler.LambdaLR.
Variant  Keras: `step`, f sees the epoch and the present rate. torch's LambdaLR: `rate`, f sees the epoch alone;
         its MultiplicativeLR: `recursive`, a factor on the rate before, not asked at k = 0.
"""

from collections.abc import Callable

from .. import _arguments as require


def step(eta: float, k: int, *, schedule: Callable[[int, float], float]) -> float:
    """The rate for epoch k, set before it, from the rate η so far. ValueError for k < 0."""
    return schedule(require.whole("k", k), eta)


def rate(k: int, *, base: float, factor: Callable[[int], float]) -> float:
    """The rate after k steps. ValueError for k < 0."""
    return base * factor(require.whole("k", k))


def recursive(eta: float, k: int, *, ratio: Callable[[int], float]) -> float:
    """The rate after k steps from η, the rate after k - 1 (at k = 0 the optimizer's own)."""
    return eta * ratio(k) if k > 0 else eta
