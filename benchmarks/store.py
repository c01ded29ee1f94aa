"""The store: what was measured, a JSON line each, only ever appended to.

A point is one benchmark at one commit: the figures of all its processes, and a fingerprint of what they depend on:
figures under different fingerprints are not comparable. Nothing that was stored can be lost by a later write: one that
fails, on a full disk for example, is taken back to the size that the file had, and a line that was torn by a loss of
power is passed over by `read`, which says so.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCHEMA = "fiducial.store/1"
Row = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """One benchmark at one commit.

    values       a figure of each process
    time         seconds since 1970
    fingerprint  of the machine and the versions of what runs there
    """

    benchmark: str
    unit: str
    values: tuple[float, ...]
    commit: str
    time: float
    fingerprint: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The lowest of the processes."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The highest."""
        return max(self.values)

    def row(self) -> Row:
        """As a line of the store holds it, at six digits."""
        return {"kind": "point", **asdict(self), "values": [float(f"{value:.6g}") for value in self.values]}


def append(file: str | Path, rows: Iterable[Row]) -> None:
    """Add lines, all of them or none. Raises OSError, and then the file is as it was."""
    text = "".join(json.dumps({"schema": SCHEMA, **row}, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        rest = ("\n" * torn + text).encode()
        try:
            while rest:
                rest = rest[os.write(handle, rest):]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def read(file: str | Path) -> tuple[list[Row], int]:
    """Every line, and how many could not be read."""
    rows, torn = [], 0
    for line in Path(file).read_bytes().splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            torn += bool(line.strip())
            continue
        if isinstance(row, dict) and row.get("schema") == SCHEMA:
            rows.append(row)
        else:
            torn += 1
    return rows, torn


def points(rows: Sequence[Row]) -> list[Point]:
    """The points among the lines, in their order."""
    return [Point(row["benchmark"], row["unit"], tuple(row["values"]), row["commit"], row["time"], row["fingerprint"])
            for row in rows if row["kind"] == "point"]


def surroundings() -> Row:
    """What figures depend on: processor and its features, Python, NumPy, and the pace that the gate sets."""
    import numpy as np

    from fiducial.benchmarks.gate.session import PACE

    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    return {"processor": told.get("model name", platform.processor()),
            "features": sorted(told.get("flags", "").split()), "system": platform.system(),
            "python": platform.python_version(), "numpy": np.__version__, "pace": PACE}


def fingerprint(known: Row) -> str:
    """Sixteen digits of what is known."""
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
