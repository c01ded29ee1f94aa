"""Points in other people's formats, and other people's results as points.

    bmf          Bencher's metric format             github       github-action-benchmark, customSmallerIsBetter
    openmetrics  OpenMetrics 1.0 text                csv          a line a point
    asv          a result file of asv, version 2     pytest       pytest-benchmark's JSON

Written from points, in each format less is better, as asv has it. Times are in seconds but where a format asks for
another unit. `asv` and `pytest` are read as well.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import platform
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fiducial.benchmarks.store import Point

Json = dict[str, Any]


def bmf(points: Sequence[Point]) -> str:
    """{benchmark: {measure: {value, lower_value, upper_value}}}; latency is in nanoseconds."""
    found: Json = {}
    for point in points:
        scale, measure = (1e9, "latency") if point.unit == "seconds" else (1.0, slug(point.unit)[:64])
        found[point.benchmark[:1024]] = {measure: {"value": point.value * scale, "lower_value": point.low * scale,
                                                   "upper_value": point.high * scale}}
    return json.dumps(found, indent=1, allow_nan=False)


def github(points: Sequence[Point]) -> str:
    """[{name, unit, value, range}]."""
    return json.dumps([{"name": point.benchmark, "unit": point.unit, "value": point.value,
                        "range": f"± {(point.high - point.low) / 2:.6g}", "extra": f"commit {point.commit}"}
                       for point in points], indent=1, ensure_ascii=False, allow_nan=False)


def openmetrics(points: Sequence[Point]) -> str:
    """A gauge a unit, whose name ends in it; the benchmark is a label."""
    lines = []
    for unit in dict.fromkeys(point.unit for point in points):
        name = f"benchmark_{slug(unit)}"
        lines += [f"# TYPE {name} gauge", f"# UNIT {name} {slug(unit)}", f"# HELP {name} Median over processes."]
        lines += [f'{name}{{benchmark="{escaped(p.benchmark)}",commit="{escaped(p.commit)}"}} {p.value!r} {p.time!r}'
                  for p in points if p.unit == unit]
    return "\n".join([*lines, "# EOF", ""])


def slug(unit: str) -> str:
    """A unit as a part of a name."""
    return re.sub(r"\W+", "_", unit, flags=re.ASCII).strip("_").lower() or "value"


def escaped(label: str) -> str:
    """A value of a label."""
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def table(points: Sequence[Point]) -> str:
    """benchmark, unit, value, low, high, processes, commit, time."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["benchmark", "unit", "value", "low", "high", "processes", "commit", "time"])
    for p in points:
        name = f"'{p.benchmark}" if p.benchmark[:1] in "=+-@" else p.benchmark  # a spreadsheet would run it
        writer.writerow([name, p.unit, repr(p.value), repr(p.low), repr(p.high), len(p.values), p.commit, p.time])
    return out.getvalue()


def pytest_benchmark(points: Sequence[Point]) -> str:
    """Statistics over processes: a round is a process."""
    commit = points[0].commit if points else ""
    rows = [{"group": None, "name": p.benchmark, "fullname": p.benchmark, "params": None, "param": None,
             "extra_info": {"unit": p.unit}, "options": {}, "stats": stats(p.values)} for p in points]
    now = datetime.fromtimestamp(points[0].time if points else 0, UTC).isoformat()
    return json.dumps({"machine_info": {"python_version": platform.python_version(), "system": platform.system()},
                       "commit_info": {"id": commit, "dirty": False}, "benchmarks": rows, "datetime": now,
                       "version": "4.0.0"}, indent=1, ensure_ascii=False, allow_nan=False)


def stats(values: Sequence[float]) -> Json:
    """The fields of pytest-benchmark that readers use."""
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return {"min": min(values), "max": max(values), "mean": statistics.fmean(values), "median": median, "q1": q1,
            "q3": q3, "iqr": q3 - q1, "stddev": statistics.stdev(values) if len(values) > 1 else 0.0,
            "rounds": len(values), "iterations": 1, "total": sum(values),
            "ops": 1 / statistics.fmean(values) if statistics.fmean(values) else 0.0, "data": list(values)}


def asv(points: Sequence[Point]) -> str:
    """A result file of asv, version 2; a parametrized benchmark stands there under its whole name."""
    columns = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25",
               "stats_q_75", "stats_number", "stats_repeat", "samples", "profile"]
    rows = {p.benchmark: [[p.value], [], "1", int(p.time * 1000), None, [p.low], [p.high], [stats(p.values)["q1"]],
                          [stats(p.values)["q3"]], [1], [len(p.values)], [list(p.values)]] for p in points}
    first = points[0] if points else None
    machine = {"machine": "fiducial", "os": platform.system(), "arch": platform.machine(), "cpu": "", "num_cpu": "",
               "ram": "", "python": platform.python_version()}
    return json.dumps({"commit_hash": first.commit if first else "", "env_name": "existing-py", "params": machine,
                       "date": int(first.time * 1000) if first else 0, "python": platform.python_version(),
                       "requirements": {}, "env_vars": {}, "result_columns": columns, "results": rows, "durations": {},
                       "version": 2}, allow_nan=False)


WRITERS: Mapping[str, Callable[[Sequence[Point]], str]] = {
    "bmf": bmf, "github": github, "openmetrics": openmetrics, "csv": table, "pytest": pytest_benchmark, "asv": asv}


def read(file: str | Path) -> list[Point]:
    """The points of a result of asv or of pytest-benchmark. Raises ValueError for anything else."""
    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: {error}") from error
    if isinstance(data, dict) and "result_columns" in data:
        return read_asv(data, units_beside(Path(file)))
    if isinstance(data, dict) and "benchmarks" in data and "datetime" in data:
        return read_pytest(data)
    raise ValueError(f"{file} is neither a result of asv (version 2) nor of pytest-benchmark")


def units_beside(file: Path) -> dict[str, str]:
    """Benchmark → unit, from asv's benchmarks.json one folder up."""
    known = file.parent.parent / "benchmarks.json"
    if not known.is_file():
        return {}
    found = json.loads(known.read_text(encoding="utf-8"))
    return {name: str(each.get("unit", "")) for name, each in found.items() if isinstance(each, dict)}


def read_asv(data: Json, units: Mapping[str, str]) -> list[Point]:
    """A point a choice of parameters; what failed or was skipped has none."""
    columns, out = data["result_columns"], []
    for name, row in data["results"].items():
        known = dict(zip(columns, row, strict=False))
        choices = list(itertools.product(*known.get("params") or []))
        samples = known.get("samples") or [None] * len(choices)
        for choice, value, drawn in zip(choices, known["result"] or [], samples, strict=False):
            if value is not None and math.isfinite(value):
                whole = f"{name}({', '.join(choice)})" if choice else name
                out.append(Point(whole, units.get(name, "seconds"), tuple(drawn or [value]), data["commit_hash"],
                                 data["date"] / 1000, json.dumps(data["params"], sort_keys=True)))
    return out


def read_pytest(data: Json) -> list[Point]:
    """A point a test: all rounds where they were saved, else the median."""
    commit, time = data.get("commit_info", {}).get("id", ""), datetime.fromisoformat(data["datetime"]).timestamp()
    return [Point(each["fullname"], each.get("extra_info", {}).get("unit", "seconds"),
                  tuple(each["stats"].get("data") or [each["stats"]["median"]]), commit, time,
                  json.dumps(data.get("machine_info", {}), sort_keys=True)) for each in data["benchmarks"]]
