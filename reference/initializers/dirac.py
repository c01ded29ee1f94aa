"""Dirac: a convolution that starts as the identity, channel by channel.

    w[g m + i, i, c] = 1,  i < min(m, in), g < groups,  m = out / groups;  0 elsewhere
    w (out, in / groups, *kernel), c = the centre, ⌊kernel / 2⌋ on each axis

Source   Zagoruyko, Komodakis, DiracNets: training very deep neural networks without skip-connections, 2017.
Variant  torch: as here. Keras: none; its Identity is for matrices.
"""

import numpy as np

from .._arguments import whole
from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, groups: int = 1) -> Array:
    """The kernel; nothing is drawn. Raises ValueError unless it has 3 to 5 axes and groups divide its first."""
    out, channels, *kernel = sizes(shape, least=3)
    if len(shape) > 5 or out % whole("groups", groups, least=1):
        raise ValueError(f"shape must have 3 to 5 axes, the first a multiple of groups = {groups}, got {shape}")
    m, centre = out // groups, tuple(size // 2 for size in kernel)
    w = np.zeros(shape)
    for g in range(groups):
        for i in range(min(m, channels)):
            w[(g * m + i, i, *centre)] = 1.0
    return w
