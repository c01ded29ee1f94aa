"""One schedule after another: each counts its steps from its own start.

    η_k = rate_i(k - m_{i-1}),   m_{i-1} <= k < m_i                              m milestones, m₀ = 0

Source   Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2 (warm-up, then decay);
         torch.optim.lr_scheduler.SequentialLR.
Variant  torch: as here; each schedule begins from the optimizer's base rate, whatever rate the one before it reached.
"""

from collections.abc import Callable, Sequence

from .. import _arguments as require


def rate(k: int, *, base: float, schedules: Sequence[Callable[..., float]], milestones: Sequence[int]) -> float:
    """The rate after k steps; a schedule is called as schedule(k, base=…). ValueError unless milestones fit."""
    if len(milestones) != len(schedules) - 1 or list(milestones) != sorted(milestones):
        raise ValueError(f"milestones must be {len(schedules) - 1} numbers in order, got {list(milestones)}")
    passed = sum(milestone <= require.whole("k", k) for milestone in milestones)
    begun = milestones[passed - 1] if passed else 0
    return schedules[passed](k - begun, base=base)
