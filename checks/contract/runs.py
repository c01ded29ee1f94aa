"""Two runs beside each other: equal bit for bit, or as close as the definition's bounds say."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.checks.agreement import SHARE, along, distance, located
from fiducial.checks.contract.laboratory import Laboratory, Refused
from fiducial.checks.evidence import Array, Gap, identical
from fiducial.checks.plans import Plan, Record
from fiducial.checks.rounding import Rounded


def trajectory(lab: Laboratory, plan: Plan) -> Gap | None:
    """The subject's parameters beside the definition's along a plan; None where no bound is finite."""
    record = lab.completed(plan)
    exact = lab.expected(plan)
    return along(record, exact) if exact.judgeable() else None


def recentred(point: Rounded, value: Array, error: Any) -> Rounded:
    """A carried value at another centre, with another bound."""
    return Rounded(np.asarray(value, dtype=np.float64), error, point.rounding)


def equal_records(a: Record, b: Record, *, state: bool = False) -> Gap:
    """How many entries differ in the first step in which any does; of the state too if asked."""
    for k, (xs, ys) in enumerate(zip(a.steps, b.steps, strict=True)):
        gaps = [located(identical(y.value, x.value, f"parameter {i} after step {k + 1}"), a.plan, i, k, beside=b.plan)
                for i, (x, y) in enumerate(zip(xs, ys, strict=True))]
        if state:
            gaps += [located(equal_states(y.state, x.state, f"of parameter {i} after step {k + 1}"), a.plan, i, k,
                             state="", beside=b.plan)
                     for i, (x, y) in enumerate(zip(xs, ys, strict=True))]
        worst = Gap.worst(gaps)
        if not worst.holds:
            return worst
    return Gap(0.0, 0.0)


def equal_states(expected: dict[str, Any], actual: dict[str, Any], where: str) -> Gap:
    """How many entries of two states differ; a missing or added entry counts as infinitely many."""
    if expected.keys() != actual.keys():
        return Gap(float("inf"), 0.0, f"state {where}: {sorted(expected)} became {sorted(actual)}")
    gaps = [identical(_array(v), _array(actual[name]), f"state {name!r} {where}") for name, v in expected.items()]
    return Gap.worst([Gap(0.0, 0.0), *gaps])


def _array(value: Any) -> Array:
    """Any entry of a state as something that can be compared entry by entry; a single number, such as a count of
    steps, is its value, whether it is kept as int, float or tensor."""
    if isinstance(value, str) or value is None:
        return np.zeros(0)
    array = np.asarray(value)
    return array.astype(np.float64) if not array.ndim and array.dtype.kind in "biuf" else array


def equal_runs(lab: Laboratory, first: Plan, second: Plan, *, state: bool = False) -> Gap:
    """Two plans whose runs must be equal bit for bit."""
    return equal_records(lab.completed(first), lab.completed(second), state=state)


def close_runs(lab: Laboratory, first: Plan, second: Plan, back: Any = None) -> Gap | None:
    """Two plans that the definition takes for equal: each run may be off by its own bound.

    back  turns one value of the second run into what it should be beside the first (default: nothing to turn)
    """
    a, b = lab.completed(first), lab.completed(second)
    e, f = lab.expected(first), lab.expected(second)
    turn = back or (lambda values: values)
    gaps = [Gap(0.0, 0.0)]
    for k in range(min(len(a.steps), len(b.steps))):
        others = turn([seen.value for seen in b.steps[k]])
        errors = turn([np.broadcast_to(points[k + 1].x.error, points[k + 1].x.value.shape) for points in f.points])
        for i, seen in enumerate(a.steps[k]):
            point = e.points[i][k + 1].x
            allowed = point.error + np.abs(errors[i])
            gap = distance(seen.value, recentred(point, others[i], allowed), f"parameter {i} after step {k + 1}")
            gaps.append(gap if gap.holds else located(gap, first, i, k, beside=second,
                                                      mate=_mate(second, turn, i, gap.at)))
    return Gap.worst(gaps) if e.judgeable() and f.judgeable() else None


def alike(lab: Laboratory, unusual: Plan, plain: Plan) -> Gap | None:
    """A run in a form that nobody has to take, beside the subject's own run on the same numbers in the plain form.

    Each may be off by its own bound, which is one: the definition sees the same plan. Raises Refused where the subject
    raises in the unusual form; None where no bound is finite.
    """
    record, exact = lab.run(unusual), lab.expected(plain)
    if record.failure is not None:
        raise Refused(record.failure)
    gaps = [Gap(0.0, 0.0)]
    for k, (xs, ys) in enumerate(zip(record.steps, lab.completed(plain).steps, strict=True)):
        for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
            point = exact.points[i][k + 1].x
            gap = distance(x.value, recentred(point, y.value, 2 * point.error), f"parameter {i} after step {k + 1}")
            gaps.append(located(gap, unusual, i, k, beside=plain, mate=(1.0, i, gap.at)))
    return Gap.worst(gaps) if exact.judgeable() else None


def _mate(plan: Plan, turn: Any, tensor: int, entry: tuple[int, ...] | None) -> Any:
    """What stands beside an entry of the first run: a sign, and a tensor and an entry of the second."""
    sizes = [t.start.size for t in plan.tensors]
    firsts = np.cumsum([1, *sizes])
    numbered = [np.arange(n, n + t.start.size, dtype=np.float64).reshape(t.start.shape)
                for n, t in zip(firsts, plan.tensors, strict=False)]
    number = float(turn(numbered)[tensor][entry or ()])
    other = int(np.searchsorted(firsts, abs(number), side="right")) - 1
    place = np.unravel_index(int(abs(number) - firsts[other]), plan.tensors[other].start.shape)
    return float(np.sign(number)), other, tuple(int(n) for n in place)


def last_updates(lab: Laboratory, first: Plan, second: Plan, factor: float = 1.0) -> Gap | None:
    """The last updates θ_t - θ_{t-1} of two runs: the first should be `factor` times the second."""
    a, b = lab.completed(first), lab.completed(second)
    e, f = lab.expected(first), lab.expected(second)
    gaps = [Gap(0.0, 0.0)]
    for i in range(len(first.tensors)):
        moved = [run.values(i)[-1] - run.values(i)[-2] for run in (a, b)]
        error = sum(x.points[i][k].x.error * w for x, w in ((e, 1.0), (f, abs(factor))) for k in (-1, -2))
        size = sum(np.abs(run.values(i)[k]) * w for run, w in ((a, 1.0), (b, abs(factor))) for k in (-1, -2))
        allowed = error + e.points[i][0].x.rounding.unit * np.nan_to_num(size, nan=0.0, posinf=np.inf) / SHARE
        gap = distance(moved[0], recentred(e.points[i][0].x, factor * moved[1], allowed),
                       f"last update of parameter {i}")
        gaps.append(located(gap, first, i, first.steps - 1, beside=second, mate=(factor, i, gap.at), update=True))
    return Gap.worst(gaps) if e.judgeable() and f.judgeable() else None
