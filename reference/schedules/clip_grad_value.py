"""Clip by value: every entry of a gradient is limited by itself; the direction changes, the signs stay.

    g_i ← min(max(g_i, -c), c)                                                    c clip_value

Source   Mikolov, Statistical language models based on neural networks, thesis, 2012.
Variant  torch's clip_grad_value_, Keras's clipvalue: as here; an infinite entry becomes ±c, nan stays nan.
"""

from collections.abc import Sequence

import numpy as np

from .. import _arguments as require
from .._arrays import Array


def clip(gradients: Sequence[Array], *, clip_value: float) -> tuple[list[Array], None]:
    """The gradients limited; there is no norm. ValueError for clip_value < 0."""
    c = require.at_least("clip_value", clip_value, 0)
    return [np.clip(g, -c, c) for g in gradients], None
