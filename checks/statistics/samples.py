"""What counts as a sample: enough real, finite numbers, and no whole ones where a continuous law is claimed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class BadSample(ValueError):
    """The sample cannot be judged, for the reason that the sentence gives."""


def check_alpha(alpha: float) -> float:
    """alpha itself; ValueError unless 0 < alpha < 1."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie strictly between 0 and 1, got {alpha}")
    return alpha


def _real(sample: ArrayLike, name: str) -> NDArray[np.generic]:
    array = np.asarray(sample)
    if array.dtype.kind not in "biuf":
        raise BadSample(f"{name} must hold real numbers, got dtype {array.dtype}: pass floats, integers or booleans")
    return array


def _finite(values: Floats, name: str) -> Floats:
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise BadSample(f"{name} holds {bad.size} values that are nan or infinite (first: {values.ravel()[bad[0]]} at "
                        f"index {bad[0]}): a sampler must return finite numbers")
    return values


def numbers(sample: ArrayLike, *, least: int = 2, name: str = "sample") -> Floats:
    """The sample as one flat float64 array; BadSample where it is not real, not finite or shorter than `least`."""
    values = _real(sample, name).astype(np.float64).ravel()
    if values.size < least:
        raise BadSample(f"{name} holds {values.size} values, but this test needs at least {least}: draw more")
    return _finite(values, name)


def pairs(x: ArrayLike, y: ArrayLike, *, least: int = 3) -> tuple[Floats, Floats]:
    """Two samples of one length; BadSample as `numbers`, and where the lengths differ or one of them is constant."""
    a, b = numbers(x, least=least, name="x"), numbers(y, least=least, name="y")
    if a.size != b.size:
        raise BadSample(f"x and y must pair up, got {a.size} and {b.size} values: draw both together")
    for name, values in (("x", a), ("y", b)):
        _varies(values, name)
    return a, b


def rows(sample: ArrayLike, *, least: int = 3) -> Floats:
    """The sample as a float64 matrix with one draw a row; BadSample where it is none, not finite or too short."""
    array = _real(sample, "sample").astype(np.float64)
    if array.ndim != 2:
        raise BadSample(f"sample must be a matrix with one draw a row, got shape {array.shape}: reshape it to (n, d)")
    if len(array) < least:
        raise BadSample(f"sample holds {len(array)} rows, but this test needs at least {least}: draw more")
    return _finite(array, "sample")


def continuous(sample: ArrayLike, *, least: int = 2) -> Floats:
    """Values that a continuous law may have given; BadSample for whole numbers and for constants."""
    array, values = np.asarray(sample), numbers(sample, least=least)
    if array.dtype.kind in "biu" or bool(np.all(values == np.rint(values))):
        raise BadSample(f"all {values.size} values are whole numbers (dtype {array.dtype}) where a continuous law is "
                        "claimed: return floats, or claim a discrete law")
    return _varies(values, "sample")


def _varies(values: Floats, name: str) -> Floats:
    if values.size > 1 and bool(np.all(values == values[0])):
        raise BadSample(f"{name} is constant, all {values.size} values equal {values[0]}: pass values that vary")
    return values


def half_step(sample: ArrayLike) -> tuple[Floats | float, float]:
    """Half the distance to the next number of the sample's format, per value, and its unit roundoff; 0 for integers.

    The format is the first of bfloat16, float16, float32 that holds every value, else the array's own: draws made in
    float32 and handed over as float64 are float32 draws.
    """
    values = np.asarray(sample).ravel()
    if values.dtype.kind != "f":
        return 0.0, 0.0
    if not _fits(values, np.float32):
        return _half_spacing(values), float(np.finfo(values.dtype).eps) / 2
    single = values.astype(np.float32)
    if not np.any(single.view(np.uint32) & 0xFFFF):  # bfloat16 is float32 without its last 16 bits
        return _half_spacing(single) * 2.0**16, 2.0**-8
    if _fits(values, np.float16):
        return _half_spacing(values.astype(np.float16)), 2.0**-11
    return _half_spacing(single), 2.0**-24


def _fits(values: NDArray[np.generic], dtype: type) -> bool:
    """Whether every value is a number of the format; the first few decide most samples."""
    with np.errstate(over="ignore"):
        return all(np.array_equal(some.astype(dtype), some) for some in (values[:64], values))


def _half_spacing(values: NDArray[Any]) -> Floats:
    return np.asarray(np.abs(np.spacing(values)) / 2, dtype=np.float64)
