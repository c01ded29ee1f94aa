"""Judging: one mutant, held against its rule as a stranger would be, up to the first MUST that fails."""

from __future__ import annotations

import functools
import random
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import numpy as np

from fiducial.checks.contract import CHECKS, DECISIVE, Check, Laboratory, Level
from fiducial.checks.evidence import Severity, Status
from fiducial.suites import rules
from fiducial.suites.binding import bind
from fiducial.suites.selftest.alarms import findings
from fiducial.suites.selftest.candidates import Candidate, built
from fiducial.suites.selftest.observation import difference
from fiducial.suites.selftest.outcomes import Outcome

# Those that stop most mutants for their CPU time stand first; the rest follow in the order of the catalogue.
FIRST = (DECISIVE, "groups.options-are-their-own", "state.generators-left-alone", "closure.loss-is-returned",
         "rule.layouts-change-nothing", "gradient.not-finite-is-never-half-a-step",
         "gradient.absent-follows-definition",
         "rule.zero-rate-advances-the-state", "rule.odd-shapes-follow-definition", "groups.can-be-added-on-the-way",
         "rule.complex-equals-two-reals", "closure.gradients-are-enabled", "state.survives-reload",
         "gradient.left-untouched", "closure.called-once", "gradient.not-finite-is-seen")
LESSER = (Severity.SHOULD, Severity.MAY)
OTHER_PATHS = "path."  # its second implementation would give a mutant away; who has one only has nothing to compare


def asked(severity: Severity, level: Level) -> list[Check]:
    """The checks of a severity that are asked at a level, in their order."""
    fitting = [check for check in CHECKS if check.severity is severity and not check.id.startswith(OTHER_PATHS)
               and (check.quick or level != "quick") and check.deep is None]
    return sorted(fitting, key=lambda check: FIRST.index(check.id) if check.id in FIRST else len(FIRST))


@functools.lru_cache(maxsize=20)
def laboratory_of(subject: str) -> Laboratory:
    """The original bound to its rule; its draws and trajectories serve all its mutants."""
    import torch

    rule = rules.find(subject)
    assert rule is not None
    return bind(getattr(torch.optim, subject), {}, rule)


def beside(original: Laboratory, kind: type[Any], subject: str) -> Laboratory:
    """A mutant bound to the rule of its original, with the draws of the original where both take the same options."""
    rule = rules.find(subject)
    assert rule is not None
    lab = bind(kind, {}, rule)
    shared = (lab.defaults, lab.choices, lab.definition) == (original.defaults, original.choices, original.definition)
    return replace(lab, _expected=original._expected, _drawn=original._drawn) if shared else lab


@functools.lru_cache(maxsize=20)
def weaknesses(subject: str, seed: int, level: Level) -> frozenset[str]:
    """What of less weight than a MUST the original itself does not meet."""
    lab = laboratory_of(subject)
    return frozenset(check.id for severity in LESSER for check in asked(severity, level)
                     if _fails(check, lab, seed, level))


def _fails(check: Check, lab: Laboratory, seed: int, level: Level) -> bool:
    return check.examine(lab, seed=seed, level=level, shrinks=False).status in (Status.FAILED, Status.ERROR)


def judged(one: Candidate, seed: int, level: str) -> Outcome:
    """What becomes of a mutant."""
    start, spent = time.process_time(), dict[str, float]()
    told = Outcome(task=one.id, mutant=one.id, subject=one.subject, category=one.category, verdict="survived")
    with world():
        found = _judged(one, seed, cast(Level, level), told, spent)
    return found.model_copy(update={"cpu_seconds": round(time.process_time() - start, 3), "spent": spent})


def _judged(one: Candidate, seed: int, level: Level, told: Outcome, spent: dict[str, float]) -> Outcome:
    original = laboratory_of(one.subject)
    try:
        kind = built(one)
        lab = beside(original, kind, one.subject)
    except Exception as error:
        return told.model_copy(update={"verdict": "stillborn", "difference": f"{type(error).__name__}: {error}"})
    if (failure := lab.run(_simplest(original)).failure) is not None:
        return told.model_copy(update={"verdict": "stillborn", "difference": str(failure)})
    excused = set(findings().get(f"torch.optim:{one.subject}", {}))
    if by := _first(asked(Severity.MUST, level), lab, seed, level, excused, spent):
        return told.model_copy(update={"verdict": "rejected", "by": by})
    if (apart := difference(lab_class(original), kind)) is None:
        return told.model_copy(update={"verdict": "equivalent"})
    excused |= weaknesses(one.subject, seed, level)
    by = next((by for severity in LESSER
               if (by := _first(asked(severity, level), lab, seed, level, excused, spent))), "")
    silent = "survived" if by or difference(lab_class(original), kind, refusals=False) else "refuses"
    return told.model_copy(update={"verdict": "reported" if by else silent, "by": by, "difference": apart})


def lab_class(lab: Laboratory) -> type[Any]:
    """The class in a laboratory."""
    kind: type[Any] = cast(Any, lab.subject).factory
    return kind


def _simplest(lab: Laboratory) -> Any:
    """One step with the defaults."""
    from fiducial.checks.contract.streams import simple_plan

    return simple_plan(steps=1, tensors=1)


def _first(checks: Sequence[Check], lab: Laboratory, seed: int, level: Level, excused: set[str],
           spent: dict[str, float]) -> str:
    """The first check that fails; "" where none does."""
    for check in checks:
        if check.id not in excused:
            start = time.process_time()
            fails = _fails(check, lab, seed, level)
            spent[check.id] = round(time.process_time() - start, 4)
            if fails:
                return check.id
    return ""


@contextmanager
def world() -> Iterator[None]:
    """Whatever a mutant does to the generators, the default dtype and the grad mode, the next one does not notice."""
    import torch

    kept = torch.get_rng_state(), torch.get_default_dtype(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_rng_state(kept[0])
        torch.set_default_dtype(kept[1])
        np.random.set_state(kept[2])  # noqa: NPY002
        random.setstate(kept[3])
        torch.set_grad_enabled(True)
