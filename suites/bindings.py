"""Bind claims to a reference, to public subjects, and to wrong subjects that they must reject: one assignment a file.

    BINDING = Binding(row="softmax", section=1, rule=SOFTMAX, against=("torch.nn.functional:softmax",),
                      wrong=[Wrong(variant(softmax, forward=naive), by=shift_invariance)])
    test_softmax = define_test(BINDING)

A claim without a wrong subject that it rejects is a failed test: no mutant, no check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Evidence, Status
from fiducial.suites.rules.kinds import KindRule

SEED = 0
REJECTED = (Status.FAILED, Status.ERROR)


def variant(subject: Any, **replacements: Any) -> Any:
    """A subject like another but for some of its functions: the ground that mutants grow on."""
    public = {name: getattr(subject, name) for name in dir(subject) if not name.startswith("_")}
    return SimpleNamespace(**{**public, **replacements})


@dataclass(frozen=True)
class Wrong:
    """A plausible wrong subject, and the claim that must reject it.

    printed, right  set for an erratum of the lectures: the formula as printed, which this subject computes, and as it
                    should read
    """

    subject: Any
    by: Claim
    printed: str | None = None
    right: str | None = None
    level: str = "standard"

    def itself(self) -> Any:
        """The wrong subject."""
        return self.subject


@dataclass(frozen=True)
class Case:
    """One examination: a claim about a subject, and whether it must hold."""

    name: str
    kind: str  # reference, wrong, against, completeness
    examine: Callable[[], Evidence] | None
    expected: tuple[Status, ...]
    claim: Claim
    wrong: Wrong | None = None
    path: str = ""


@dataclass(frozen=True)
class Binding:
    """One row of the catalogue: definition, claims, subjects, mutants.

    row, section  as in the catalogue
    rule          the row that `fiducial certify` uses; None where nobody ships the algorithm as one callable
    definition    the reference, as the claims call it; the rule's where there is a rule
    claims        the rule's, and these
    against       public subjects, which must pass every claim that applies to them
    known         (subject, claim id) → why a public subject does not pass: it must then fail (strict)
    settings      public subject → keywords that it is given
    cuda          whether the head to head can run on a GPU as well
    """

    row: str
    section: int
    rule: KindRule | None = None
    definition: Any = None
    claims: Sequence[Claim] = ()
    against: Sequence[str] = ()
    wrong: Sequence[Wrong] = ()
    known: Mapping[tuple[str, str], str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def reference(self) -> Any:
        """The definition, as the claims call it."""
        return self.definition if self.definition is not None else self.rule and self.rule.definition

    @property
    def all_claims(self) -> tuple[Claim, ...]:
        """Those of the rule first."""
        return (*(self.rule.claims if self.rule else ()), *self.claims)

    def cases(self) -> Iterator[Case]:
        """Everything that there is to examine."""
        for claim in self.all_claims:
            yield Case(f"reference: {claim.id}", "reference", _examination(claim, self.reference),
                       (Status.PASSED, Status.NOT_APPLICABLE), claim)
            if not any(wrong.by is claim for wrong in self.wrong):
                yield Case(f"has a mutant: {claim.id}", "completeness", None, (), claim)
        counts: dict[str, int] = {}
        for wrong in self.wrong:
            counts[wrong.by.id] = number = counts.get(wrong.by.id, 0) + 1
            name = f"rejects: {wrong.by.id}" + (f" ({number})" if number > 1 else "")
            yield Case(name, "wrong", _examination(wrong.by, wrong.itself, wrong.level), REJECTED,
                       wrong.by, wrong)
        for path in self.against:
            for claim in self.rule.claims if self.rule else ():
                expected = REJECTED if (path, claim.id) in self.known else (Status.PASSED, Status.NOT_APPLICABLE)
                yield Case(f"{path}: {claim.id}", "against", _examination(claim, partial(self.public, path)),
                           expected, claim, path=path)

    def public(self, path: str) -> Any:
        """A public subject behind its adapter."""
        from fiducial.suites.subjects import find
        from fiducial.suites.subjects_of_kinds import adapt

        assert self.rule is not None, "a public subject is held against a rule"
        return adapt(find(path), self.rule, self.settings.get(path, {}), path)


def _examination(claim: Claim, subject: Callable[[], Any], level: str = "standard") -> Callable[[], Evidence]:
    return lambda: claim.examine(subject(), seed=SEED, level=level)


def define_test(binding: Binding) -> Callable[[Case], None]:
    """A pytest test with one case for each examination of a binding."""
    import pytest

    cases = list(binding.cases())

    @pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])
    def test(case: Case) -> None:
        assert case.examine is not None, f"{case.claim.id} has no wrong subject that it rejects"
        if case.kind == "against":
            pytest.importorskip(re.split(r"[.:]", case.path)[0])
        evidence = case.examine()
        assert evidence.status in case.expected, told(case, evidence)
        assert evidence.examples or evidence.status is Status.NOT_APPLICABLE

    test.binding = binding  # type: ignore[attr-defined]  # where the catalogue finds it
    return test


def told(case: Case, evidence: Evidence) -> str:
    """A failed examination in a few lines."""
    return (f"{case.name}: {evidence.status}\n  claim     {evidence.claim}\n  measured  {evidence.measured}\n"
            f"  allowed   {evidence.allowed}\n  sample    {evidence.sample}\n  reason    {evidence.reason}")
