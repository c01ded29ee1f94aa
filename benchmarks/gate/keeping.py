"""What a run of the gate leaves: points in the store, the record of its self-test, files in other formats."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fiducial.benchmarks import store
from fiducial.benchmarks.formats import WRITERS
from fiducial.benchmarks.gate.conduct import Result
from fiducial.benchmarks.gate.pairing import Arena
from fiducial.benchmarks.history import thresholds
from fiducial.benchmarks.store import Point
from fiducial.suites.jobs import Refusal


def check(file: str, exports: Sequence[str]) -> None:
    """Refuse before hours of measuring what could not be written after them."""
    for text in exports:
        name, _, target = text.partition("=")
        if name not in WRITERS or not target:
            raise Refusal(f"--export takes FORMAT=FILE with one of {', '.join(WRITERS)}, got {text}", 2)
    for path in (*([file] if file else []), *(text.partition("=")[2] for text in exports)):
        if not Path(path).parent.is_dir():
            raise Refusal(f"{path} cannot be written: there is no folder {Path(path).parent}; create it first", 2)


def known(file: str) -> list[store.Row]:
    """The lines of the store, if there is one."""
    return store.read(file)[0] if file and Path(file).is_file() else []


def minima(file: str) -> dict[str, float]:
    """The share by which each benchmark moves by itself on this machine, as far as the store knows."""
    return thresholds(store.points(known(file)), store.fingerprint(store.surroundings()))


def points(arena: Arena, result: Result, *sides: str) -> list[Point]:
    """What was measured of these sides."""
    mark, now = store.fingerprint(store.surroundings()), time.time()
    return [Point(each.name, each.unit, tuple(each.values[side]), arena.versions[side].commit or "", now, mark)
            for side in sides for each in result.verdicts if each.values.get(side)
            and all(map(math.isfinite, each.values[side]))]


def keep(file: str, arena: Arena, result: Result) -> None:
    """Append HEAD's points. Raises Refusal where that fails; what was stored before is untouched."""
    if file:
        _appended(file, [point.row() for point in points(arena, result, "head")])


def keep_selftest(file: str, arena: Arena, summary: dict[str, Any]) -> None:
    """Append what a self-test showed of this machine."""
    if file:
        _appended(file, [{"kind": "selftest", "time": time.time(), "commit": arena.versions["base"].commit or "",
                          "fingerprint": store.fingerprint(store.surroundings()), "summary": summary}])


def selftests(file: str) -> list[dict[str, Any]]:
    """What earlier self-tests on this machine showed."""
    mark = store.fingerprint(store.surroundings())
    return [row["summary"] for row in known(file) if row["kind"] == "selftest" and row["fingerprint"] == mark]


def _appended(file: str, rows: Sequence[store.Row]) -> None:
    try:
        store.append(file, rows)
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}; what was stored before is untouched", 3) from error


def export(formats: Sequence[str], arena: Arena, result: Result) -> None:
    """Write HEAD's points as the call asks."""
    found = points(arena, result, "head")
    for text in formats:
        name, _, target = text.partition("=")
        try:
            Path(target).write_text(WRITERS[name](found), encoding="utf-8")
        except OSError as error:
            raise Refusal(f"{target} cannot be written: {error.strerror}", 3) from error
