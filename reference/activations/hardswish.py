"""Hard swish: the input weighed by its hard sigmoid.

    y = x min(max(x + 3, 0), 6) / 6                              x, y, g of one shape
    ∂x = 0 if x ≤ -3, g (2x + 3)/6 if -3 < x < 3, g if x ≥ 3

Source   Howard et al., Searching for MobileNetV3, ICCV 2019, section 5.2.
Variant  the slopes at -3 and 3 are those of the outer sides, 0 and 1, as in torch 2.13; the inner ones are
         -½ and 3/2.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array
from . import hardsigmoid


def forward(x: Array) -> Array:
    """Hard swish, entry by entry. Raises ValueError unless x is real float64."""
    return x * hardsigmoid.forward(x)


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x."""
    outer = np.where(real("x", x) > 0, g, 0.0)
    return np.where((x > -3) & (x < 3), g * (2.0 * x + 3.0) / 6.0, outer)
