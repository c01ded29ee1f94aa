"""Scripts for options that nobody hears: every pair of runs that should differ, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.options import _option_trials
from fiducial.checks.contract.runs import equal_records
from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Plan, Record
from fiducial.suites.reproduction.program import SAME, Unwritable
from fiducial.suites.reproduction.pure import runs_of
from fiducial.suites.reproduction.runs import VALUES, Look, Spelling


def unheard(check: str, lab: Laboratory, runs: Sequence[Record], gap: Gap, spelling: Spelling) -> list[str]:
    """The first option that is not heard, in every pair of runs that it was tried in."""
    pairs = _tried(lab, gap) if check == "rule.every-option-matters" else _not_read(runs)
    plans = list(dict.fromkeys(plan for pair in pairs for plan in pair))
    several = runs_of(plans, spelling)
    body = several.lines(Look(keeps=VALUES))
    told = ", ".join(f"({several.call(plans.index(a))}, {several.call(plans.index(b))})" for a, b in pairs)
    return [*body, SAME, f"pairs = [{told}]",
            "equal = [same(p, q) for a, b in pairs for ps, qs in zip(a, b) for p, q in zip(ps, qs)]",
            'print("every run is the same" if all(equal) else "some runs differ")', "sys.exit(all(equal))"]


def _tried(lab: Laboratory, gap: Gap) -> list[tuple[Plan, Plan]]:
    ignored = gap.sample.get("ignored", [])
    pairs: list[tuple[Plan, Plan]] = next((pairs for name, pairs in _option_trials(lab) if name in ignored), [])
    if not pairs:
        raise Unwritable("the option is not tried any more")
    return [pair for pair in pairs if all(lab.run(plan).failure is None for plan in pair)]


def _not_read(runs: Sequence[Record]) -> list[tuple[Plan, Plan]]:
    couples: Any = zip(runs[::2], runs[1::2], strict=False)
    found = [(a.plan, b.plan) for a, b in couples if equal_records(a, b).holds]
    if not found:
        raise Unwritable("it did not happen again")
    return found[:1]
