"""Handling: how an optimizer wants to be driven, where its class does not say so; declared as data.

A declaration only ever narrows what is asked: to matrices, to numbers that float32 holds, to steps with a closure. It
never widens a tolerance by itself; a narrower format does, by its own unit roundoff.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.checks.plans import Demands, Plan

Handed = Literal["list", "named", "module"]
LARGEST = float(np.finfo(np.float32).max)
OF_LISTS = ("groups.*", "construction.accepts-*", "construction.refuses-a-bare-tensor",
            "construction.refuses-an-empty-list", "construction.refuses-a-parameter-in-two-groups",
            "construction.warns-on-a-duplicate", "construction.options-stand-in-groups-and-defaults")


@dataclass(frozen=True)
class Handling:
    """What is declared of a subject.

    closure            its step does nothing without a closure
    matrices           its parameters are matrices
    dtype              the only dtype that its parameters may have; None: any
    works_in           the format that it computes in, whatever the dtype of its parameters; None: theirs
    consumes_gradient  it sets gradients to None in its step
    modes              it has train() and eval(), and steps in training only
    handed             the form in which its constructor takes parameters
    around             makes the optimizer that it wraps, out of parameters and keywords; None: it wraps none
    arguments          keywords of its constructor that nobody can guess
    paths              the flags that choose an implementation of its own; None: those that are found
    """

    closure: bool = False
    matrices: bool = False
    dtype: str | None = None
    works_in: str | None = None
    consumes_gradient: bool = False
    modes: bool = False
    handed: Handed = "list"
    around: Callable[..., Any] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] | None = None

    @property
    def format(self) -> str | None:
        """The format whose roundings are counted, where it is not that of the plan."""
        return self.works_in or self.dtype

    @property
    def ordinary(self) -> bool:
        """Whether it is built from a list of parameters and stepped as any other."""
        return replace(self, consumes_gradient=False, paths=None) == PLAIN

    @property
    def unclaimed(self) -> dict[str, str]:
        """The checks that what is declared speaks of, with the reason why they are not asked."""
        found = {}
        if self.closure:
            found["closure.step-returns-none"] = "not claimed: its step needs a closure"
        if self.format is not None:
            why = f"not claimed: declared to {'work in' if self.works_in else 'take'} {self.format}"
            found |= dict.fromkeys(("dtype.is-not-narrowed", "dtype.state-has-declared-dtype"), why)
        if self.handed == "module":
            found |= dict.fromkeys(OF_LISTS, "not claimed: its constructor takes a module")
        if self.dtype is not None:
            found |= {"dtype.*": why, "state.*-dtype": why}
        return found

    def demands(self, rule: Demands) -> Demands:
        """What the rule asks of plans, and what is declared."""
        return replace(rule, matrices=rule.matrices or self.matrices, closure=rule.closure or self.closure)

    def fitted(self, plan: Plan) -> Plan:
        """The plan in the numbers that the subject can hold; as it is where the subject holds them all."""
        if self.format is None or plan.dtype != "float64":
            return plan
        return replace(plan.map_tensors(lambda t: t.map(narrowed, narrowed)), dtype=self.dtype or plan.dtype)


PLAIN = Handling()


def narrowed(values: Array) -> Array:
    """The nearest numbers of float32, the largest one for what lies beyond."""
    with np.errstate(over="ignore"):
        bounded = np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), values)
        return bounded.astype(np.float32).astype(np.float64)
