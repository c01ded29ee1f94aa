"""The performance page: benchmarks over commits with their changes, and subjects beside their peers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from fiducial.reports import words
from fiducial.reports.speeds import Changes, Point, Timed

WIDTH, HEIGHT = 640.0, 150.0  # of a chart, in its own units
MOST = 6  # lines of one chart


class Mark(NamedTuple):
    """A point of a line in the drawing, with what it says."""

    x: float
    y: float
    said: str


class Turn(NamedTuple):
    """A change for good, where it stands and what it says."""

    x: float
    said: str
    worse: bool


class Line(NamedTuple):
    """One benchmark in one place over its commits."""

    name: str
    marks: list[Mark]
    band: str
    turns: list[Turn]

    @property
    def route(self) -> str:
        """The points of a polyline."""
        return " ".join(f"{mark.x:g},{mark.y:g}" for mark in self.marks)


class Chart(NamedTuple):
    """Benchmarks that differ in their parameters only, in one place: ours and its peers."""

    name: str
    where: str
    unit: str
    lines: list[Line]
    low: str
    high: str
    latest: str
    table: list[tuple[str, str, str, str]]


def charts(points: Sequence[Point], changes: Changes | None) -> list[Chart]:
    """A chart for each benchmark and place; more than six lines make further charts."""
    groups: dict[tuple[str, str, str], dict[str, list[Point]]] = {}
    for point in sorted(points, key=lambda point: point.time):
        if point.value > 0:
            key = (point.benchmark.partition("(")[0], point.where, point.unit)
            groups.setdefault(key, {}).setdefault(point.benchmark, []).append(point)
    return [_chart(name, where, unit, {each: lines[each] for each in sorted(lines)[start:start + MOST]}, changes)
            for (name, where, unit), lines in sorted(groups.items()) for start in range(0, len(lines), MOST)]


class Frame(NamedTuple):
    """The times of a chart, and the logarithms of its lowest and highest figure with some room to spare."""

    times: list[float]
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[Point]) -> Frame:
        """That in which all of these have room."""
        low = math.log(min(point.low if point.low > 0 else point.value for point in points))
        high = math.log(max(point.high for point in points))
        spare = max(0.02, 0.1 * (high - low))
        return cls(sorted({point.time for point in points}), low - spare, high + spare)

    def across(self, time: float) -> float:
        """Where a time stands; times are evenly spaced."""
        return round(WIDTH * (self.times.index(time) + 0.5) / len(self.times), 1)

    def up(self, value: float) -> float:
        """Where a figure stands."""
        return round(HEIGHT * (self.high - math.log(max(value, math.exp(self.low)))) / (self.high - self.low), 1)


def _chart(name: str, where: str, unit: str, lines: dict[str, list[Point]], changes: Changes | None) -> Chart:
    every = [point for line in lines.values() for point in line]
    frame = Frame.around(every)
    newest = max(every, key=lambda point: point.time)
    table = [(point.commit[:12], _day(point.time), point.benchmark, told(point.value, unit)) for point in
             sorted(every, key=lambda point: (-point.time, point.benchmark))]
    return Chart(name, where, unit, [_line(each, line, frame, changes) for each, line in lines.items()],
                 told(math.exp(frame.low), unit), told(math.exp(frame.high), unit),
                 f"{told(newest.value, unit)} at {newest.commit[:12]}", table)


def _line(name: str, points: Sequence[Point], frame: Frame, changes: Changes | None) -> Line:
    xs = [frame.across(point.time) for point in points]
    both = list(zip(xs, points, strict=True))
    marks = [Mark(x, frame.up(point.value), f"{point.commit[:12]}, {_day(point.time)}: {told(point.value, point.unit)}")
             for x, point in both]
    edge = [*((x, frame.up(point.high)) for x, point in both), *((x, frame.up(point.low)) for x, point in both[::-1])]
    found = changes([point.value for point in points]) if changes else []
    turns = [Turn(xs[change.place], f"{change.ratio:.3g} times from {points[change.place].commit[:12]} on",
                  change.ratio > 1) for change in found]
    return Line(name, marks, " ".join(f"{x:g},{y:g}" for x, y in edge), turns)


def told(value: float, unit: str) -> str:
    """A figure with its unit; seconds as one reads them."""
    if unit not in ("seconds", "s"):
        return f"{value:.4g} {words.shown(unit, 20)}".strip()
    for factor, short in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= factor:
            return f"{value / factor:.3g} {short}"
    return f"{value * 1e9:.3g} ns"


def _day(time: float) -> str:
    try:
        return datetime.fromtimestamp(time, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def peers(rows: Sequence[Timed]) -> Iterator[tuple[str, str, bool, str, str, str, str, str]]:
    """The cells of `fiducial bench`: subject, verdict, whether it is good, layout, contestant, time, ratio, memory."""
    for row in rows:
        ratio = "" if row.contestant == "subject" else f"{row.ratio[0]:.2f} ({row.ratio[1]:.2f} to {row.ratio[2]:.2f})"
        peak = "" if row.peak is None else f", peak {row.peak / 2**20:.1f} MiB"
        yield (row.subject, row.verdict, row.good, row.layout, row.contestant,
               f"{told(row.seconds[0], 's')} ({told(row.seconds[1], 's')} to {told(row.seconds[2], 's')})", ratio,
               f"{row.state:.2f} B a parameter{peak}")
