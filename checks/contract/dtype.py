"""Dtypes: in a narrower format a step loses what rounding loses and no more, and nothing changes its format by the way.

One stream of plans serves all formats: numbers are rounded to the format, and parameters start at the size of their
updates, since rounding θ itself would else hide every step. A sample in which the bound is nowhere smaller than the
update judges nothing.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np

from fiducial.checks.agreement import ROUNDINGS, Expected, along, expected, located
from fiducial.checks.contract.claims import Level, Stream, claim, share
from fiducial.checks.contract.formats import (
    NARROW,
    bounded,
    from_zero,
    in_every_format,
    in_format,
    narrowed,
    ran,
    sharp,
)
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, NotJudgeable
from fiducial.checks.contract.streams import TRAJECTORIES, Cases, drawn
from fiducial.checks.evidence import Gap, Severity, identical, same
from fiducial.checks.formats import nearest
from fiducial.checks.plans import Plan, Record, Seen
from fiducial.checks.rounding import Undecided

MUST, SHOULD = Severity.MUST, Severity.SHOULD
FOLLOWS = ("rule.follows-definition",)
MIXED = ("float32", "float64", "float16")
NEAR = 2.0**6  # the loss that names a format is within this factor of its unit, or it is not the format that shows
SMALL = 2.0**-12  # gradients of this size have squares below the smallest number of float16


def _dtypes(lab: Laboratory, level: Level) -> Cases:
    """Short runs on ordinary gradients: each step adds its roundings to the bound."""
    return [(drawn(lab, scales=(1.0, 10.0, 0.1), steps=(1, 2, 3, 5), most_tensors=1, schedule=False),
             share(level, 8))]


DTYPES = Stream("dtypes", _dtypes)


def _follows(lab: Laboratory, plan: Plan) -> Gap:
    """A run in a format beside the definition's, if its bound says anything."""
    record, exact = ran(lab, plan), bounded(lab, plan)
    if not sharp(exact):
        raise NotJudgeable(f"not judgeable: in {plan.dtype} rounding alone may be as large as the update")
    return along(record, exact)


@claim("dtype", 14, SHOULD, DTYPES, rests_on=FOLLOWS)
def float32_follows_definition(lab: Laboratory, plan: Plan) -> Gap:
    """On float32 parameters the whole run follows the definition, as far as float32 can.

        |θ_t - R(θ_0, g_1 … g_t; h)| ≤ what rounding each operation to float32 may add up to

    Allowed  4 × the running error bound of the definition with u = 2⁻²⁴, hyper-parameters in float32 too.
    Rejects  Adam that keeps its first moment in bfloat16 to save memory.
    Mend     Compute in the parameter's dtype or a wider one, and round once, when the parameter is written.
    Cares    float32 is what most models are trained in; an error of 2⁻⁸ there goes unnoticed in every loss curve.
    """
    return _follows(lab, narrowed(lab, plan, "float32"))


@claim("dtype", 14, SHOULD, DTYPES, rests_on=FOLLOWS)
def bfloat16_follows_definition(lab: Laboratory, plan: Plan) -> Gap:
    """On bfloat16 parameters the whole run follows the definition, as far as bfloat16 can.

        |θ_t - R(θ_0, g_1 … g_t; h)| ≤ what rounding each array operation to bfloat16 may add up to

    Allowed  4 × the running error bound of the definition with u = 2⁻⁸ for arrays, 2⁻²⁴ for hyper-parameters.
    Rejects  Adam that takes 1 - β₂ᵗ in bfloat16, where 0.999 is 1.
    Mend     Keep rates, counters and corrections as Python numbers or in float32, whatever the parameter's dtype.
    Cares    Large models are held in bfloat16; a correction that rounds to 0 there divides by zero in the first step.
    """
    return _follows(lab, narrowed(lab, plan, "bfloat16"))


@claim("dtype", 14, SHOULD, DTYPES, rests_on=FOLLOWS)
def float16_follows_definition(lab: Laboratory, plan: Plan) -> Gap:
    """On float16 parameters the whole run follows the definition, as far as float16 can.

        |θ_t - R(θ_0, g_1 … g_t; h)| ≤ what rounding each array operation to float16 may add up to

    Allowed  4 × the running error bound of the definition with u = 2⁻¹¹ and a smallest number of 2⁻²⁴; beyond 65504,
             and where a denominator may underflow to 0, nothing is judged.
    Rejects  Adam that clips gradients at 1 in half precision, lest their squares overflow.
    Mend     Do not clip in the middle of a formula: compute in float32 inside and round the parameter.
    Cares    A guard for one dtype makes another algorithm of it: what was tuned in float32 trains differently.
    """
    return _follows(lab, narrowed(lab, plan, "float16"))


@claim("dtype", 42, SHOULD, DTYPES, rests_on=("dtype.float16-follows-definition",))
def small_updates_are_not_charged(lab: Laboratory, plan: Plan) -> Gap:
    """Where float16 loses g² and ε, what is left of the definition is followed; 0/0 there is by the rule.

        |g| ~ 2⁻¹²:  θ_t = R(θ_0, g; h) within the bound, underflow counted, wherever the bound is finite

    Allowed  4 × the running error bound in float16. An entry whose √v + ε may be 0 in float16 is not judged.
    Rejects  Adam that adds 0.01 to g² in half precision, lest it vanish.
    Mend     Leave the formula alone, and let the user choose an ε that float16 can hold; or compute in float32 inside.
    Cares    A guard against underflow is a change of the algorithm for every entry that is small.
    """
    quiet = plan.map_tensors(lambda t: t.map(lambda g: g * SMALL))
    loud = {name: 1.0 for name in ("lr", "eps") if lab.has(name)}
    judged = []
    for variant in (quiet, quiet.with_options(**loud)):
        small = from_zero(in_format(variant, "float16"))
        record, exact = ran(lab, small), bounded(lab, small)
        judged += [along(record, exact)] if sharp(exact) else []
    if not judged:
        raise NotJudgeable("not judgeable: float16 holds nothing of so small an update" + _lost_epsilon(lab, quiet))
    return Gap.worst(judged)


def _lost_epsilon(lab: Laboratory, plan: Plan) -> str:
    """That ε is one of the things lost, if it is."""
    eps = plan.options_at(0, 0, lab.defaults).get("eps")
    lost = isinstance(eps, float) and not nearest(np.asarray(eps), ROUNDINGS["float16"]).any()
    return f", and rounds ε = {eps:g} to 0" if lost else ""


@claim("dtype", 32, MUST, DTYPES)
def parameter_keeps_its_dtype(lab: Laboratory, plan: Plan) -> Gap:
    """A parameter has the dtype after a step that it had before: nothing is promoted, nothing is narrowed.

        dtype(θ_t) = dtype(θ_0), for float64, float32, bfloat16, float16

    Allowed  nothing.
    Rejects  p.data = p.data.float() - update, after which the model no longer has one dtype.
    Mend     Compute in whatever dtype is best and write the result with p.copy_(…) or p.add_(…).
    Cares    The next forward pass meets two dtypes, or silently takes twice the memory.
    """
    return Gap.worst([same(record.plan.dtype, one.dtype, f"dtype of parameter {i} after step {k + 1}")
                      for record in in_every_format(lab, plan)
                      for k, seen in enumerate(record.steps) for i, one in enumerate(seen)])


@claim("dtype", 32, MUST, DTYPES)
def state_has_declared_dtype(lab: Laboratory, plan: Plan) -> Gap:
    """State arrays hold what the parameter's dtype holds, or more; a counter of steps holds float32's digits.

        dtype(m, v …) ⊇ dtype(θ);  dtype(t) ∈ {int, float32, float64};  unless the rule declares the state narrower

    Allowed  nothing.
    Rejects  a step counter in the parameter's dtype: in bfloat16 it stops at 256.
    Mend     torch.zeros_like(p) for arrays, torch.tensor(0.0, dtype=torch.float32) or an int for counters.
    Cares    The moments of a float32 model in bfloat16 lose each small gradient; a counter that stands still keeps
             the bias correction where it is.
    """
    return Gap.worst([_narrow_state(lab, one, record.plan.dtype) for record in in_every_format(lab, plan)
                      for seen in record.steps for one in seen])


def _narrow_state(lab: Laboratory, seen: Seen, dtype: str) -> Gap:
    """How many state tensors of one parameter hold less than they must."""
    declared = {name for field in lab.definition.precision for name in lab.fields.get(field, ())}
    wrong = [f"state {name!r} of a {dtype} parameter is {own}" for name, own in seen.state_dtypes.items()
             if name not in declared and own in ROUNDINGS
             and not any(_holds(own, enough) for enough in _needed(lab, name, seen, dtype))]
    return Gap(float(len(wrong)), 0.0, "; ".join(wrong), {"expected": dtype} if wrong else {})


def _needed(lab: Laboratory, name: str, seen: Seen, dtype: str) -> tuple[str, ...]:
    """The formats any of which is enough for a state tensor: a counter's, a single number's, an array's."""
    if name in lab.fields.get("t", ()):
        return ("float32",)
    return ("float32", dtype) if np.size(seen.state[name]) == 1 else (dtype,)


def _holds(own: str, dtype: str) -> bool:
    """Whether a format has every number of another."""
    a, b = ROUNDINGS[own], ROUNDINGS[dtype]
    return a.unit <= b.unit and a.largest >= b.largest


@claim("dtype", 32, MUST, TRAJECTORIES)
def is_not_narrowed(lab: Laboratory, plan: Plan) -> Gap | None:
    """A float64 step keeps float64's digits: nothing passes through a narrower format than the rule declares.

        |θ_t - R(θ_0, g; h)| within the bound of float64, not merely within that of float32, bfloat16 or float16

    Allowed  4 × the running error bound in float64, with the formats that the rule itself declares for parts of its
             state. A run that no narrower format explains either is another check's affair.
    Rejects  Adam that casts its gradients to float32.
    Mend     Drop the .float(), or declare the format that the subject works in.
    Cares    Gradient checks and scientific fits are run in float64 for its digits; half of them are gone.
    """
    record, exact = lab.completed(plan), lab.expected(plan)
    gap = along(record, exact) if exact.judgeable() else None
    if gap is None or gap.holds:
        return gap
    inside, loss = _inside(lab)
    if inside is None or not 1 / NEAR < loss / ROUNDINGS[inside].unit < NEAR or not _explains(lab, record, inside):
        return None
    return replace(gap, where=f"{gap.where}: updates carry about 2^{round(math.log2(loss))}: {inside} inside")


def _inside(lab: Laboratory) -> tuple[str | None, float]:
    """The finest format that explains a dozen runs, all of them, and what a fourth of them lose at least of an update.

    Found once, on parameters that start at 0, lest the rounding of what a step is added to hide it. One run alone may
    look like any format: where bounds are wide, and where a coarse one happens to lose little.
    """
    if "inside" not in lab.notes:
        plans = lab.drawn("inside", drawn(lab, steps=(2, 3), most_tensors=1), 12, 0)
        records = [record for plan in plans if (record := lab.run(from_zero(plan))).failure is None]
        lab.notes["inside"] = (next((dtype for dtype in NARROW if _explains_all(lab, records, dtype)), None),
                               float(np.quantile([_loss(r, lab.expected(r.plan)) for r in records] or [0.0], 0.75)))
    inside, loss = lab.notes["inside"]
    return inside, loss


def _explains_all(lab: Laboratory, records: list[Record], dtype: str) -> bool:
    """Whether a format explains every run that says anything of it, and a quarter does."""
    verdicts = [_explains(lab, record, dtype) for record in records]
    return False not in verdicts and 4 * verdicts.count(True) >= max(len(verdicts), 1)


def _explains(lab: Laboratory, record: Record, dtype: str) -> bool | None:
    """Whether a run is what the definition gives in a format; None where that says nothing."""
    try:
        coarse = expected(replace(record.plan, dtype=dtype), lab.definition, lab.defaults, rounded_inputs=True)
    except Undecided:
        return None
    return along(record, coarse).holds if sharp(coarse) else None


def _loss(record: Record, exact: Expected) -> float:
    """The largest error of a run beside its largest update, where the definition has a finite bound."""
    worst, size = 0.0, 0.0
    for i, path in enumerate(exact.points):
        for k, (before, p) in enumerate(itertools.pairwise(path)):
            sure = np.isfinite(p.x.error) & np.isfinite(before.x.value)
            worst = max(worst, float(np.abs(record.steps[k][i].value - p.x.value)[sure].max(initial=0)))
            size = max(size, float(np.abs(p.x.value - before.x.value)[sure].max(initial=0)))
    return worst / size if size else 0.0


@claim("dtype", 32, MUST, DTYPES, rests_on=FOLLOWS)
def mixed_dtypes_in_one_list(lab: Laboratory, plan: Plan) -> Gap:
    """Parameters of several dtypes in one list are stepped as each would be alone.

        R(θ in float32, θ in float64, θ in float16) = (R(θ in float32), R(θ in float64), R(θ in float16))

    Allowed  nothing: bit for bit.
    Rejects  a class that casts every gradient to the dtype of its first parameter.
    Mend     Ask each parameter for its dtype, not the first one; group tensors by dtype before a fused call.
    Cares    Norms in float32 beside weights in bfloat16 are the usual recipe of mixed precision.
    """
    if lab.definition.scope == "all":
        raise NotApplicable("not claimed: the rule takes all parameters as one")
    small = plan.map_tensors(lambda t: t.map(lambda g: g * SMALL))  # where what is taken from a dtype, ε, shows
    return Gap.worst([_mixed(lab, plan), _mixed(lab, small)])


def _mixed(lab: Laboratory, plan: Plan) -> Gap:
    """The first tensor of a plan in each of the dtypes, together and alone."""
    group = plan.groups[0]
    first = replace(plan, groups=(replace(group, tensors=group.tensors[:1]),))
    members = [replace(in_format(first, dtype).tensors[0], dtype=dtype) for dtype in MIXED]
    together = ran(lab, replace(plan, groups=(replace(group, tensors=tuple(members)),)))
    gaps = []
    for i, member in enumerate(members):
        alone = ran(lab, replace(plan, groups=(replace(group, tensors=(member,)),)))
        gaps += [_beside(together, alone, i, k) for k in range(len(together.steps))]
    return Gap.worst(gaps)


def _beside(together: Record, alone: Record, tensor: int, step: int) -> Gap:
    """A tensor among others after a step, and by itself."""
    a, b = together.steps[step][tensor].value, alone.steps[step][0].value
    gap = identical(b, a, f"the {MIXED[tensor]} parameter after step {step + 1}")
    if gap.holds or a.shape != b.shape:
        return gap
    place = tuple(int(n) for n in np.argwhere(~((a == b) | ((a != a) & (b != b))))[0])
    return located(replace(gap, at=place), together.plan, tensor, step, beside=alone.plan, mate=(1.0, 0, place))
