"""Plans in a format: their numbers rounded to it, parameters at the size of the updates; their runs and bounds."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np

from fiducial.checks.agreement import ROUNDINGS, SHARE, Expected
from fiducial.checks.contract.laboratory import Laboratory, NotJudgeable, Raised, Refused
from fiducial.checks.evidence import Array
from fiducial.checks.formats import nearest
from fiducial.checks.plans import Plan, Record, Tensor
from fiducial.checks.rounding import Undecided

NARROW = ("float32", "bfloat16", "float16")


def narrowed(lab: Laboratory, plan: Plan, dtype: str) -> Plan:
    """The plan in a format: its numbers rounded to it, each parameter brought to the size of its largest update."""
    kept: dict[tuple[Plan, str], Plan] = lab.notes.setdefault("narrowed", {})
    if (plan, dtype) not in kept:
        if len(kept) > 200:
            kept.clear()
        kept[plan, dtype] = _narrowed(lab, plan, dtype)
    return kept[plan, dtype]


def _narrowed(lab: Laboratory, plan: Plan, dtype: str) -> Plan:
    rounded = in_format(plan, dtype)
    try:
        paths = iter(bounded(lab, rounded).points)
        near = in_format(rounded.map_tensors(lambda t: _at_size_of(t, [p.x.value for p in next(paths)])), dtype)
        return near if sharp(bounded(lab, near)) else from_zero(near)
    except NotJudgeable:
        return rounded


def from_zero(plan: Plan) -> Plan:
    """The plan with every parameter started at 0: for a rule whose steps are a share of the parameter."""
    return plan.map_tensors(lambda t: replace(t, start=np.zeros_like(t.start)))


def in_format(plan: Plan, dtype: str) -> Plan:
    """The plan with its numbers rounded to a format."""

    def rounded(values: Array) -> Array:
        return nearest(values, ROUNDINGS[dtype])

    return replace(plan.map_tensors(lambda t: t.map(rounded, rounded)), dtype=dtype)


def _at_size_of(tensor: Tensor, path: list[Array]) -> Tensor:
    """The tensor started at the size of its largest update, by a power of two."""
    with np.errstate(all="ignore"):
        moved = max((float(np.abs(y - x).max(initial=0)) for x, y in itertools.pairwise(path)), default=0.0)
    size = float(np.abs(tensor.start).max(initial=0))
    if not (0 < moved < math.inf and size > 0):
        return tensor
    return replace(tensor, start=tensor.start * 2.0 ** round(math.log2(moved / size)))


def bounded(lab: Laboratory, plan: Plan) -> Expected:
    """What the definition gives for a plan, unless it has to decide what rounding leaves open."""
    try:
        return lab.expected(plan)
    except Undecided as why:
        raise NotJudgeable(f"not judgeable: in {plan.dtype} rounding may decide which way the rule takes") from why


def sharp(exact: Expected) -> bool:
    """Whether somewhere in the run the bound is smaller than the update, so that a wrong update would show."""
    with np.errstate(all="ignore"):
        return any(bool((SHARE * p.x.error < np.abs(p.x.value - before.x.value)).any())
                   for path in exact.points for before, p in itertools.pairwise(path))


def ran(lab: Laboratory, plan: Plan) -> Record:
    """The recorded run; a kernel that does not exist for a format is a refusal of the format."""
    try:
        return lab.completed(plan)
    except Raised as raised:
        if "not implemented for" in raised.failure.message:
            raise Refused(raised.failure) from raised
        raise


def in_every_format(lab: Laboratory, plan: Plan) -> list[Record]:
    """The runs of a plan in the formats that the subject takes; its refusal where it takes none."""
    records, refusals = [], []
    for dtype in ("float64", *NARROW):
        try:
            records.append(ran(lab, plan if dtype == "float64" else narrowed(lab, plan, dtype)))
        except Raised:
            raise
        except Refused as refusal:
            refusals.append(refusal)
    if not records:
        raise refusals[0]
    return records
