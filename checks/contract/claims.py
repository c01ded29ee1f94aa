"""A claim of the contract as an object: its id, its severity, where its samples come from; and how it is examined."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from hypothesis.strategies import SearchStrategy

from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, NotJudgeable, Raised, Refused
from fiducial.checks.docstrings import claim_of, part
from fiducial.checks.engine import shrink, stream_seed
from fiducial.checks.evidence import Evidence, Gap, Severity, Status
from fiducial.checks.examination import Reproduce, examine
from fiducial.checks.plans import Plan

Level = Literal["quick", "standard", "deep"]
LEVELS: tuple[Level, ...] = ("quick", "standard", "deep")
Judge = Callable[[Laboratory, Any], Gap | None]
Cases = Callable[[Laboratory, Level], Sequence[tuple[SearchStrategy[Plan], int]]]


@dataclass(frozen=True)
class Stream:
    """A named source of plans, shared by the checks that look at the same runs.

    cases  gives strategies with how many plans of each are drawn at a level
    """

    name: str
    cases: Cases


def share(level: Level, standard: int) -> int:
    """How many draws a level makes of what is `standard` at level standard."""
    return {"quick": max(2, standard // 4), "standard": standard, "deep": 10 * standard}[level]


@dataclass(frozen=True)
class Check:
    """One claim. `judge` takes the laboratory and a plan (None for a claim about construction) and returns a gap.

    deep  why it is judged at level deep only; None: it is judged below as well
    alpha the chance with which it fails a sound subject; 0: rounding is all that is random
    """

    id: str
    line: int
    severity: Severity
    judge: Judge
    stream: Stream | None
    rests_on: tuple[str, ...] = ()
    applies: Callable[[Laboratory], str | None] = field(default=lambda lab: None)
    quick: bool = True
    needs_step: bool = True
    deep: str | None = None
    alpha: float = 0.0

    def reason(self, lab: Laboratory, level: str) -> str | None:
        """Why the claim says nothing about this subject, or nothing at this level; None where it is judged."""
        put_off = None if self.deep is None or level == "deep" else f"not claimed: {self.deep}"
        return self.applies(lab) or put_off

    @property
    def claim(self) -> str:
        """The claim in words: the first line of the judge's docstring."""
        return claim_of(self.judge)

    @property
    def group(self) -> str:
        """Checks of one group share runs and belong in one process."""
        return self.stream.name if self.stream else "construction"

    def explanation(self) -> str:
        """Claim, derivation of the tolerance, what it rejects, how to mend it, who cares, severity, contract's line."""
        rests = f"\nRests on {', '.join(self.rests_on)}" if self.rests_on else ""
        return f"{self.id}  ({self.severity}, line {self.line} of the contract){rests}\n\n{inspect.getdoc(self.judge)}"

    def examine(self, lab: Laboratory, *, seed: int, level: Level, shrinks: bool = True,
                reproduce: Reproduce | None = None) -> Evidence:
        """Draw, judge, shrink (unless told otherwise): the evidence for this claim about this subject.

        `reproduce` writes a script that shows a failure again.
        """
        started = time.perf_counter()
        evidence = Evidence(id=self.id, claim=self.claim, severity=self.severity, status=Status.NOT_APPLICABLE,
                            rests_on=list(self.rests_on))
        try:
            reason = self.reason(lab, level)
            if reason is None:
                examine(evidence, self._cases(lab, seed, level, shrinks), partial(self._gap, lab), Refused, _described,
                        reproduce)
            if reason is None and not evidence.examples and (evidence.reason or "").startswith("not judgeable"):
                reason = lab.notes.get(self.id)
            evidence.reason = reason if reason is not None else evidence.reason
            evidence.mend = part(self.judge, "Mend") if evidence.status is Status.FAILED else None
        except NotApplicable as why:
            evidence.reason = str(why)
        evidence.seconds = round(time.perf_counter() - started, 4)
        return evidence

    def _cases(self, lab: Laboratory, seed: int, level: Level, shrinks: bool) -> Iterator[tuple[Any, Any]]:
        """Every plan of the stream's cases, with what makes a failing one smaller; one empty plan without a stream."""
        if self.stream is None:
            yield None, None
            return
        for index, (strategy, count) in enumerate(self.stream.cases(lab, level)):
            name, few = f"{self.stream.name}/{index}", getattr(lab.subject, "most_draws", None)
            smaller = partial(_smallest, strategy, count, stream_seed(seed, name)) if shrinks and few is None else None
            yield from ((plan, smaller) for plan in lab.drawn(name, strategy, min(count, few or count), seed))

    def _gap(self, lab: Laboratory, plan: Any) -> Gap | None:
        """One judgement; an accident of the subject is a gap, a refusal is passed on."""
        try:
            return self.judge(lab, plan)
        except NotJudgeable as why:
            lab.notes[self.id] = str(why)
            return None
        except Raised as raised:
            return raised.gap()


def _smallest(strategy: Any, count: int, seed: int, judge: Callable[[Any], Gap | None]) -> tuple[Any, Gap] | None:
    """The smallest failing plan."""
    return shrink(strategy, count, seed, judge, lambda plan: plan.size)


def _described(plan: Any) -> dict[str, Any]:
    """A plan as the evidence shows it."""
    return plan.sample() if isinstance(plan, Plan) else {}


def claim(family: str, line: int, severity: Severity, stream: Stream | None, *, rests_on: Sequence[str] = (),
          applies: Callable[[Laboratory], str | None] | None = None, quick: bool = True, needs_step: bool = True,
          deep: str | None = None, alpha: float = 0.0) -> Callable[[Judge], Check]:
    """Make a check of a function: its id is the family and the function's name."""

    def made(judge: Judge) -> Check:
        name = f"{family}.{judge.__name__.replace('_', '-')}"
        return Check(name, line, severity, judge, stream, tuple(rests_on), applies or (lambda lab: None),
                     quick and deep is None, needs_step, deep, alpha)

    return made


def takes(*names: str) -> Callable[[Laboratory], str | None]:
    """Applies where the subject takes the named options."""

    def reason(lab: Laboratory) -> str | None:
        missing = [name for name in names if not lab.has(name)]
        return f"not claimed: takes no {' and no '.join(missing)}" if missing else None

    return reason


def every(*reasons: Callable[[Laboratory], str | None]) -> Callable[[Laboratory], str | None]:
    """Applies where all the conditions do; the first reason against it is given."""
    return lambda lab: next((reason for one in reasons if (reason := one(lab)) is not None), None)


def unless(law: str, words: str) -> Callable[[Laboratory], str | None]:
    """Applies where the rule does not state the law, which is an exception from the claim."""
    return lambda lab: f"not claimed: {words}" if law in lab.laws else None


def lawful(law: str, words: str) -> Callable[[Laboratory], str | None]:
    """Applies where the rule states the law."""
    return lambda lab: None if law in lab.laws else f"not claimed: the rule does not promise {words}"
