"""Pairs of processes: two versions work through the same benchmarks, block by block in alternation."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiducial.benchmarks.gate.session import Lost, Raised, Session, Version

SIDES = ("base", "head")
BLOCK = 0.008  # seconds of one side's turn
BUDGET = 0.05  # seconds of one side in a pair, where blocks are short
LEAST, MOST = 3, 9  # turns of a side in a pair, unless one takes LONG
LONG = 0.3


@dataclass
class Figures:
    """What is known of one benchmark: d = log(head / base) and both values, a pair each; or why there are none."""

    name: str
    kind: str
    unit: str
    timeout: float
    d: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=lambda: {side: [] for side in SIDES})
    number: int = 0
    turns: int = 1
    failed: dict[str, str] = field(default_factory=dict)  # side → why
    skipped: str | None = None

    @property
    def open(self) -> bool:
        """Whether it can be measured further."""
        return not self.failed and self.skipped is None

    def fresh(self) -> Figures:
        """The same benchmark with nothing measured."""
        return Figures(self.name, self.kind, self.unit, self.timeout, number=self.number, turns=self.turns)


class Unusable(Exception):
    """A version whose benchmarks cannot even be listed: its side and why."""


@dataclass
class Arena:
    """Both versions, the benchmarks' folder, and a folder for what processes leave behind."""

    versions: dict[str, Version]
    folder: Path
    home: Path
    rng: random.Random
    slower: dict[str, float] = field(default_factory=dict)  # side → share that is added on purpose
    pulses: list[float] = field(default_factory=list)

    def start(self, side: str) -> Session:
        """A fresh process."""
        return Session(self.versions[side], self.folder, self.home, self.slower.get(side, 0.0))

    def listed(self, side: str) -> dict[str, Any]:
        """The benchmarks that a side offers, and the files that cannot be imported there. Raises Unusable."""
        session = self.start(side)
        try:
            found = session.ask("list")
            names = sorted({path.stem for root in self.versions[side].paths for path in root.iterdir()
                            if (path.suffix == ".py" or (path / "__init__.py").is_file())} - {self.folder.name})
            strangers = {name: file for name, file in session.ask("origins", names=names).items()
                         if file and not any(Path(file).is_relative_to(root) for root in self.versions[side].paths)}
        except (Lost, Raised) as error:
            raise Unusable(side, str(error)) from error
        finally:
            session.close()
        for name, file in strangers.items():
            raise Unusable(side, f"{name} was imported from {file}, which is not the version that is measured")
        return found

    def pair(self, benchmarks: Iterable[Figures]) -> None:
        """Add one figure to every benchmark that can be measured; peak memory has processes of its own."""
        chosen = [each for each in benchmarks if each.open]
        shared = [each for each in chosen if each.kind != "peakmem"]
        for group in (shared, *([each] for each in chosen if each.kind == "peakmem")):
            if group:
                Pair(self).measure(group)


class Pair:
    """Two processes, and another in place of one that was lost."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._rng = arena.rng
        order = list(SIDES)
        self._rng.shuffle(order)
        self._sessions: dict[str, Session] = {side: arena.start(side) for side in order}

    def measure(self, benchmarks: Sequence[Figures]) -> None:
        """Each benchmark in turn."""
        order = list(benchmarks)
        self._rng.shuffle(order)
        try:
            self._arena.pulses.append(float(self._sessions["head"].ask("pulse")["value"]))
            for each in order:
                self._one(each)
        except (Lost, Raised) as error:
            raise Unusable("head", str(error)) from error
        finally:
            for session in self._sessions.values():
                session.close()

    def _one(self, figures: Figures) -> None:
        """Open it on both sides, measure, close. Whatever is raised there becomes a part of the figures."""
        opened = [side for side in self._sides() if self._opened(side, figures)]
        if len(opened) == len(SIDES) and figures.open:
            found = self._turns(figures) if figures.kind == "time" else self._value(figures)
            if found is not None:
                figures.d.append(statistics.median(found[2]))
                for side, values in zip(SIDES, found, strict=False):
                    figures.values[side].append(statistics.median(values))
        if list(figures.failed) == ["base"] and "head" in opened:  # whether it is new, or fails on both
            self._asked("head", figures, "block" if figures.kind == "time" else "value", number=1)
        for side in opened:
            if side not in figures.failed:
                self._asked(side, figures, "close")

    def _sides(self) -> list[str]:
        order = list(SIDES)
        self._rng.shuffle(order)
        return order

    def _opened(self, side: str, figures: Figures) -> bool:
        found = self._asked(side, figures, "open", name=figures.name)
        if found is not None and "skipped" in found:
            figures.skipped = figures.skipped or f"skipped by its setup on {side}: {found['skipped']}"
        return found is not None and "skipped" not in found

    def _asked(self, side: str, figures: Figures, do: str, **given: Any) -> dict[str, Any] | None:
        """The answer; None where there is none, which is then a failure of the benchmark on that side."""
        try:
            return self._sessions[side].ask(do, figures.timeout, **given)
        except Raised as error:
            figures.failed[side] = str(error)
            with suppress(Lost, Raised):  # its teardown may well fail too
                self._sessions[side].ask("close", figures.timeout)
        except Lost as error:
            figures.failed[side] = str(error)
            self._sessions[side].close()
            self._sessions[side] = self._arena.start(side)
        return None

    def _turns(self, figures: Figures) -> tuple[list[float], list[float], list[float]] | None:
        """Both sides' blocks, and the logarithms of their ratios, turn by turn."""
        if not figures.number and not self._calibrated(figures):
            return None
        times: dict[str, list[float]] = {side: [] for side in SIDES}
        for side in self._sides():  # the first block of a process warms up
            if figures.turns > 1 and self._asked(side, figures, "block", number=figures.number) is None:
                return None
        for _ in range(figures.turns):
            for side in self._sides():
                found = self._asked(side, figures, "block", number=figures.number)
                if found is None:
                    return None
                times[side].append(max(found["value"], 1e-12))
        return times["base"], times["head"], [math.log(b / a) for a, b in zip(*times.values(), strict=True)]

    def _calibrated(self, figures: Figures) -> bool:
        """Choose how many calls make a block and how many blocks a pair, once for all pairs and both sides."""
        for side in self._sides():
            found = self._asked(side, figures, "calibrate", seconds=BLOCK)
            if found is None:
                return False
            figures.number = max(figures.number, int(found["number"]))
            length = max(BLOCK, found["wall"])
        figures.turns = 1 if length > LONG else min(MOST, max(LEAST, round(BUDGET / length)))
        return True

    def _value(self, figures: Figures) -> tuple[list[float], list[float], list[float]] | None:
        """What a track or peakmem benchmark gave on each side."""
        values: dict[str, list[float]] = {}
        for side in self._sides():
            found = self._asked(side, figures, "value")
            if found is None:
                return None
            values[side] = [found["value"]]
        base, head = values["base"][0], values["head"][0]
        if base == head:
            return [base], [head], [0.0]
        if not (0 < base < math.inf and 0 < head < math.inf):
            figures.skipped = f"there is no ratio of {head:g} to {base:g}"
            return None
        return [base], [head], [math.log(head / base)]
