"""What a definition says of a call that a claim made: whether it is refused, and by how much the subject is off."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fiducial.checks.agreement import SHARE, distance
from fiducial.checks.claims_of_maps import bounded, compared, gradients_of, is_data
from fiducial.checks.evidence import Gap
from fiducial.checks.rounding import FLOAT32, FLOAT64, Rounded, Rounding, Undecided
from fiducial.checks.schedules import expected as expected_rates
from fiducial.suites.reproduction.witness import Call


@dataclass
class Finding:
    """A call, and how it differs from the definition's: in an entry of a part of its result, or in a word.

    part  None: the result itself; a name or a place in it
    kind  far, shape, dtype; accepted: the definition refuses the call; hidden: a number where it has none
    due   the shape, the dtype or the entry
    """

    call: Call
    gap: Gap
    part: str | int | None = None
    kind: str = "far"
    due: Any = None


def findings(calls: list[Call], definition: Any) -> Iterator[Finding]:
    """Every difference between the calls and the definition, in their order."""
    for call in calls:
        own = getattr(definition, call.name, None)
        if own is None or call.error is not None:
            continue
        if "rng" in call.kwargs:
            yield from _refused(call, own)
            continue
        try:
            with np.errstate(all="ignore"):
                yield from (one for one in _differences(call, definition) if not one.gap.holds)
        except Undecided:
            continue
        except ValueError as refusal:
            yield Finding(call, Gap(1.0, 0.0, str(refusal)), kind="accepted")


def wide(value: Any) -> Any:
    """An argument as the definitions take it: data in float64."""
    return value.astype(np.float64) if is_data(value) else value


def _refused(call: Call, own: Any) -> Iterator[Finding]:
    """A draw that the definition refuses."""
    try:
        own(*map(wide, call.args), **{**{n: wide(v) for n, v in call.kwargs.items()}, "rng": np.random.default_rng(0)})
    except ValueError as refusal:
        yield Finding(call, Gap(1.0, 0.0, str(refusal)), kind="accepted")


def _differences(call: Call, definition: Any) -> Iterator[Finding]:
    """A call beside the definition. Raises Undecided, and what the definition raises."""
    if call.name in ("forward", "test"):
        yield from _forward(call, definition)
    elif call.name == "backward":
        yield from _backward(call, definition)
    elif call.name in ("rates", "rates_resumed", "chained") and hasattr(definition, "whole"):
        yield from _rates(call, definition)
    elif call.name == "clip":
        yield from _clip(call, definition)


def named(call: Call, definition: Any) -> dict[str, Any]:
    """The arguments of a call by their names."""
    words = list(inspect.signature(getattr(definition, call.name)).parameters)
    return {**dict(zip(words, call.args, strict=False)), **call.kwargs}


def _rounding(sample: dict[str, Any]) -> tuple[Rounding, type]:
    narrow = any(is_data(v) and v.dtype == np.float32 for v in sample.values())
    return (FLOAT32, np.float32) if narrow else (FLOAT64, np.float64)


def _forward(call: Call, definition: Any) -> Iterator[Finding]:
    sample = named(call, definition)
    rounding, dtype = _rounding(sample)
    if is_data(call.result) and call.result.dtype != dtype:
        yield Finding(call, Gap(1.0, 0.0), kind="dtype", due=np.dtype(dtype).name)
    exact = getattr(definition, call.name)(**bounded(sample, rounding))
    yield from _compared(call, call.result, exact, None)


def _backward(call: Call, definition: Any) -> Iterator[Finding]:
    sample = named(call, definition)
    rounding, _ = _rounding(sample)
    given = {name: value for name, value in sample.items() if name != "g"}
    exact = gradients_of(definition.backward(**bounded(sample, rounding)), given, definition.forward)
    actual = gradients_of(call.result, given, definition.forward)
    for name in exact.keys() & actual.keys():
        yield from _compared(call, actual[name], exact[name], name)


def _rates(call: Call, definition: Any) -> Iterator[Finding]:
    options = {name: value for name, value in call.kwargs.items() if name not in ("base", "at")}
    exact = expected_rates(definition, call.args[0], call.kwargs["base"], options)
    yield Finding(call, distance(np.asarray(call.result, dtype=np.float64), exact, "rate", share=1.0))


def _clip(call: Call, definition: Any) -> Iterator[Finding]:
    plain = definition.clip(*call.args, **call.kwargs)[0]
    for i, (actual, exact) in enumerate(zip(call.result[0], plain, strict=True)):
        hidden = np.argwhere(np.isfinite(actual) & ~np.isfinite(exact))
        if hidden.size:
            yield Finding(call, Gap(1.0, 0.0), i, "hidden", tuple(int(n) for n in hidden[0]))
            return
    forms = [getattr(definition, name) for name in dir(definition) if name == "clip" or name.endswith("_clip")]
    (clipped, norm), *others = (f([Rounded(g) for g in call.args[0]], *call.args[1:], **call.kwargs) for f in forms)
    for i, (actual, exact) in enumerate(zip(call.result[0], clipped, strict=True)):
        yield from _compared(call, actual, _any_of(exact, [other[0][i] for other in others]), i)
    if call.result[1] is not None and norm is not None:
        yield from _compared(call, call.result[1], norm, "norm")


def _any_of(exact: Rounded, others: list[Rounded]) -> Rounded:
    """A value with a bound that takes in the other forms that are in use."""
    apart = sum((other.error + np.abs(other.value - exact.value) / SHARE for other in others), start=np.zeros(()))
    return Rounded(exact.value, exact.error + apart, exact.rounding)


def _compared(call: Call, actual: Any, exact: Any, part: str | int | None) -> Iterator[Finding]:
    shape = np.shape(exact.value if isinstance(exact, Rounded) else exact)
    if np.shape(actual) != shape:
        yield Finding(call, Gap(1.0, 0.0), part, "shape", shape)
    elif (gap := compared(actual, exact, "value")) is not None:
        yield Finding(call, gap, part)
