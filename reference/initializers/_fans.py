"""Fans: how many inputs a unit sums, and how many units one input reaches."""

from math import prod
from typing import NamedTuple

from .._arguments import one_of, whole

MODES = ("fan_in", "fan_out")


class Fans(NamedTuple):
    """n_in: terms in one unit's sum; n_out: sums that one input enters, at stride 1."""

    fan_in: int
    fan_out: int


def sizes(shape: tuple[int, ...], *, least: int = 0) -> tuple[int, ...]:
    """The shape itself. Raises ValueError unless it is a tuple of at least `least` whole numbers ≥ 1."""
    if not isinstance(shape, tuple) or len(shape) < least:
        raise ValueError(f"shape must be a tuple of at least {least} sizes, got {shape!r}")
    return tuple(whole("shape", size, least=1) for size in shape)


def fans(shape: tuple[int, ...]) -> Fans:
    """Of weights (out, in, *receptive): each is multiplied by Π receptive. Raises ValueError in 1-d."""
    n_out, n_in, *receptive = sizes(shape, least=2)
    return Fans(fan_in=n_in * prod(receptive), fan_out=n_out * prod(receptive))


def fan(shape: tuple[int, ...], mode: str) -> int:
    """One of the two. Raises ValueError for a mode that is neither fan_in nor fan_out."""
    return int(getattr(fans(shape), one_of("mode", mode, MODES)))
