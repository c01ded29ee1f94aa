"""The laboratory: one subject bound to one definition, and what a check may do with them.

Runs and expected trajectories are kept, so that the many checks that only look share one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from fiducial.checks.agreement import Definition, Expected, expected
from fiducial.checks.draws import Choice
from fiducial.checks.engine import draw, stream_seed
from fiducial.checks.evidence import Gap
from fiducial.checks.handling import PLAIN, Handling
from fiducial.checks.plans import Failure, Options, Plan, Record

KEPT = 2000  # recorded runs that are kept at a time


class NotApplicable(Exception):
    """The claim does not apply to this subject; the reason begins as design.md 3 fixes."""


class NotJudgeable(Exception):
    """One sample judges nothing; the reason is given where no other did either."""


class SubjectUnderTest(Protocol):
    """What the checks ask of an adapter."""

    title: str
    framework: str
    defaults: dict[str, Any]
    has_home: bool

    def drive(self, plan: Plan) -> Record:
        """Run a plan and record everything."""

    def per_group(self, name: str) -> bool:
        """Whether an option can be set in a parameter group."""

    def paths(self) -> list[str]:
        """The flags that choose a path of its own."""

    def attempt(self, what: str, plan: Plan | None = None) -> Any:
        """Try what no plan can say; the outcome as data. What an adapter cannot try it leaves unclaimed."""

    def construct(self, form: str, options: Options | None = None, steps: int = 0) -> Any:
        """Construct on a named form of parameters; the outcome as data."""


@dataclass
class Laboratory:
    """One subject, one definition, and the options that both know.

    defaults  the value of every option of the definition, as this subject has it when it is left out
    choices   the options that both know and that plans may move
    others    keywords of the subject that the definition does not know, with their defaults
    fields    the definition's state fields → the names under which subjects keep them
    laws      what the rule promises beyond its trajectory
    """

    subject: SubjectUnderTest
    definition: Definition
    defaults: Options
    choices: tuple[Choice, ...]
    others: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    laws: frozenset[str] = frozenset()
    _runs: dict[Plan, Record] = field(default_factory=dict)
    _expected: dict[tuple[Plan, str], Expected] = field(default_factory=dict)
    _drawn: dict[tuple[Any, ...], list[Plan]] = field(default_factory=dict)
    _fitted: dict[Plan, Plan] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)  # what one check found out and another may read

    def anew(self) -> Laboratory:
        """The same laboratory before any run; what was found out about the subject is kept."""
        return replace(self, _runs={}, _expected={})

    @property
    def ran(self) -> list[Record]:
        """The runs that are kept, in their order."""
        return list(self._runs.values())

    def has(self, *names: str) -> bool:
        """Whether the subject takes all these options."""
        return {c.name for c in self.choices} >= set(names)

    def choice(self, name: str) -> Choice:
        """One option that plans may move."""
        return next(c for c in self.choices if c.name == name)

    @property
    def handling(self) -> Handling:
        """What is declared of how the subject wants to be driven."""
        return getattr(self.subject, "handling", PLAIN)

    def fitted(self, plan: Plan) -> Plan:
        """The plan in the numbers that the subject can hold."""
        if self.handling.format is None:
            return plan
        if plan not in self._fitted:
            if len(self._fitted) >= KEPT:
                self._fitted.clear()
            self._fitted[plan] = self.handling.fitted(plan)
        return self._fitted[plan]

    def run(self, plan: Plan) -> Record:
        """The recorded run of a plan."""
        if plan not in self._runs:
            if len(self._runs) >= KEPT:
                self._runs.clear()
            self._runs[plan] = self.subject.drive(self.fitted(plan))
        return self._runs[plan]

    def expected(self, plan: Plan, counter: str = "parameter") -> Expected:
        """What the definition gives for a plan."""
        key = (plan, counter)
        if key not in self._expected:
            if len(self._expected) >= KEPT:
                self._expected.clear()
            self._expected[key] = expected(self.fitted(plan), self.definition, self._defaults(plan), counter=counter,
                                           rounded_inputs=self.handling.format is not None,
                                           inside=self.handling.works_in)
        return self._expected[key]

    def _defaults(self, plan: Plan) -> Options:
        """The defaults in the format of the plan, where the subject leaves them to it."""
        return {**self.defaults, **self.definition.by_format.get(plan.dtype, {})}

    def completed(self, plan: Plan) -> Record:
        """The recorded run, if it came to its end; Refused or Raised otherwise."""
        record = self.run(plan)
        if record.failure is not None:
            clear = record.failure.refused or self._has_no_factors(plan, record.failure)
            raise (Refused if clear else Raised)(record.failure)
        return record

    def _has_no_factors(self, plan: Plan, failure: Failure) -> bool:
        """Whether a factorisation failed where rounding alone makes a matrix of the definition singular."""
        if not any("LinAlgError" in kind for kind in failure.kinds):
            return False
        reached = [path[failure.step + 1].x for path in self.expected(plan).points]
        return any(x.value.size > 0 and not np.isfinite(x.error).any() for x in reached)

    def drawn(self, stream: str, strategy: Any, count: int, seed: int) -> list[Plan]:
        """The plans of a stream, drawn once."""
        key = (stream, count, seed)
        if key not in self._drawn:
            self._drawn[key] = draw(strategy, count, stream_seed(seed, stream))
        return self._drawn[key]


class Refused(Exception):
    """The subject said clearly that it does not take this input: nothing was judged."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Raised(Refused):
    """The subject raised by accident, on an input that it should take."""

    def gap(self) -> Gap:
        """The accident as a gap that nothing allows."""
        return Gap(float("inf"), 0.0, str(self.failure), {"raised": str(self.failure)})
