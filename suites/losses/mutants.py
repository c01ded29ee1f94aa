"""The mutants that every loss has: for each claim that holds of all maps, a subject that it must reject."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from fiducial.checks.claims import Claim
from fiducial.suites.bindings import Wrong, variant
from fiducial.suites.rules.kinds import KindRule


def scaled(function: Callable[..., Any], factor: float) -> Callable[..., Any]:
    """The function times a factor."""
    return wraps(function)(lambda **sample: factor * function(**sample))


def doubled(definition: Any) -> Any:
    """A factor too many in the value."""
    return variant(definition, forward=scaled(definition.forward, 2.0))


def turned(definition: Any) -> Any:
    """The gradient of the other side's difference: its sign is wrong."""
    return variant(definition, backward=scaled(definition.backward, -1.0))


def halved(definition: Any) -> Any:
    """A gradient that has lost a factor 2."""
    return variant(definition, backward=scaled(definition.backward, 0.5))


def in_half_precision(definition: Any) -> Any:
    """A float32 implementation that works in float16 inside."""
    def narrowed(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def through(**sample: Any) -> Any:
            narrow = {name: v.astype(np.float16).astype(np.float64) if _is_data(v) else v for name, v in sample.items()}
            return np.float32(np.float16(function(**narrow)))
        return through

    return SimpleNamespace(dtypes=("float64", "float32"), forward=narrowed(definition.forward),
                           backward=narrowed(definition.backward))


def by_memory(definition: Any) -> Any:
    """A kernel that walks the memory of its arrays and not the arrays."""
    @wraps(definition.forward)
    def forward(**sample: Any) -> Any:
        return definition.forward(**{name: _from_memory(v) if _is_data(v) else v for name, v in sample.items()})

    return variant(definition, forward=forward)


def mean_of_one_more(definition: Any) -> Any:
    """A mean that divides by one more than the number of losses."""
    @wraps(definition.forward)
    def forward(**sample: Any) -> Any:
        each = np.asarray(definition.forward(**{**sample, "reduction": "none"}))
        return {"none": each, "sum": each.sum(), "mean": each.sum() / (each.size + 1)}[sample["reduction"]]

    return variant(definition, forward=forward)


def _from_memory(x: Any) -> Any:
    """As many numbers as the array has, from its first on, as they lie."""
    return as_strided(x, (x.size,), (x.itemsize,)).reshape(x.shape).copy()


def _is_data(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


MUTANTS: dict[str, Callable[[Any], Any]] = {
    "value.follows-definition": doubled,
    "gradient.follows-backward-definition": turned,
    "gradient.is-the-derivative": halved,
    "value.float32-follows-definition": in_half_precision,
    "invariance.layouts-change-nothing": by_memory,
}


def of_any_map(rule: KindRule) -> list[Wrong]:
    """A mutant of the rule's definition for each claim of a rule that holds of all maps."""
    return [Wrong(MUTANTS[claim.id](rule.definition), by=claim) for claim in rule.claims if claim.id in MUTANTS]


def of(rule: KindRule, name: str) -> Claim:
    """A claim of a rule by its id."""
    return next(claim for claim in rule.claims if claim.id == name)
