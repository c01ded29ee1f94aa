"""What the references accept: each function returns its argument, or raises ValueError with name, value and rule.

Arrays that stand for float64 ones, such as those that carry their rounding error, pass; only their dtype is read.
"""

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._arrays import Array


def real(name: str, x: Array, *, ndim: int | None = None, at_least_1d: bool = False) -> Array:
    """A real float64 array without nan; of `ndim` dimensions if that is given. Infinities pass."""
    if getattr(x, "dtype", None) != np.float64:
        raise ValueError(f"{name} must be a real float64 array, got {_shown(x)}: "
                         f"convert it with np.asarray({name}, dtype=np.float64)")
    if isinstance(x, np.ndarray | np.generic) and np.isnan(x).any():
        raise ValueError(f"{name} must not hold nan, got nan in {np.isnan(x).sum()} of {x.size} entries")
    if ndim is not None and x.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimensions, got shape {x.shape}")
    if at_least_1d and x.ndim == 0:
        raise ValueError(f"{name} must have at least one dimension, got a scalar")
    return x


def shaped(name: str, x: Array, shape: Sequence[int]) -> Array:
    """A real float64 array of exactly this shape."""
    if tuple(np.shape(real(name, x))) != tuple(shape):
        raise ValueError(f"{name} must have shape {tuple(shape)}, got {tuple(np.shape(x))}")
    return x


def number(name: str, value: Any) -> Any:
    """A finite real number (or a scalar that stands for one)."""
    _plain(name, value)
    return value


def _plain(name: str, value: Any) -> float:
    """The number itself. Raises ValueError unless it is one, and finite."""
    try:
        plain = float(getattr(value, "value", value))  # a number that carries its rounding error holds it as `value`
    except (TypeError, ValueError):
        plain = math.nan
    if not math.isfinite(plain):
        raise ValueError(f"{name} must be a finite number, got {_shown(value)}")
    return plain


def positive(name: str, value: Any) -> Any:
    """A finite number above zero."""
    if not _plain(name, value) > 0:
        raise ValueError(f"{name} must be positive, got {_shown(value)}")
    return value


def at_least(name: str, value: Any, least: float) -> Any:
    """A finite number of at least `least`."""
    if not _plain(name, value) >= least:
        raise ValueError(f"{name} must be at least {least}, got {_shown(value)}")
    return value


def between(name: str, value: Any, low: float, high: float) -> Any:
    """A number in the closed interval [low, high]."""
    if not low <= _plain(name, value) <= high:
        raise ValueError(f"{name} must lie in [{low}, {high}], got {_shown(value)}")
    return value


def probability(name: str, value: Any) -> Any:
    """A number in [0, 1]."""
    return between(name, value, 0, 1)


def whole(name: str, value: Any, least: int = 0) -> int:
    """An integer of at least `least`; a bool is none."""
    try:
        found = operator.index(value)
    except TypeError:
        found = least - 1
    if isinstance(value, bool | np.bool_) or found < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {_shown(value)}")
    return found


def axis_of(name: str, axis: Any, ndim: int) -> int:
    """An axis of an array of `ndim` dimensions, counted from 0."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or not -ndim <= axis < ndim:
        raise ValueError(f"{name} must be a whole number in [{-ndim}, {ndim}), got {_shown(axis)}")
    return int(axis) % ndim


def labels(name: str, y: Any, classes: int, *, ignored: int | None = None) -> Any:
    """An integer array of class numbers in [0, classes), or `ignored`."""
    found = np.asarray(y)
    if found.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold whole numbers, got dtype {found.dtype}")
    wrong = (found < 0) | (found >= classes)
    if ignored is not None:
        wrong &= found != ignored
    if wrong.any():
        raise ValueError(f"{name} must lie in [0, {classes}), got {found[wrong].flat[0]}")
    return found


def one_of(name: str, value: Any, known: Sequence[str]) -> str:
    """One of a few words."""
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {_shown(value)}")
    return str(value)


def _shown(value: Any) -> str:
    """A value in a sentence, cut short."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
