"""Scripts for claims about what is drawn at random: a mean over many draws, beside the definition's.

    |mean of n draws − expected| <= 6.2 s √(1/n + 1/R)

s is the spread of the statistic over R draws of the definition, from which `expected` comes; 6.2 spreads of a normal
law are exceeded by chance in fewer than one of 10⁹ scripts. Where the definition always gives the same, s is 0, and
what rounding may change is allowed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fiducial.checks.claims import Raised, Refused
from fiducial.suites.reproduction import calls
from fiducial.suites.reproduction.oracles import wide
from fiducial.suites.reproduction.program import Unwritable, indented, literal
from fiducial.suites.reproduction.witness import Call, Witness

SPREADS = 6.2
SURE = 2.0  # a script must see the difference at this multiple of what it allows
MOST_NUMBERS = 400_000  # drawn of each of definition and subject, for one call
COUNTS = (16, 64, 256, 1024)
STATISTICS = ("y.mean()", "(y * y).mean()", "(y ** 4).mean()", "(1.0 * (y == 0)).mean()", "(y[0] * y[1]).mean()",
              "(1.0 * (y[..., 1:] == 0) * (y[..., :-1] == 0)).mean()", "((1.0 * (y == 0)).mean() - {share}) ** 2",
              "(1.0 * ((y == 0) != (dx == 0))).mean()")


@dataclass(frozen=True)
class Difference:
    """A statistic whose mean over some draws is not the definition's."""

    call: Call
    statistic: str
    count: int
    expected: float
    allowed: float
    surprise: float  # how far off it is, over what is allowed


def drawn(made: list[Call], definition: Any, subject: Any) -> list[str]:
    """The script's lines for the most surprising statistic of the calls. Raises Unwritable."""
    distinct = {literal([call.name, *_words(call)]): call for call in made if "rng" in call.kwargs}
    for most in (COUNTS[1], COUNTS[-1]):
        found = [one for call in distinct.values() for one in _differences(call, definition, subject, most)]
        sure = [one for one in found if one.surprise >= SURE]
        if sure:
            return _lines(min(sure, key=lambda one: (one.count, -one.surprise)), subject)
    raise Unwritable("no mean over draws shows it surely")


def _words(call: Call) -> list[str]:
    """What tells two calls apart, their generators aside."""
    return [repr(value) for value in (*call.args, *(v for n, v in call.kwargs.items() if n != "rng"))]


def _differences(call: Call, definition: Any, subject: Any, most: int) -> Iterator[Difference]:
    own = getattr(definition, call.name, None)
    if own is None or call.error is not None:
        return
    first = call.result[0] if isinstance(call.result, tuple) else call.result
    count = max((n for n in COUNTS if n <= most and n * np.size(first) <= MOST_NUMBERS), default=COUNTS[0])
    try:
        theirs = _several(getattr(subject, call.name), call, count)
        ours = _several(own, _widened(call), count)
    except (ValueError, Refused, Raised):
        return
    share = float(np.mean([np.mean(y == 0) for y, _ in ours]))
    for text in STATISTICS:
        statistic = text.format(share=literal(share))
        with suppress(IndexError, TypeError):
            yield from _compared(call, statistic, ours, theirs)


def _widened(call: Call) -> Call:
    """The call as a definition takes it."""
    return replace(call, args=tuple(map(wide, call.args)), kwargs={n: wide(v) for n, v in call.kwargs.items()})


def _several(function: Any, call: Call, count: int) -> list[tuple[Any, Any]]:
    """Pairs (y, dx) of many draws; dx is None where a call gives none."""
    rng, options = np.random.default_rng(7), {n: v for n, v in call.kwargs.items() if n != "rng"}
    found = [function(*call.args, rng=rng, **options) for _ in range(count)]
    return [pair if isinstance(pair, tuple) else (pair, None) for pair in found]


def _compared(call: Call, statistic: str, ours: list[Any], theirs: list[Any]) -> Iterator[Difference]:
    a, b = (np.array([_value(statistic, y, dx) for y, dx in draws]) for draws in (ours, theirs))
    expected, spread = float(a.mean()), float(a.std(ddof=1))
    for count in COUNTS:
        if count <= len(a) and math.isfinite(expected):
            allowed = SPREADS * spread * math.sqrt(1 / count + 1 / len(a)) + 2.0**-40 * float(np.abs(a).max())
            off = abs(float(b[:count].mean()) - expected)
            surprise = math.inf if math.isnan(off) or (allowed == 0 and off > 0) else off / allowed if allowed else 0.0
            if surprise > 1:
                yield Difference(call, statistic, count, expected, allowed, surprise)


def _value(statistic: str, y: Any, dx: Any) -> float:
    """A statistic of one draw. Raises IndexError and TypeError where it has none."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing
        return float(eval(statistic, {"y": np.asarray(y), "dx": dx if dx is None else np.asarray(dx)}))


def _lines(found: Difference, subject: Any) -> list[str]:
    """Draws, their mean, and the comparison."""
    seeds, body = calls.seeded_lines(found.call, subject)
    return [*seeds, "found = []", f"for _ in range({found.count}):",
            *indented([*body, f"found.append(float({found.statistic}))"]),
            f"actual = sum(found) / {found.count}",
            f"expected, allowed = {literal(found.expected)}, {literal(found.allowed)}",
            f'print(f"mean of {found.statistic.replace("{", "").replace("}", "")}: expected {{expected:.4g}} within '
            '{allowed:.2g}, got {actual:.6g}")', "sys.exit(not abs(actual - expected) <= allowed)"]


def always_the_same(made: list[Call], definition: Any, subject: Any) -> list[str] | None:
    """Two draws in a row that are one and the same, where the definition's differ."""
    for call in made:
        own = getattr(definition, call.name, None)
        if "rng" not in call.kwargs or own is None or call.error is not None:
            continue
        try:
            (a, _), (b, _) = _several(getattr(subject, call.name), call, 2)
            (c, _), (d, _) = _several(own, _widened(call), 2)
        except (ValueError, Refused, Raised):
            continue
        if np.array_equal(a, b) and not np.array_equal(c, d):
            seeds, body = calls.seeded_lines(call, subject)
            return [*seeds, "found = []", "for _ in range(2):", *indented([*body, "found.append(y)"]),
                    "print(found)", "sys.exit(bool((found[0] == found[1]).all()))"]
    return None


def body(witness: Witness, definition: Any, subject: Any) -> list[str]:
    """Lines that show what is wrong with draws. Raises Unwritable."""
    return always_the_same(witness.calls, definition, subject) or drawn(witness.calls, definition, subject)
