"""Wrong activations of the kinds that any activation can be: they work for every definition alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.suites.bindings import Wrong, variant
from fiducial.suites.rules.kinds import MapRule

Array = NDArray[np.float64]


def of_a_map(rule: MapRule, *, forward: Callable[..., Any], backward: Callable[..., Any]) -> list[Wrong]:
    """A wrong subject for each claim that every map makes.

    forward   a wrong forward pass, which the values reject
    backward  a wrong backward pass, which the definition's and the derivative reject
    """
    right = rule.definition
    follows, follows_backward, derivative, float32, layouts, empty = rule.claims[:6]
    return [Wrong(variant(right, forward=forward), by=follows),
            Wrong(variant(right, backward=backward), by=follows_backward),
            Wrong(variant(right, backward=backward), by=derivative),
            Wrong(variant(right, forward=through_float16(right), backward=None, dtypes=("float32",)), by=float32),
            Wrong(variant(right, forward=along_the_memory(right)), by=layouts),
            Wrong(variant(right, forward=row_by_row(right)), by=empty)]


def through_float16(right: Any) -> Callable[..., Array]:
    """The values pass through half precision on their way."""
    def forward(x: Array, **rest: Any) -> Array:
        arguments = {name: v.astype(np.float64) if isinstance(v, np.ndarray) else v for name, v in rest.items()}
        with np.errstate(over="ignore"):
            found: Array = right.forward(x.astype(np.float16).astype(np.float64), **arguments).astype(x.dtype)
        return found

    return forward


def along_the_memory(right: Any) -> Callable[..., Any]:
    """Entries are taken as they lie in memory, whatever the strides."""
    return lambda x, **rest: right.forward(np.ravel(x, order="K").reshape(x.shape), **rest)


def row_by_row(right: Any) -> Callable[..., Array]:
    """Examples one by one, put together at the end: of no examples nothing knows the shape."""
    def forward(x: Array, **rest: Any) -> Array:
        rows = [right.forward(row[None], **rest) for row in x]
        return np.concatenate(rows) if rows else np.zeros((0, 0, 0, 0, 0))

    return forward
