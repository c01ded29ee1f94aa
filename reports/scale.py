"""The scale of a failed check: what was measured against what is allowed, on a logarithmic axis."""

from __future__ import annotations

import math
from typing import NamedTuple

WIDTH, MARGIN = 440.0, 60.0  # in the drawing's own units; the margins hold 0 on the left, inf and nan on the right
TICKS = 6  # at most


class Tick(NamedTuple):
    """A power of ten on the axis."""

    x: float
    power: int


class Scale(NamedTuple):
    """Where everything stands, in units of the drawing."""

    measured: float
    allowed: float
    ticks: list[Tick]
    holds: bool
    zero: bool  # 0 is one of the two, and stands left of every power of ten
    beyond: str  # "inf" or "nan" where that was measured or allowed, and stands right of every power of ten


def scale(measured: float, allowed: float) -> Scale:
    """Both on one axis that spans them with a decade to spare on either side."""
    powers = [math.log10(value) for value in (measured, allowed) if 0 < value < math.inf] or [0.0]
    low, high = math.floor(min(powers)) - 1, math.ceil(max(powers)) + 1

    def place(value: float) -> float:
        if not value < math.inf:
            return WIDTH - MARGIN / 4
        if value <= 0:
            return MARGIN / 4
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (math.log10(value) - low) / (high - low), 1)

    every = max(1, math.ceil((high - low) / TICKS))
    ticks = [Tick(place(10.0**power), power) for power in range(low, high + 1, every)
             if -308 <= power <= 308]
    strange = [value for value in (measured, allowed) if not value < math.inf]
    return Scale(place(measured), place(allowed), ticks, measured <= allowed,
                 zero=min(measured, allowed) <= 0, beyond=f"{strange[0]:g}" if strange else "")
