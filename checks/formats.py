"""Formats inside a step: what becomes of a quantity that is kept in a coarser format than the parameters have.

    stored(x) = x rounded to nearest in the format, for the exact x and for every x̃ within its bound

An evaluation that sums in any order in float32 and rounds once into bfloat16 gives one and the same number unless the
sum lies within its own error of the middle between two; so mostly nothing is left of the bound, and a subject must give
the very number. Where it does lie there, the bound is the distance of the two candidates, and grows from there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fiducial.checks.error_rules import FLOAT32
from fiducial.checks.evidence import Array
from fiducial.checks.rounding import Rounded, Rounding


def nearest(values: Array, rounding: Rounding) -> Array:
    """Each value rounded to the nearest number of a format, ties to even; infinite beyond its largest."""
    _, exponent = np.frexp(values)
    spacing = np.maximum(np.ldexp(rounding.unit, exponent), rounding.tiny)
    rounded: Array = np.rint(values / spacing) * spacing
    return np.where(np.abs(rounded) > rounding.largest, np.copysign(np.inf, values), rounded)


def summed(x: Rounded) -> Rounded:
    """The same numbers, from here on computed in float32."""
    size = np.abs(x.value)
    error = x.error + FLOAT32.unit * size + FLOAT32.tiny
    return Rounded(x.value, np.where(size <= FLOAT32.largest, error, np.inf), FLOAT32)


def stored(rounding: Rounding) -> Callable[[Rounded], Rounded]:
    """Rounds into a format, and keeps the distance of what might have come of it."""

    def store(x: Rounded) -> Rounded:
        with np.errstate(all="ignore"):
            low, value, high = nearest(np.stack([x.value - x.error, x.value, x.value + x.error]), rounding)
            error = np.maximum(high - value, value - low)
        return Rounded(value, np.where(np.isnan(error), np.inf, error), x.rounding)

    return store
