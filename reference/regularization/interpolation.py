"""Linear interpolation of an image between its pixels, and by a rule beyond its border.

    y(u, v) = Σ_{a,b ∈ {0,1}} |1-a-s| |1-b-t| x̃[⌊u⌋+a, ⌊v⌋+b]     s = u - ⌊u⌋, t = v - ⌊v⌋;  x (H, W, C), y (…, C)
    x̃[i] = x[min(max(i, 0), n-1)]       nearest     a a | a b c | c c
    x̃[i] = x[j], j = i mod 2n, or 2n-1-j where j ≥ n     reflect     b a | a b c | c b
    x̃[i] = x[i mod n]                   grid-wrap   b c | a b c | a b
    u ↦ u mod (n-1) outside [0, n-1]    wrap        jumps from the last pixel to the first
    y = c unless 0 ≤ u ≤ n-1            constant    nothing is interpolated towards c

Source   SciPy's documentation of scipy.ndimage.map_coordinates, order 1 and its modes; Keras, ImageDataGenerator,
         fill_mode, hands its names on to it.
Variant  wrap has period n-1 as in SciPy, and so in Keras, whose documentation shows n: that is `grid-wrap`.
         torch's grid_sample calls `nearest` border, `reflect` reflection (align_corners=False), and its zeros
         interpolates towards 0, where `constant` breaks off.
"""

import numpy as np

from .._arguments import one_of, real
from .._arrays import Array

FILL_MODES = ("nearest", "reflect", "wrap", "grid-wrap", "constant")


def wrapped(u: Array, n: int) -> Array:
    """u brought into [0, n-1] by multiples of n - 1; inside it stays where it is."""
    period = n - 1
    if period == 0:
        return np.zeros_like(u)
    above = u - period * np.floor(u / period)
    below = u + period * (np.floor(-u / period) + 1)
    return np.where(u < 0, below, np.where(u > period, above, u))


def extended(i: Array, n: int, fill_mode: str) -> Array:
    """The pixel that stands at whole-numbered place i of the extended line of n pixels."""
    if fill_mode == "reflect":
        j = i % (2 * n)
        return np.where(j < n, j, 2 * n - 1 - j)
    if fill_mode == "grid-wrap":
        return i % n
    return np.clip(i, 0, n - 1)


def neighbours(u: Array, n: int, fill_mode: str) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Two pixels of a line of n, each with its weight, for every place u."""
    u = wrapped(u, n) if fill_mode == "wrap" else u
    low = np.floor(u)
    s, i = u - low, low.astype(np.int64)
    return (extended(i, n, fill_mode), 1 - s), (extended(i + 1, n, fill_mode), s)


def forward(x: Array, u: Array, v: Array, *, fill_mode: str = "nearest", cval: float = 0.0) -> Array:
    """The image x (H, W, C) at rows u and columns v, which broadcast to a shape (…): (…, C).

    Raises ValueError for an image of another form and for an unknown fill_mode.
    """
    height, width, _ = real("x", x, ndim=3).shape
    one_of("fill_mode", fill_mode, FILL_MODES)
    rows, columns = neighbours(u, height, fill_mode), neighbours(v, width, fill_mode)
    y = sum((s * t)[..., None] * x[i, j] for i, s in rows for j, t in columns)
    if fill_mode != "constant":
        return y
    inside = (u >= 0) & (u <= height - 1) & (v >= 0) & (v <= width - 1)
    return np.where(inside[..., None], y, cval)
