"""The contract of an optimizer: one claim per function, one module per section of the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

from fiducial.checks.contract import (
    acceptance,
    arguments,
    behaviour,
    closure,
    companions,
    construction,
    deployment,
    device,
    dtype,
    gradient,
    grid,
    groups,
    hooks,
    inputs,
    invariances,
    migration,
    options,
    path,
    rates,
    representations,
    resources,
    state,
    surroundings,
    update,
    windows,
)
from fiducial.checks.contract.claims import LEVELS, Check, Level, Stream, every
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.evidence import DECISIVE

__all__ = ["CHECKS", "DECISIVE", "LEVELS", "Check", "Laboratory", "Level", "NotApplicable", "Stream", "find"]

SECTIONS = (construction, arguments, acceptance, update, rates, representations, inputs, options, invariances, gradient,
            windows, surroundings, closure, state, migration, groups, hooks, companions, grid, deployment, behaviour,
            resources, path, dtype, device)

CHECKS: list[Check] = [value for section in SECTIONS for value in vars(section).values() if isinstance(value, Check)]
CHECKS = list({check.id: check for check in CHECKS}.values())

OF_GIVEN_GRADIENTS = frozenset({
    "gradient.left-untouched", "gradient.absent-leaves-everything", "gradient.absent-follows-definition",
    "gradient.zero-is-no-op", "gradient.frozen-parameter-stays", "gradient.not-finite-is-never-half-a-step",
    "gradient.not-finite-is-seen", "gradient.accumulation-is-the-sum", "closure.step-returns-none",
    "gradient.windows-step-by-their-mean",
    "closure.called-once", "closure.its-gradients-are-used", "rule.zero-gradient-moves-as-declared",
    "rule.extreme-gradients-follow-definition", "rule.subnormal-gradients-give-no-nan",
    "state.resumes-with-an-absent-gradient", "gradient.frozen-from-the-start-joins"})


def _given(lab: Laboratory) -> str | None:
    """Claims about gradients that are handed over say nothing of a rule that evaluates its own."""
    return "not claimed: the rule evaluates its own gradients" if lab.definition.demands.objective else None


CHECKS = [replace(check, applies=every(_given, check.applies)) if check.id in OF_GIVEN_GRADIENTS else check
          for check in CHECKS]


def _claimed(name: str) -> Callable[[Laboratory], str | None]:
    """What an adapter says that its kind of subject does not claim is not asked; nor what is not among a few."""

    def reason(lab: Laboratory) -> str | None:
        few: tuple[str, ...] | None = getattr(lab.subject, "judged_on_few_draws", None)
        if few is not None and name not in few:
            return f"not claimed: each run takes seconds on this path, where {len(few)} checks are judged on few draws"
        return next((why for ids, why in getattr(lab.subject, "unclaimed", {}).items() if fnmatchcase(name, ids)), None)

    return reason


CHECKS = [replace(check, applies=every(_claimed(check.id), check.applies)) for check in CHECKS]


def find(name: str) -> Check | None:
    """A check by its id; None if there is none."""
    return next((check for check in CHECKS if check.id == name), None)
