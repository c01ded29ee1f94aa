"""The contract of an optimizer: one claim per function, one module per section of the contract."""

from __future__ import annotations

from fiducial.checks.contract import (
    closure,
    construction,
    gradient,
    groups,
    inputs,
    invariances,
    options,
    state,
    update,
)
from fiducial.checks.contract.claims import LEVELS, Check, Level, Stream
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.evidence import DECISIVE

__all__ = ["CHECKS", "DECISIVE", "LEVELS", "Check", "Laboratory", "Level", "NotApplicable", "Stream", "find"]

SECTIONS = (construction, update, inputs, options, invariances, gradient, closure, state, groups)

CHECKS: list[Check] = [value for section in SECTIONS for value in vars(section).values() if isinstance(value, Check)]
CHECKS = list({check.id: check for check in CHECKS}.values())


def find(name: str) -> Check | None:
    """A check by its id; None if there is none."""
    return next((check for check in CHECKS if check.id == name), None)
