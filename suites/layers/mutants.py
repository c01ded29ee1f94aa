"""Wrong subjects that can be made of any layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.suites.bindings import variant

Array = NDArray[Any]


def _changed(sample: dict[str, Any], change: Callable[[Array], Array]) -> dict[str, Any]:
    return {name: change(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for name, x in sample.items()}


def through_float16(definition: Any) -> Any:
    """Takes float32 and gives float32, but rounds what it is given to half precision."""
    def forward(**sample: Any) -> Array:
        halved = _changed(sample, lambda x: x.astype(np.float16).astype(np.float64))
        return np.asarray(definition.forward(**halved), dtype=np.float32)
    return variant(definition, forward=forward, backward=None, dtypes=("float32",))


def along_the_memory(definition: Any) -> Any:
    """Reads entries as they lie in memory, whatever the strides."""
    def forward(**sample: Any) -> Any:
        return definition.forward(**_changed(sample, lambda x: np.ravel(x, order="K").reshape(x.shape)))
    return variant(definition, forward=forward)


def doubled(definition: Any, argument: str) -> Any:
    """The gradient of one argument, twice."""
    def backward(**sample: Any) -> Any:
        found = definition.backward(**sample)
        return found._replace(**{argument: 2 * getattr(found, argument)}) if hasattr(found, "_replace") else 2 * found
    return variant(definition, backward=backward)


def told(definition: Any, **options: Any) -> Any:
    """Options that are not the ones that were asked for."""
    def forward(**sample: Any) -> Any:
        return definition.forward(**{**sample, **options})

    def backward(**sample: Any) -> Any:
        return definition.backward(**{**sample, **options})
    return variant(definition, forward=forward, backward=backward)
