"""Outcomes: what became of a mutant, as data that a record keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from fiducial.suites.selftest.scores import interval

Verdict = Literal["rejected", "reported", "survived", "refuses", "equivalent", "stillborn"]
FOUND: tuple[Verdict, ...] = ("rejected", "reported")
COUNTED: tuple[Verdict, ...] = (*FOUND, "survived")


class Outcome(BaseModel):
    """What became of one mutant.

    rejected    a MUST failed: its certificate says "not certified"
    equivalent  no MUST failed, and nothing that is observed tells it from the original: it is not counted
    reported    it differs observably; no MUST failed, but a SHOULD or a MAY did that holds for the original
    survived    it differs observably, and nothing failed
    refuses     it raises on some inputs that a class may refuse (complex parameters, say), and else does what its
                original does: the certificate calls the claims about these inputs not applicable; it is not counted
    stillborn   it cannot take a single step with its defaults: it is not counted either
    """

    mutant: str
    task: str  # what was asked for: this mutant, or some of a definition
    family: str = "torch.optim"
    subject: str
    category: str
    verdict: Verdict
    by: str = ""  # the check that failed
    difference: str = ""  # how one that no MUST stops differs from its original
    cpu_seconds: float = 0.0
    spent: dict[str, float] = Field(default_factory=dict)  # check → CPU seconds, in the order in which they were asked


def score(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many of those that could be found were, what that says of the rate, and how many got each verdict."""
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    found, counted = (sum(verdicts[verdict] for verdict in among) for among in (FOUND, COUNTED))
    every: tuple[Verdict, ...] = (*COUNTED, "refuses", "equivalent", "stillborn")
    return {"found": found, "counted": counted, "interval": interval(found, counted),
            **{verdict: verdicts[verdict] for verdict in every}}


def kills(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """For each check: how often it was asked, how many mutants it stopped, in how many CPU seconds."""
    table: dict[str, dict[str, Any]] = {}
    for outcome in outcomes:
        for check, seconds in outcome.spent.items():
            row = table.setdefault(check, {"asked": 0, "kills": 0, "cpu_seconds": 0.0})
            row["asked"] += 1
            row["kills"] += outcome.by == check
            row["cpu_seconds"] = round(row["cpu_seconds"] + seconds, 3)
    return dict(sorted(table.items(), key=lambda item: (-item[1]["kills"], item[1]["cpu_seconds"])))
