"""Pairs of processes: two versions work through the same benchmarks, block by block in alternation.

Both processes of a pair are held on one core, drawn anew for each pair: only one of them works at a time, and two cores
of a shared machine differ for as long as a pair lasts (beside busy neighbours the figures of identical code varied by
5 to 20 % on two cores, by 0.4 to 4 % on one). The address space stays randomized: a lucky layout is then an accident of
one pair, not of one version. A side's figure is its fastest block, which is the one that was disturbed least.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiducial.benchmarks.gate.session import Lost, Raised, Session, Version

SIDES = ("base", "head")
BLOCK = 0.008  # seconds of one side's turn
BUDGET = 0.03  # seconds of one side in a pair, where blocks are short
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
    pins: bool = True
    slower: dict[str, float] = field(default_factory=dict)  # side → share that is added on purpose
    pulses: list[float] = field(default_factory=list)

    def start(self, side: str, core: int | None = None) -> Session:
        """A fresh process, on a core of its own choice or on this one."""
        return Session(self.versions[side], self.folder, self.home, self.slower.get(side, 0.0), core)

    def core(self) -> int | None:
        """A core for the next pair; None where processes are not held on one, or cannot be."""
        if not self.pins or not hasattr(os, "sched_getaffinity"):
            return None
        return self.rng.choice(sorted(os.sched_getaffinity(0)))

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
        self._core = arena.core()
        self._sessions: dict[str, Session] = {side: arena.start(side, self._core) for side in order}

    def measure(self, benchmarks: Sequence[Figures]) -> None:
        """Each benchmark in turn."""
        order = list(benchmarks)
        self._rng.shuffle(order)
        try:
            pulses = [float(session.ask("pulse")["value"]) for session in self._sessions.values()]
            self._arena.pulses.append(pulses[-1])  # by then neither process imports anything
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
                self._add(figures, found)
        if list(figures.failed) == ["base"] and "head" in opened:  # whether it is new, or fails on both
            self._asked("head", figures, "block" if figures.kind == "time" else "value", number=1)
        for side in opened:
            if side not in figures.failed:
                self._asked(side, figures, "close")

    @staticmethod
    def _add(figures: Figures, found: dict[str, float]) -> None:
        """One more figure, if both values have a ratio."""
        base, head = found["base"], found["head"]
        if base != head and not (0 < base < math.inf and 0 < head < math.inf):
            figures.skipped = f"there is no ratio of {head:g} to {base:g}"
            return
        figures.d.append(0.0 if base == head else math.log(head / base))
        for side, value in found.items():
            figures.values[side].append(value)

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
            self._sessions[side] = self._arena.start(side, self._core)
        return None

    def _turns(self, figures: Figures) -> dict[str, float] | None:
        """The fastest block of each side, after one that warms up."""
        if not figures.number and not self._calibrated(figures):
            return None
        times: dict[str, list[float]] = {side: [] for side in SIDES}
        for turn in range(figures.turns + (figures.turns > 1)):
            for side in self._sides():
                found = self._asked(side, figures, "block", number=figures.number)
                if found is None:
                    return None
                if turn or figures.turns == 1:
                    times[side].append(max(found["value"], 1e-12))
        return {side: min(times[side]) for side in SIDES}

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

    def _value(self, figures: Figures) -> dict[str, float] | None:
        """What a track or peakmem benchmark gave on each side."""
        values: dict[str, float] = {}
        for side in self._sides():
            found = self._asked(side, figures, "value")
            if found is None:
                return None
            values[side] = found["value"]
        return {side: values[side] for side in SIDES}
