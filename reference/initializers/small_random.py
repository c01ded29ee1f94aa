"""Small random numbers: N(0, 0.01²) for every weight, whatever its fan; biases constant.

    w ~ N(0, σ²),   D s = n σ² E x²  for s = Σ_{i ≤ n} w_i x_i   w of any shape, σ = 0.01

Near linearity a layer scales its signal by σ √n: deep nets die out for n < 1/σ² and blow up for n > 1/σ².

Source   Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional neural networks, 2012, sec. 5.
Variant  none in use. Biases 0, or 1 where a ReLU is to start active (ibid.).
"""

import numpy as np

from .._arguments import at_least
from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, std: float = 0.01) -> Array:
    """Fresh weights. Raises ValueError unless std is at least 0."""
    return at_least("std", std, 0) * rng.standard_normal(sizes(shape))
