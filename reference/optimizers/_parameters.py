"""What an optimizer accepts as parameters."""

import numpy as np

from .._arrays import Array


def parameters(x: Array) -> Array:
    """x itself. Raises ValueError unless x is a real float64 array (or an array that stands for one)."""
    if getattr(x, "dtype", None) != np.float64:
        raise ValueError(f"x must be a real float64 array, got {x!r}: convert it with np.asarray(x, dtype=np.float64)")
    return x
