"""The one array type of the references, and the one function that NumPy lacks."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64] | Any  # Any: a definition also runs on arrays that carry their rounding error

_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x: Array) -> Array:
    """2/√π ∫₀ˣ exp(-t²) dt, entry by entry."""
    found = _erf(x)
    return np.asarray(found, dtype=np.float64) if isinstance(found, np.ndarray) else found
