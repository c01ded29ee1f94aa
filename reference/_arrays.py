"""The one array type of the references."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64] | Any  # Any: a definition also runs on arrays that carry their rounding error
