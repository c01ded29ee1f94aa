"""The gate from both versions to a result: screen all benchmarks, confirm what stands out, name a verdict for each."""

from __future__ import annotations

import dataclasses
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fiducial.benchmarks.gate.configuration import Configuration, compiled
from fiducial.benchmarks.gate.decision import SCREEN, Estimate, Rule, Word, estimate, holm, open_still, word
from fiducial.benchmarks.gate.pairing import Arena, Figures

SCHEMA = "fiducial.gate/1"
QUIET = 0.05  # a coefficient of variation of the fixed loop above this: the machine is noisy
NOTHING = Estimate(0.0, -math.inf, math.inf, 1.0, 0)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one benchmark, and on what grounds."""

    name: str
    kind: str
    unit: str
    word: Word
    found: Estimate | None = None
    p: float | None = None  # Holm's
    base: float | None = None
    head: float | None = None
    reason: str = ""
    values: Mapping[str, Sequence[float]] = field(default_factory=dict)  # side → a figure of each process
    screened: tuple[float, ...] = ()
    confirmed: tuple[float, ...] = ()

    @property
    def cleared(self) -> bool:
        """Whether it stood out, and fresh processes did not confirm it."""
        return self.word == "same" and bool(self.confirmed)

    def data(self) -> dict[str, Any]:
        """As JSON; what is infinite is absent."""
        found = self.found and {"ratio": math.exp(self.found.value), "low": finite(self.found.low),
                                "high": finite(self.found.high), "pairs": self.found.pairs}
        return {"name": self.name, "kind": self.kind, "unit": self.unit, "verdict": self.word, **(found or {}),
                "p": self.p, "base": self.base, "head": self.head, "reason": self.reason or None,
                "screened": list(self.screened), "confirmed": list(self.confirmed)}


def finite(logarithm: float) -> float | None:
    """exp of it where that is a number."""
    return math.exp(logarithm) if math.isfinite(logarithm) else None


@dataclass
class Result:
    """All verdicts of one run."""

    verdicts: list[Verdict]
    rule: Rule
    seconds: float
    load: tuple[float, float]
    noise: float | None
    minima: Mapping[str, float] = field(default_factory=dict)

    def of(self, *words: Word) -> list[Verdict]:
        """Those with such a verdict."""
        return [verdict for verdict in self.verdicts if verdict.word in words]

    def status(self, *, strict: bool) -> int:
        """The exit status: a failure counts above a slowdown, as what failed may hide one."""
        if self.of("failed"):
            return 3
        if self.of("slower"):
            return 1
        if not self.of("same", "faster", "undecided"):
            return 4
        return 5 if strict and self.of("undecided") else 0

    def data(self) -> dict[str, Any]:
        """As JSON."""
        return {"alpha": self.rule.alpha, "minimum": self.rule.minimum, "seconds": round(self.seconds, 2),
                "load_average": list(self.load), "noise": self.noise,
                "noisy": self.noise is not None and self.noise > QUIET,
                "one_sided": one_sided(self.verdicts), "benchmarks": [each.data() for each in self.verdicts]}


def common(arena: Arena, configuration: Configuration) -> tuple[list[Figures], list[Verdict]]:
    """The benchmarks that both sides offer, and a verdict for those that one does not. Raises Unusable."""
    found = {side: arena.listed(side) for side in ("base", "head")}
    wanted = [compiled(pattern) for pattern in configuration.select]
    offered = {side: {each["name"]: each for each in found[side]["benchmarks"]
                      if not wanted or any(form.search(each["name"]) for form in wanted)} for side in found}
    broken = {each["file"]: each["error"] for each in found["head"]["broken"]}
    verdicts = [Verdict(name, "", "", "failed" if "kind that the gate" not in why else "not measured", reason=why)
                for name, why in broken.items() if not wanted or any(form.search(name) for form in wanted)]
    for side, other in (("base", "head"), ("head", "base")):
        verdicts += [Verdict(name, each["kind"], each["unit"], "not measured", reason=f"{side} does not have it")
                     for name, each in offered[other].items() if name not in offered[side]]
    return [Figures(name, each["kind"], each["unit"], float(each["timeout"] or configuration.timeout))
            for name, each in offered["head"].items() if name in offered["base"]], verdicts


def judge(arena: Arena, benchmarks: Sequence[Figures], rule: Rule, tell: Tell,
          minima: Mapping[str, float] | None = None) -> Result:
    """Screen, confirm, decide. Raises Unusable.

    minima  the least share that counts for a benchmark, where its own history is noisier than the rule's
    """
    start, load, minima = time.perf_counter(), os.getloadavg()[0], minima or {}
    rules = {each.name: dataclasses.replace(rule, minimum=max(rule.minimum, minima.get(each.name, 0.0)))
             for each in benchmarks}
    arena.pulses.clear()
    rounds(arena, benchmarks, SCREEN, "screening", tell)
    flagged = [each for each in benchmarks
               if each.open and not estimate(each.d).within(rules[each.name].margin)]
    confirmed: dict[str, Confirmed] = {}
    for times in (1, 2):
        fresh = [each.fresh() for each in flagged]
        if fresh:
            rounds(arena, fresh, times * rule.confirming(len(fresh)), "confirming", tell)
            confirmed.update(weighed(fresh))
        flagged = [each for each in fresh if each.open and open_still(*confirmed[each.name][1:], rules[each.name])]
    verdicts = [verdict(each, confirmed.get(each.name), rules[each.name]) for each in benchmarks]
    noise = statistics.stdev(arena.pulses) / statistics.mean(arena.pulses) if len(arena.pulses) > 1 else None
    return Result(verdicts, rule, time.perf_counter() - start, (load, os.getloadavg()[0]), noise, minima)


def rounds(arena: Arena, benchmarks: Sequence[Figures], count: int, what: str, tell: Tell) -> None:
    """So many pairs of fresh processes."""
    for k in range(count):
        tell(f"{what} {sum(each.open for each in benchmarks)} benchmarks, pair {k + 1} of {count}")
        arena.pair(benchmarks)


class Confirmed(NamedTuple):
    """The figures of a confirmation, what they say, and Holm's p."""

    figures: Figures
    found: Estimate
    p: float


def weighed(benchmarks: Sequence[Figures]) -> dict[str, Confirmed]:
    """Estimates for all benchmarks of one confirmation; for one that failed in it the figures are all there is."""
    estimates = {each.name: estimate(each.d) for each in benchmarks if each.open}
    adjusted = dict(zip(estimates, holm([each.p for each in estimates.values()]), strict=True))
    return {each.name: Confirmed(each, estimates.get(each.name, NOTHING), adjusted.get(each.name, 1.0))
            for each in benchmarks}


def verdict(screened: Figures, confirmed: Confirmed | None, rule: Rule) -> Verdict:
    """The verdict for one benchmark."""
    name, last = screened.name, confirmed.figures if confirmed else screened
    facts: dict[str, Any] = {
        "base": middle(last.values["base"]), "head": middle(last.values["head"]), "values": last.values,
        "screened": tuple(screened.d), "confirmed": tuple(last.d) if confirmed else ()}
    if last.failed:
        new = "head" not in last.failed  # a benchmark that fails on base alone is new: there is nothing to compare
        why = f"it fails on base: {last.failed['base']}" if new else last.failed["head"]
        return Verdict(name, last.kind, last.unit, "not measured" if new else "failed", reason=why, **facts)
    if last.skipped is not None:
        return Verdict(name, last.kind, last.unit, "not measured", reason=last.skipped, **facts)
    if confirmed is None:
        return Verdict(name, last.kind, last.unit, "same", estimate(screened.d), **facts)
    called = word(confirmed.found, confirmed.p, rule)
    return Verdict(name, last.kind, last.unit, called, confirmed.found, confirmed.p, **facts)


def middle(values: Iterable[float]) -> float | None:
    """The median, if there is one."""
    known = list(values)
    return statistics.median(known) if known else None


def one_sided(verdicts: Sequence[Verdict]) -> float | None:
    """The chance that so many benchmarks lean to one side, were each side as likely; None with fewer than 8.

    Small: something slows all of them a little, none enough to be called slower.
    """
    signs = [each.found.value > 0 for each in verdicts if each.found is not None and each.found.value != 0]
    n, k = len(signs), min(sum(signs), len(signs) - sum(signs))
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n) if n >= 8 else None
