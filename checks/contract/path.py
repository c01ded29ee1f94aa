"""Paths: the implementations of one rule among which flags choose give the numbers of the plain loop.

The path that a certificate speaks of is held against the definition by every other section; here it stands beside the
for-loop of the same class, so that a difference between the two is named as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.agreement import distance, located
from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.formats import in_format
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, Raised, Refused
from fiducial.checks.contract.lists import FORMATS, OF_FORMATS, ONE_LIST, TO_COMPILE
from fiducial.checks.contract.recognition import Match, recognised
from fiducial.checks.contract.runs import equal_records, recentred
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan, Record, Seen, Spot
from fiducial.checks.rounding import Undecided

MUST, SHOULD = Severity.MUST, Severity.SHOULD
FOLLOWS = ("rule.follows-definition",)
FLAGS = ("foreach", "fused", "capturable", "differentiable")
EXPANDED = "refers to a single memory location"  # torch, where something would be written into an expanded tensor


def _takes(lab: Laboratory) -> frozenset[str]:
    """The flags that a subject's constructor takes."""
    found: frozenset[str] = getattr(lab.subject, "flags", frozenset())
    return found


def _set(lab: Laboratory) -> Mapping[str, Any]:
    """The flags that the settings switch on."""
    settings: Mapping[str, Any] = getattr(lab.subject, "settings", {})
    return {flag: settings[flag] for flag in FLAGS if settings.get(flag)}


def for_loop(lab: Laboratory, plan: Plan) -> Plan:
    """The plan with every flag off."""
    return plan.with_options(**dict.fromkeys(sorted(_takes(lab)), False))


def _loops_and_lists(lab: Laboratory) -> str | None:
    """Applies where a class has both forms of the loop, and its settings choose no other path."""
    if "foreach" not in _takes(lab):
        return "not claimed: takes no foreach"
    others = [flag for flag in _set(lab) if flag != "foreach"]
    return f"not claimed: the path is that of {others[0]}=True" if others else None


def _path_of(flag: str) -> Callable[[Laboratory], str | None]:
    """Applies where the settings choose the path of a flag."""

    def reason(lab: Laboratory) -> str | None:
        if flag not in _takes(lab):
            return f"not claimed: takes no {flag}"
        if flag not in _set(lab):
            return f"not claimed: {flag}=True is a subject of its own (--paths all, or --set {flag}=True)"
        return None

    return reason


def _like_the_loop(lab: Laboratory, plan: Plan, path: Plan) -> Gap | None:
    """Parameters and recognised state of a path beside the for-loop's, over a whole run.

    What the for-loop does not take, or cannot do, says nothing of the path; nor does an expanded gradient that the path
    would write into, since torch refuses that in clear words (gradient.left-untouched judges the writing).
    """
    loop = for_loop(lab, plan)
    base = lab.run(loop)
    if base.failure is not None:
        raise Refused(base.failure)
    return beside(lab, base, _path_run(lab, path))


def _path_run(lab: Laboratory, path: Plan) -> Record:
    """The run of a path, whose refusals are clear. Raises Refused or Raised."""
    run = lab.run(path)
    if run.failure is not None:
        clear = run.failure.refused or EXPANDED in run.failure.message
        raise (Refused if clear else Raised)(run.failure)
    return run


def beside(lab: Laboratory, base: Record, other: Record) -> Gap | None:
    """Two runs of one plan by two implementations: each may be off by its own bound; None where there is none."""
    exact = lab.expected(base.plan)
    gaps = [Gap(0.0, 0.0)]
    for k, (ours, theirs) in enumerate(zip(base.steps, other.steps, strict=True)):
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            point = exact.points[i][k + 1].x
            gap = distance(b.value, recentred(point, a.value, 2 * point.error), f"parameter {i} after step {k + 1}")
            gaps.append(located(gap, other.plan, i, k, beside=base.plan, mate=(1.0, i, gap.at)))
            gaps += [_states(lab, match, (base, other), (i, k)) for match in recognised(lab)]
        if not (worst := Gap.worst(gaps)).holds:
            return worst
    return Gap.worst(gaps) if exact.judgeable() else None


def _states(lab: Laboratory, match: Match, runs: tuple[Record, Record], place: tuple[int, int]) -> Gap:
    """One recognised state tensor of both runs, in one tensor after one step."""
    i, k = place
    plan = runs[0].plan
    a, b = (_kept(run.steps[k][i], match.name) for run in runs)
    kept = lab.expected(plan).points[i][k + 1].state
    if a is None or b is None or not hasattr(kept, match.field):
        return Gap(0.0, 0.0)
    where = f"state {match.name!r} of parameter {i} after step {k + 1}"
    group = next(g for g, members in enumerate(_counted(plan)) if i < members)
    exact = match.exact(kept, plan.options_at(k, group, lab.defaults), k + 1)
    if isinstance(exact, int):
        gap = Gap(float(np.abs(a - b).max()), 0.0, where, {"expected": a, "actual": b})
    else:
        gap = distance(b, recentred(exact, a, 2 * exact.error), where)
    return located(gap, runs[1].plan, i, k, state=match.name, beside=plan, mate=(1.0, i, gap.at))


def _counted(plan: Plan) -> list[int]:
    """How many tensors there are up to each group."""
    return [int(n) for n in np.cumsum([len(group.tensors) for group in plan.groups])]


def _kept(seen: Seen, name: str) -> Any:
    """A state tensor by its name; None where it is not there or no numbers."""
    value = seen.state.get(name)
    return None if value is None or isinstance(value, str) else np.asarray(value, dtype=np.float64)


@claim("path", 31, MUST, ONE_LIST, rests_on=FOLLOWS, applies=_loops_and_lists)
def foreach_equals_for_loop(lab: Laboratory, plan: Plan) -> Gap | None:
    """With foreach=True a list of tensors takes the steps that each takes in the loop, parameters and state.

        R(θ, g; foreach) = R(θ, g; for-loop), for many shapes and layouts in one list

    Allowed  4 × the running error bounds of both runs: the two need not be equal bit for bit.
    Rejects  a list form that leaves out the correction of the first moment.
    Mend     write both forms from one formula; in the list form take every scalar per tensor, not from the first.
    Cares    torch's own tests compare the two after each step from equal states, so that what adds up is not seen;
             users of large models get the list form on a GPU without asking for it.
    """
    return _like_the_loop(lab, plan, for_loop(lab, plan).with_options(foreach=True))


def _in_lists(lab: Laboratory) -> str | None:
    """Applies where a path takes all tensors at once."""
    if lab.definition.scope == "all":
        return "not claimed: the rule takes all parameters as one"
    return None if {"foreach", *_set(lab)} & _takes(lab) else "not claimed: takes no foreach"


@claim("path", 31, MUST, OF_FORMATS, rests_on=FOLLOWS, applies=_in_lists, quick=False)
def mixed_list_equals_for_loop(lab: Laboratory, plan: Plan) -> Gap | None:
    """Tensors of several formats in one list take the steps that each takes alone in the loop, parameters and state.

        R(θ in bfloat16, θ' in float64, θ" in float32; path) = R(θ; for-loop), R(θ'; for-loop), R(θ"; for-loop)

    Allowed  4 × the running error bounds of both runs, in the format of each tensor.
    Rejects  a list form that takes every gradient in the format of the first.
    Mend     sort the tensors by format and device before the lists are made (torch's _group_tensors_by_device_and_dtype
             does), and take scalars from no tensor.
    Cares    norms in float32 beside weights in bfloat16 are the usual recipe: on a GPU they go through lists.
    """
    group = plan.groups[0]
    own = [in_format(replace(plan, groups=(replace(group, tensors=(t,)),)), dtype)
           for t, dtype in zip(group.tensors, FORMATS, strict=True)]
    members = tuple(replace(each.tensors[0], dtype=dtype) for each, dtype in zip(own, FORMATS, strict=True))
    alone = [lab.run(for_loop(lab, each)) for each in own]
    if (refusal := next((run.failure for run in alone if run.failure is not None), None)) is not None:
        raise Refused(refusal)
    together = replace(plan, groups=(replace(group, tensors=members),))
    listed = _path_run(lab, together if set(_set(lab)) - {"foreach"} else together.with_options(foreach=True))
    gaps = [gap for i, base in enumerate(alone) if (gap := _among_others(lab, listed, base, i)) is not None]
    return Gap.worst(gaps) if gaps else None


def _among_others(lab: Laboratory, listed: Record, base: Record, index: int) -> Gap | None:
    """One tensor of a list beside itself alone in the loop; None where its format leaves open what the rule does."""
    try:
        gap = beside(lab, base, replace(listed, steps=[[seen[index]] for seen in listed.steps]))
    except Undecided:
        return None
    if gap is None or not isinstance(gap.at, Spot):
        return gap
    where = gap.where.replace("parameter 0", f"the {FORMATS[index]} parameter")
    return replace(gap, where=where, at=replace(gap.at, plan=listed.plan, tensor=index))


@claim("path", 31, MUST, ONE_LIST, rests_on=FOLLOWS, applies=_path_of("fused"))
def fused_equals_for_loop(lab: Laboratory, plan: Plan) -> Gap | None:
    """With fused=True tensors take the steps of the for-loop, parameters and state, however they lie in memory.

        R(θ, g; fused) = R(θ, g; for-loop)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a kernel that walks the gradient's memory in the parameter's order.
    Mend     in front of the kernel give the gradient the parameter's strides: g.contiguous() is not enough where the
             parameter itself is not contiguous; use torch.empty_like(p).copy_(g).
    Cares    channels-last models and transposed weights get a gradient of other strides; torch 2.13's fused Adam,
             AdamW, SGD and Adagrad step wrongly there on a CPU, without an error.
    """
    return _like_the_loop(lab, plan, plan)


@claim("path", 31, MUST, ONE_LIST, rests_on=FOLLOWS, applies=_path_of("capturable"))
def capturable_equals_for_loop(lab: Laboratory, plan: Plan) -> Gap | None:
    """With capturable=True the step, whose counts are tensors, gives the numbers of the for-loop, state included.

        R(θ, g; capturable) = R(θ, g; for-loop)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a capturable step that counts before it corrects in one form, and after it in the other.
    Mend     keep the order of the plain step: count, then correct; write every branch on a number as torch.where.
    Cares    a captured graph replays one step forever: what is wrong in it is wrong in every step, and cannot be
             stepped through.
    """
    return _like_the_loop(lab, plan, plan)


@claim("path", 31, MUST, ONE_LIST, rests_on=FOLLOWS, applies=_path_of("differentiable"))
def differentiable_equals_for_loop(lab: Laboratory, plan: Plan) -> Gap | None:
    """With differentiable=True the step that autograd records gives the numbers of the plain step, state included.

        R(θ, g; differentiable) = R(θ, g; for-loop)

    Allowed  4 × the running error bounds of both runs.
    Rejects  ε moved under the root, where it keeps the derivative of √v finite, in this form only.
    Mend     let the two forms share every line but the in-place ones.
    Cares    learned optimizers and meta-learning differentiate this form and deploy the other.
    """
    return _like_the_loop(lab, plan, plan)


def _compiled(lab: Laboratory) -> str | None:
    """Applies where the path is that of torch.compile."""
    there = getattr(lab.subject, "way", "") == "compiled"
    return None if there else "not claimed: a compiled step is a subject of its own (--paths all, or --paths compiled)"


@claim("path", 31, MUST, TO_COMPILE, applies=_compiled, quick=False)
def compiled_equals_for_loop(lab: Laboratory, plan: Plan) -> Gap | None:
    """The step that torch.compile makes of the class gives the numbers of the plain loop, state included.

        R(θ, g; torch.compile(step)) = R(θ, g; for-loop)

    Allowed  4 × the running error bounds of both runs. No parameter has 0 dimensions: what torch 2.13's compiler does
             to those in float64 is not the class's doing.
    Rejects  a class that steps in single precision where torch.compiler.is_compiling().
    Mend     share every line between the two; keep counts and corrections in float64, or as Python numbers.
    Cares    compiled steps are asked for where training is large; torch 2.13 takes the corrections of Adam,
             AdamW, NAdam, Adamax and RAdam in float32 there.
    """
    if "not compiled" not in lab.notes:
        subject: Any = lab.subject
        lab.notes["not compiled"] = replace(lab, subject=subject.uncompiled(), _runs={})
    plain: Laboratory = lab.notes["not compiled"]
    base = plain.run(for_loop(lab, plan))
    if base.failure is not None:
        raise Refused(base.failure)
    return beside(lab, base, lab.completed(plan))


@claim("path", 66, SHOULD, ONE_LIST, rests_on=FOLLOWS)
def gradient_release_equals_for_loop(lab: Laboratory, plan: Plan) -> Gap | None:
    """One optimizer a parameter, stepped by a hook as soon as its gradient arrives, takes the steps of one for all.

        p.register_post_accumulate_grad_hook(optimizer_of_p.step)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a step counter that all instances of the class advance.
    Mend     keep everything in self.state and self.param_groups, nothing on the class or in the module.
    Cares    gradient release saves the memory of all gradients; a count that is shared corrects the bias of the first
             parameter by the number of the last.
    """
    if lab.definition.scope == "all" or lab.definition.demands.objective or lab.definition.demands.rows:
        raise NotApplicable("not claimed: the rule steps all parameters at once")
    if getattr(lab.subject, "demands", lab.definition.demands).closure:
        raise NotApplicable("not claimed: its step needs a closure")
    if _set(lab).get("differentiable"):
        raise NotApplicable("not claimed: a differentiable step is taken on tensors that are no leaves")
    still = replace(for_loop(lab, plan), changes={})
    base = lab.run(still)
    if base.failure is not None:
        raise Refused(base.failure)
    return beside(lab, base, lab.completed(replace(plan, changes={}, released=True)))


def _chooses(lab: Laboratory) -> str | None:
    """Applies where a class takes a flag that chooses, and the settings leave the choice to it."""
    if not {"foreach", "fused"} & _takes(lab):
        return "not claimed: takes neither foreach nor fused"
    return f"not claimed: the settings choose {next(iter(_set(lab)))}" if _set(lab) else None


@claim("path", 31, SHOULD, ONE_LIST, rests_on=FOLLOWS, applies=_chooses, quick=False)
def default_is_one_of_them(lab: Laboratory, plan: Plan) -> Gap | None:
    """Left to itself the class takes one of the paths that its flags name, and no further one.

        R(θ, g) = R(θ, g; for-loop) or R(θ, g; foreach) or R(θ, g; fused), bit for bit

    Allowed  nothing: the same code runs.
    Rejects  a default that computes its corrections in single precision, as no named path does.
    Mend     resolve foreach=None to True or False in one place, and pass the result on.
    Cares    a path that no flag names cannot be asked for, compared or ruled out.
    """
    loop = for_loop(lab, plan)
    named = [loop, *(loop.with_options(**{flag: True}) for flag in ("foreach", "fused") if flag in _takes(lab))]
    default = lab.run(plan)
    if default.failure is not None:
        raise Refused(default.failure)
    gaps = [equal_records(run, default) for one in named if (run := lab.run(one)).failure is None]
    return min(gaps, key=lambda gap: gap.ratio) if gaps else None
