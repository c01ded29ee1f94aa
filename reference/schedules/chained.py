"""Several schedules at once: each multiplies the rate by its own factor.

    η_k = η₀ Π_i rate_i(k) / η₀                       for schedules that are factors on the base rate

Source   torch.optim.lr_scheduler.ChainedScheduler.
Variant  torch: `recursive`, each schedule's recursive step applied in turn to the rate that the others left. The same
         for factors; a schedule with an offset (cosine with η_min > 0) has no such closed form.
"""

from collections.abc import Callable, Sequence

from .. import _arguments as require


def rate(k: int, *, base: float, schedules: Sequence[Callable[..., float]]) -> float:
    """The rate after k steps; a schedule is called as schedule(k, base=1), and must be a factor on its base."""
    found = base * 1.0
    for schedule in schedules:
        found = found * schedule(require.whole("k", k), base=1.0)
    return found


def recursive(eta: float, k: int, *, base: float, schedules: Sequence[Callable[..., float]]) -> float:
    """The rate after k steps from η, the rate after k - 1; a schedule is called as schedule(η, k, base=…)."""
    for schedule in schedules:
        eta = schedule(eta, k, base=base)
    return eta
