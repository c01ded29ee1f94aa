"""Windows over an axis, as the sliding layers see it: which places each of them reads.

    place[o, k] = o · stride - padding + k · dilation,   o = 0…n_out-1, k = 0…kernel-1
    n_out = ⌊(n + 2 padding - dilation (kernel - 1) - 1) / stride⌋ + 1

Source   Dumoulin, Visin, A guide to convolution arithmetic for deep learning, 2016, relationship 6 and section 5.1.
Variant  ⌈…⌉ for ⌊…⌋ (`ceil_mode`): a last window that is not whole.
"""

import numpy as np

from .._arguments import whole
from .._arrays import Array


def places(n: int, kernel: int, *, stride: int, padding: int, dilation: int) -> Array:
    """Shaped (n_out, kernel), from -padding to n + padding - 1. Raises ValueError where no window fits."""
    for name, value, least in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)):
        whole(name, value, least)
    reach = dilation * (whole("kernel", kernel, least=1) - 1) + 1
    if (count := (n + 2 * padding - reach) // stride + 1) < 1:
        raise ValueError(f"kernel must fit into {n + 2 * padding} places, got one that spans {reach}")
    return np.arange(count)[:, None] * stride - padding + np.arange(kernel) * dilation


def read(x: Array, where: Array, axis: int) -> Array:
    """x with an axis replaced by two, windows and places in them; what lies outside is zero."""
    n = x.shape[axis]
    inside = (where >= 0) & (where < n)
    x = np.moveaxis(x, axis, -1)
    found = x[..., np.clip(where, 0, n - 1)] * inside.astype(np.float64)
    return np.moveaxis(found, (-2, -1), (axis, axis + 1))


def selection(where: Array, n: int) -> Array:
    """One at [o, k, i] where window o reads place i as its k-th, else zero: the matrix of `read`, to be transposed."""
    return (where[..., None] == np.arange(n)).astype(np.float64)


def pair(name: str, value: int | tuple[int, int], least: int) -> tuple[int, int]:
    """One number for both axes, or one for each. Raises ValueError for numbers below `least`."""
    first, second = value if isinstance(value, tuple) else (value, value)
    return whole(name, first, least), whole(name, second, least)
