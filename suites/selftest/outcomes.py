"""Outcomes: what became of a mutant, as data that a record keeps."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Verdict = Literal["rejected", "reported", "survived", "equivalent", "stillborn"]
FOUND = ("rejected", "reported")
COUNTED = (*FOUND, "survived")


class Outcome(BaseModel):
    """What became of one mutant.

    rejected    a MUST failed: its certificate says "not certified"
    equivalent  no MUST failed, and nothing that is observed tells it from the original: it is not counted
    reported    it differs observably; no MUST failed, but a SHOULD that holds for the original: the certificate names it
    survived    it differs observably, and nothing failed
    stillborn   it cannot take a single step with its defaults: it is not counted either
    """

    mutant: str
    subject: str
    category: str
    verdict: Verdict
    by: str = ""  # the check that failed
    difference: str = ""  # how one that no MUST stops differs from its original
    cpu_seconds: float = 0.0
    spent: dict[str, float] = Field(default_factory=dict)  # check → CPU seconds, in the order in which they were asked


def counted(outcomes: list[Outcome]) -> list[Outcome]:
    """Those that could have been found."""
    return [outcome for outcome in outcomes if outcome.verdict in COUNTED]


def kills(outcomes: list[Outcome]) -> dict[str, dict[str, Any]]:
    """For each check: how often it was asked, how many mutants it stopped, in how many CPU seconds."""
    table: dict[str, dict[str, Any]] = {}
    for outcome in outcomes:
        for check, seconds in outcome.spent.items():
            row = table.setdefault(check, {"asked": 0, "kills": 0, "cpu_seconds": 0.0})
            row["asked"] += 1
            row["kills"] += outcome.by == check
            row["cpu_seconds"] = round(row["cpu_seconds"] + seconds, 3)
    return dict(sorted(table.items(), key=lambda item: (-item[1]["kills"], item[1]["cpu_seconds"])))
