"""Hard sigmoid: a straight line in place of the sigmoid, clipped to [0, 1].

    y = min(max(x + 3, 0), 6) / 6                                x, y, g of one shape
    ∂x = g/6 [-3 < x < 3]

Source   Howard et al., Searching for MobileNetV3, ICCV 2019, section 5.2.
Variant  torch, JAX and Keras 3: as here. BinaryConnect (Courbariaux, Bengio, David, 2015): clip((x + 1)/2, 0, 1).
         Keras 2, Theano: clip(0.2 x + 0.5, 0, 1). The slope at both kinks is 0, as in torch.
"""

import numpy as np

from .._arguments import real
from .._arrays import Array


def forward(x: Array) -> Array:
    """The hard sigmoid, entry by entry. Raises ValueError unless x is real float64."""
    return np.minimum(np.maximum(real("x", x) + 3.0, 0.0), 6.0) / 6.0


def backward(x: Array, g: Array) -> Array:
    """The gradient with respect to x; 0 at both kinks."""
    return np.where((real("x", x) > -3) & (x < 3), g / 6.0, 0.0)
