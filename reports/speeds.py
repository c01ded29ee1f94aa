"""What was timed, read from three kinds of record: our store's lines, asv's results, and `fiducial bench`.

    store      {schema: fiducial.store/1, kind: point, benchmark, unit, values, commit, time, fingerprint}, a line each
    asv        results of version 2: {commit_hash, date, params, result_columns, results}
    bench      {schema: fiducial.bench/1, subjects: [{subject, verdict, rows}]}
"""

from __future__ import annotations

import itertools
import json
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

STORE, BENCH = "fiducial.store/1", "fiducial.bench/1"
Record = dict[str, Any]


class Change(NamedTuple):
    """The first point after a change for good, and the ratio of what came after to what came before."""

    place: int
    ratio: float


Changes = Callable[[Sequence[float]], Sequence[Any]]  # each with a place and a ratio


class Point(NamedTuple):
    """One benchmark at one commit: the median of its figures, the lowest and the highest."""

    benchmark: str
    unit: str
    value: float
    low: float
    high: float
    commit: str
    time: float
    where: str


def is_asv(data: object) -> bool:
    """Whether a record is a result of asv."""
    return isinstance(data, dict) and {"result_columns", "results", "commit_hash"} <= data.keys()


def of_store(text: str) -> tuple[list[Point], int]:
    """The points of a store's lines, and how many lines could not be read."""
    found, torn = [], 0
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            row = json.loads(line)
            if row["schema"] != STORE:
                raise ValueError(row["schema"])
            if row["kind"] == "point":
                found.append(_point(row["benchmark"], row["unit"], row["values"], row["commit"], row["time"],
                                    row["fingerprint"]))
        except (ValueError, KeyError, TypeError):
            torn += 1
    return found, torn


def of_asv(data: Record) -> list[Point]:
    """A point for each choice of parameters; what failed or was skipped has none. Raises KeyError or TypeError."""
    params = data["params"]
    where = ", ".join(str(params[name]) for name in ("machine", "cpu", "python") if params.get(name))
    return list(_of_asv(data, where))


def _of_asv(data: Record, where: str) -> Iterator[Point]:
    for name, row in data["results"].items():
        known = dict(zip(data["result_columns"], row if isinstance(row, list) else [row], strict=False))
        choices = list(itertools.product(*known.get("params") or []))
        values = known["result"] if isinstance(known["result"], list) else [known["result"]]
        samples = known.get("samples") or [None] * len(values)
        for choice, value, drawn in zip(choices, values, samples, strict=False):
            if isinstance(value, int | float) and math.isfinite(value):
                whole = f"{name}({', '.join(map(str, choice))})" if choice else name
                yield _point(whole, "seconds" if ".time" in name else "", drawn or [value], data["commit_hash"],
                             data["date"] / 1000, where)


def _point(benchmark: str, unit: str, values: Sequence[float], commit: str, time: float, where: str) -> Point:
    numbers = [float(value) for value in values]
    return Point(str(benchmark), str(unit), statistics.median(numbers), min(numbers), max(numbers), str(commit),
                 float(time), str(where))


class Timed(NamedTuple):
    """A subject of `fiducial bench` beside one peer: what a step takes, and how the verdict stands."""

    subject: str
    verdict: str
    good: bool
    layout: str
    contestant: str
    seconds: tuple[float, float, float]
    ratio: tuple[float, float, float]
    state: float
    peak: float | None


def of_bench(data: Record) -> list[Timed]:
    """A row for each subject, layout and contestant. Raises KeyError or TypeError for a record that lacks them."""
    found = []
    for each in data["subjects"]:
        settings = "".join(f" {name}={value}" for name, value in each["settings"].items())
        for row in each["rows"]:
            peak = row["peak_bytes"]
            found.append(Timed(f"{each['subject']}{settings}", str(each["verdict"]),
                               str(each["verdict"]).startswith("certified"), str(row["layout"]), str(row["contestant"]),
                               _spread(row["seconds"]), _spread(row["subject_over_it"]),
                               float(row["state_bytes_per_parameter"]), None if peak is None else float(peak)))
    return found


def _spread(row: Record) -> tuple[float, float, float]:
    return float(row["median"]), float(row["lowest"]), float(row["highest"])
