"""Cyclical rates: up in a straight line from the base rate to the highest and down again, over and over.

    η_k = η₀ + (η_max - η₀) s_k h       s_k = p/u on the way up, (u + d - p)/d on the way down,   p = k mod (u + d)
    μ_k = μ_max - (μ_max - μ₀) s_k h    the momentum runs against the rate
    h = 1 (triangular),  2^-⌊k/(u + d)⌋ (triangular2),  γ^k (exp_range)          u step_size_up, d step_size_down

Source   Smith, Cyclical learning rates for training neural networks, 2017, section 3 and its appendix.
Variant  torch's CyclicLR: d = u unless given, `by_fractions`; exp_range as in Smith's text, by steps, not cycles.
"""

from .. import _arguments as require

ENVELOPES = ("triangular", "triangular2", "exp_range")


def _cycle(k: float, length: float) -> int:
    """The cycle that step k lies in, from 0."""
    number = 0
    while k >= (number + 1) * length:
        number += 1
    return number


def _envelope(k: float, cycle: int, mode: str, gamma: float) -> float:
    """h: how much of the full height the cycle reaches."""
    if require.one_of("mode", mode, ENVELOPES) == "triangular":
        return 1.0
    return 0.5**cycle if mode == "triangular2" else gamma**k


def height(k: float, *, step_size_up: int = 2000, step_size_down: int | None = None, mode: str = "triangular",
           gamma: float = 1.0) -> float:
    """s h, between 0 and 1, after k steps. ValueError for k < 0 and lengths <= 0."""
    up = step_size_up
    down = up if step_size_down is None else step_size_down
    require.positive("step_size_up", up)
    require.positive("step_size_down", down)
    cycle = _cycle(require.at_least("k", k, 0), up + down)
    place = k - cycle * (up + down)
    part = place / up if k <= cycle * (up + down) + up else (up + down - place) / down
    return part * _envelope(k, cycle, mode, gamma)


def by_fractions(k: float, *, step_size_up: int = 2000, step_size_down: int | None = None, mode: str = "triangular",
                 gamma: float = 1.0) -> float:
    """`height` in fractions of a cycle, which cancel: 1 + k/(u+d) less the cycle, as torch has it."""
    down = step_size_up if step_size_down is None else step_size_down
    length = step_size_up + down
    cycle, share = _cycle(k, length), step_size_up / length
    place = 1 + k / length - (cycle + 1)
    up = k <= cycle * length + step_size_up
    part = place / share if up else (place - 1) / (share - 1)
    return part * _envelope(k, cycle, mode, gamma)


def rate(k: float, *, base: float, max_lr: float, step_size_up: int = 2000, step_size_down: int | None = None,
         mode: str = "triangular", gamma: float = 1.0) -> float:
    """The rate after k steps; k may be fractional."""
    return base + (max_lr - base) * height(k, step_size_up=step_size_up, step_size_down=step_size_down, mode=mode,
                                           gamma=gamma)


def momentum(k: float, *, base_momentum: float = 0.8, max_momentum: float = 0.9, step_size_up: int = 2000,
             step_size_down: int | None = None, mode: str = "triangular", gamma: float = 1.0) -> float:
    """The momentum after k steps."""
    return max_momentum - (max_momentum - base_momentum) * height(
        k, step_size_up=step_size_up, step_size_down=step_size_down, mode=mode, gamma=gamma)
