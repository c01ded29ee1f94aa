"""Examine one claim about one subject: sample after sample up to the first that fails, made small, written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from fiducial.checks.evidence import Evidence, Gap, Status, recorded

Sample = TypeVar("Sample")
Judge = Callable[[Sample], Gap | None]  # None: the sample judges nothing
Smaller = Callable[[Judge[Sample]], tuple[Sample, Gap] | None]  # the smallest failing sample and its gap
Reproduce = Callable[[Any, Gap], str | None]  # writes a script that shows a failing sample again


def examine(evidence: Evidence, cases: Iterable[tuple[Sample, Smaller[Sample] | None]], judge: Judge[Sample],
            refused: type[Exception], describe: Callable[[Sample], dict[str, Any]],
            reproduce: Reproduce | None) -> None:
    """Judge every case, and write into the evidence what was found.

    cases     samples, each with what makes a failing one smaller (None: it stays as it is)
    refused   what the judge raises where the subject clearly does not take a sample: it judges nothing
    describe  a sample as the evidence shows it
    """
    worst, refusal = Gap(0.0, 0.0), None
    for sample, smaller in cases:
        try:
            gap = judge(sample)
        except refused as error:
            refusal = str(error)
            continue
        if gap is None:
            continue
        evidence.examples += 1
        if not gap.holds:
            smallest = smaller(_unless(refused, judge)) if smaller is not None else None
            sample, gap = smallest or (sample, gap)
            _write(evidence, describe(sample), gap)
            evidence.reproduction = reproduce(sample, gap) if reproduce else None
            return
        worst = Gap.worst([worst, gap])
    if evidence.examples:
        evidence.status, evidence.measured, evidence.allowed = Status.PASSED, worst.measured, worst.allowed
    else:
        evidence.reason = f"refused: {refusal}" if refusal else "not judgeable: no sample had a finite bound"


def _unless(refused: type[Exception], judge: Judge[Sample]) -> Judge[Sample]:
    """The judge, for whom a refused sample judges nothing."""

    def judged(sample: Sample) -> Gap | None:
        try:
            return judge(sample)
        except refused:
            return None

    return judged


def _write(evidence: Evidence, described: dict[str, Any], gap: Gap) -> None:
    """Write a failing sample down; an accident of the subject is an error."""
    evidence.status = Status.ERROR if "raised" in gap.sample else Status.FAILED
    evidence.measured, evidence.allowed, evidence.reason = gap.measured, gap.allowed, gap.where or None
    evidence.sample = recorded({**described, **gap.sample})
