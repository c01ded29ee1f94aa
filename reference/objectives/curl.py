"""Curl: a gradient that is turned by an angle, so that no objective has it.

    v = R(φ) g in each plane (x_{2i-1}, x_{2i}),   R(φ) = [[cos φ, -sin φ], [sin φ, cos φ]]              g (n,), n even
    ‖v‖ = ‖g‖, at the angle φ to g; around a circle of radius r in one plane, for a bowl of curvature h,
    the work is ∮ v·dx = 2π r² h sin φ

Source   Schaul, Antonoglou, Silver, Unit tests for stochastic optimization, 2014, the section on curl prototypes.
Variant  none in use. Temporal-difference learning and games have such fields.
"""

import math

import numpy as np

from .._arguments import number, real
from .._arrays import Array


def forward(g: Array, *, angle: float) -> Array:
    """v, shaped like g. Raises ValueError unless g has an even number of entries."""
    if real("g", g, ndim=1).size % 2:
        raise ValueError(f"g must have an even number of entries, got {g.size}")
    pairs, (c, s) = np.reshape(g, (-1, 2)), (math.cos(number("angle", angle)), math.sin(angle))
    turned = np.stack([c * pairs[:, 0] - s * pairs[:, 1], s * pairs[:, 0] + c * pairs[:, 1]], axis=1)
    return np.reshape(turned, (-1,))
