"""Declarations that hide nothing: a subject that follows its definition without one does not need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.agreement import along
from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.streams import simple_plan
from fiducial.checks.handling import PLAIN, Handling
from fiducial.checks.plans import Demands, Plan
from fiducial.suites.declarations import handled

Bind = Callable[[Callable[..., Any], Handling], Laboratory]


def stale(found: Callable[..., Any], handling: Handling, bind: Bind) -> str | None:
    """What is declared and hides nothing, in words; None where everything is needed.

    Each declaration is taken away alone: where the subject then does what its definition says, it was not needed.
    """
    for name, without in _less(handling):
        if _agrees(found, without, bind):
            return f"{name} is declared, but without it the subject follows its definition as well: leave it out"
    lab = bind(handled(found, handling), handling)
    record = lab.run(simple_plan(steps=1))
    if handling.consumes_gradient and record.failure is None and any(s.gradient is not None for s in record.steps[0]):
        return "consumes_gradient is declared, but gradients are still there after a step: leave it out"
    built = lab.subject.construct("list").optimizer if handling.modes else None
    if handling.modes and not all(callable(getattr(built, name, None)) for name in ("train", "eval")):
        return "modes is declared, but it has no train() and eval(): leave it out"
    return None


def _less(handling: Handling) -> list[tuple[str, Handling]]:
    """Every declaration that says something, with all the others."""
    named = {"needs": "closure", "only_matrices": "matrices", "dtype": "dtype", "works_in": "works_in",
             "handed": "handed", "around": "around", "arguments": "arguments"}
    return [(told, replace(handling, **{name: getattr(PLAIN, name)})) for told, name in named.items()
            if getattr(handling, name) != getattr(PLAIN, name)]


def _agrees(found: Callable[..., Any], handling: Handling, bind: Bind) -> bool:
    """Whether a subject follows its definition on ordinary runs, driven in this way."""
    try:
        lab = bind(handled(found, handling), handling)
        gaps = [along(lab.completed(plan), lab.expected(plan)) for plan in _ordinary(lab.definition.demands)]
    except Exception:  # it cannot be built, or stepped: the declaration is needed
        return False
    return all(gap.holds for gap in gaps)


def _ordinary(demands: Demands) -> list[Plan]:
    """Ordinary numbers, as matrices, and as vectors where the rule takes them."""
    square = simple_plan(steps=3)
    flat = square.map_tensors(lambda t: t.map(np.ravel, np.ravel))
    return [square] if demands.matrices else [square, flat]
