"""Gradient handling: what becomes of .grad, of absent and frozen parameters, of nan, and of the graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fiducial.checks.agreement import along, located
from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.construction import may_refuse_groups
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.contract.runs import equal_states, trajectory
from fiducial.checks.contract.streams import ABSENCES, OPTIONS, RELATIONS, STILL, TRAJECTORIES
from fiducial.checks.evidence import Gap, Severity, identical, same
from fiducial.checks.plans import Plan, Record, Seen

MUST, SHOULD = Severity.MUST, Severity.SHOULD


def _all_seen(record: Record) -> Iterator[tuple[Seen, str]]:
    """Every observation of a run, with where it was made."""
    for k, seen in enumerate(record.steps):
        for i, one in enumerate(seen):
            yield one, f"parameter {i} after step {k + 1}"


@claim("gradient", 35, SHOULD, OPTIONS)
def left_untouched(lab: Laboratory, plan: Plan) -> Gap | None:
    """The gradient after the step is, bit for bit, the gradient before it; a pure step writes into nothing it is given.

        p.grad after step() = p.grad before step()

    Allowed  nothing. (A class that takes the gradient away, leaving None, does not claim this.)
    Rejects  coupled decay added to p.grad in place.
    Mend     make a new tensor: g = p.grad.add(p, alpha=weight_decay), g = -p.grad; no add_, neg_ or mul_ on p.grad. A
             pure step: x = x - …, never x -= ….
    Cares    clipping, logging and accumulation read p.grad after the step. Of one public library's optimizers 93 change
             it under maximize, 75 under coupled decay; torch's none.
    """
    record = lab.completed(plan)
    gaps = [Gap(1.0, 0.0, where) for where in record.changed_in_place[:1]]
    for one, where in _all_seen(record):
        if one.gradient_before is not None and one.gradient is None:
            raise NotApplicable("not claimed: sets gradients to None after the step")
        if one.gradient_before is not None and one.gradient is not None:
            gaps.append(identical(one.gradient_before, one.gradient, f"gradient of {where}"))
    return Gap.worst(gaps) if gaps else None


@claim("gradient", 36, MUST, ABSENCES)
def absent_leaves_everything(lab: Laboratory, plan: Plan) -> Gap | None:
    """A parameter without a gradient keeps its value and its state through the step.

        p.grad is None  ⇒  θ_t = θ_{t-1}, state_t = state_{t-1}

    Allowed  nothing; a step counter of the state may go on counting, and a state may be created.
    Rejects  decoupled decay that is applied to every parameter of the group.
    Mend     `if p.grad is None: continue` before anything else, decay included.
    Cares    heads and experts that a batch did not use have no gradient: decayed at each such step they shrink to
             nothing.
    """
    record = lab.completed(plan)
    gaps = [Gap(0.0, 0.0)]
    for i, tensor in enumerate(plan.tensors):
        for k, gradient in enumerate(tensor.gradients):
            if gradient is not None:
                continue
            where = f"parameter {i} after step {k + 1}, which gave it no gradient"
            stays = identical(record.values(i)[k], record.steps[k][i].value, where)
            gaps.append(located(stays, plan, i, k, since=k - 1))
            if k and record.steps[k - 1][i].state:
                before, after = (_without_counters(record.steps[n][i].state) for n in (k - 1, k))
                gaps.append(located(equal_states(before, after, f"of {where}"), plan, i, k, state="", since=k - 1))
    return Gap.worst(gaps)


def _without_counters(state: dict[str, object]) -> dict[str, object]:
    """The state without its scalars, among which step counters are."""
    return {name: v for name, v in state.items() if isinstance(v, np.ndarray) and v.ndim}


@claim("gradient", 36, MUST, ABSENCES, rests_on=("rule.follows-definition", "gradient.absent-leaves-everything"))
def absent_follows_definition(lab: Laboratory, plan: Plan) -> Gap | None:
    """When its gradient comes back a parameter goes on by the definition, by its own count of steps or its group's.

        t counts the steps in which p had a gradient, or the steps of its group: the same in every run

    Allowed  4 × the running error bound of the definition under a way of counting that held in all runs so far.
    Rejects  a state that is thrown away when a gradient is missing.
    Mend     keep `step` in self.state[p] or in the group, one of them everywhere, and never clear the state of a
             parameter that is skipped.
    Cares    routed experts and alternating losses come back with stale or lost moments; optimi, heavyball and timm
             count by group, torch by parameter: both are right, a mixture is not.
    """
    record = lab.completed(plan)
    possible = lab.notes.setdefault("counters", lab.definition.counters)
    gaps = {counter: along(record, lab.expected(plan, counter)) for counter in possible}
    holding = tuple(counter for counter, gap in gaps.items() if gap.holds)
    if not holding:
        return gaps[possible[0]]
    lab.notes["counters"] = holding
    return gaps[holding[0]]


@claim("gradient", 37, MUST, STILL)
def zero_is_no_op(lab: Laboratory, plan: Plan) -> Gap | None:
    """A zero gradient on a fresh state, without decay, moves nothing.

        g = 0, λ = 0, state = 0  ⇒  θ_t = θ_0

    Allowed  nothing (-0 counts as 0).
    Rejects  an update that divides by √v alone: 0/0.
    Mend     add ε to the root before dividing: m / (v.sqrt() + eps), so that 0/0 does not arise.
    Cares    padding rows of an embedding have zero gradients from the first step: nan there reaches the whole model.
    """
    if "moves-at-zero-gradient" in lab.laws:
        raise NotApplicable("not claimed: the rule itself moves at a zero gradient")
    if not lab.has("weight_decay") and lab.defaults.get("weight_decay"):
        raise NotApplicable("not claimed: decay cannot be switched off")
    record = lab.completed(plan.with_options(weight_decay=0.0) if lab.has("weight_decay") else plan)
    return Gap.worst([located(identical(record.start[i], one.value, f"parameter {i} after step {k + 1}"),
                              record.plan, i, k, since=-1)
                      for k, seen in enumerate(record.steps) for i, one in enumerate(seen)])


@claim("gradient", 38, MUST, RELATIONS, rests_on=("rule.follows-definition",))
def frozen_parameter_stays(lab: Laboratory, plan: Plan) -> Gap | None:
    """A parameter that is frozen in mid-run stays where it is, and goes on as before when it is thawed.

        requires_grad off and .grad None during one step  ⇒  as if that step had not been for it

    Allowed  nothing while it is frozen; 4 × the running error bound of the definition afterwards.
    Rejects  a class that collects its trainable parameters once, and takes a missing gradient for zeros.
    Mend     look at p.grad in every step(), do not collect parameters in __init__, and take None for "skip", not for
             zeros.
    Cares    gradual unfreezing is the usual way to fine-tune; momentum must not push a layer that was just frozen.
    """
    if plan.steps < 3:
        return None
    first, *rest = plan.tensors
    thin = replace(first, frozen=frozenset({1}), gradients=tuple(None if k == 1 else g
                                                                for k, g in enumerate(first.gradients)))
    frozen = replace(plan, groups=(replace(plan.groups[0], tensors=(thin, *rest)),))
    record = lab.completed(frozen)
    stays = identical(record.values(0)[1], record.values(0)[2], "parameter 0 after step 2, in which it was frozen")
    stays = located(stays, frozen, 0, 1, since=0)
    return Gap.worst([stays, absent_follows_definition.judge(lab, frozen) or stays])


@claim("gradient", 39, SHOULD, TRAJECTORIES)
def no_graph_is_kept(lab: Laboratory, plan: Plan) -> Gap | None:
    """The step is not recorded by autograd: parameters stay leaves that require a gradient.

        p.is_leaf, p.requires_grad, p.grad_fn is None

    Allowed  nothing.
    Rejects  a class that switches requires_grad off to update in place, and not on again.
    Mend     decorate step() with @torch.no_grad() and write in place; do not touch requires_grad.
    Cares    a step that is recorded keeps every past batch in memory; a parameter that lost requires_grad stops
             learning.
    """
    record = lab.completed(plan)
    return Gap.worst([same((True, True), (one.leaf, one.requires_grad), f"{where}: (leaf, requires_grad)")
                      for one, where in _all_seen(record)])


@claim("gradient", 39, SHOULD, TRAJECTORIES)
def parameters_stay_in_place(lab: Laboratory, plan: Plan) -> Gap | None:
    """The parameter is the same object in the same memory after the step: views and tied weights see it move.

        the object in the group and its data_ptr() are what they were

    Allowed  nothing.
    Rejects  p.data = p.data - lr·g.
    Mend     p.sub_(lr * g) or p.add_(update, alpha=-lr) in place of p.data = …, and of an assignment into the group's
             list.
    Cares    tied weights, views and flattened buffers share the memory: a new tensor leaves them behind with the old
             value.
    """
    record = lab.completed(plan)
    return Gap.worst([same((True, True), (one.same_object, one.same_storage), f"{where}: (same object, same memory)")
                      for one, where in _all_seen(record) if one.value.size])


@claim("gradient", 39, SHOULD, TRAJECTORIES)
def version_counter_rises(lab: Laboratory, plan: Plan) -> Gap | None:
    """Autograd can see that the parameter was changed in place: its version counter rises with every update.

        θ_t ≠ θ_{t-1}  ⇒  p._version after > p._version before

    Allowed  nothing.
    Rejects  p.data.add_(…), after which a stale graph gives wrong gradients without an error.
    Mend     write through the parameter under torch.no_grad(): p.add_(…), and not p.data.add_(…).
    Cares    with the counter autograd raises when backward() needs a value that has been overwritten; without it the
             gradient is silently wrong.
    """
    record = lab.completed(plan)
    gaps = [same(True, record.steps[k][i].version_rose, f"parameter {i} after step {k + 1}: the version rose")
            for i in range(len(plan.tensors)) for k in range(plan.steps)
            if not np.array_equal(record.values(i)[k], record.values(i)[k + 1])]
    return Gap.worst(gaps) if gaps else None


@claim("gradient", 39, SHOULD, RELATIONS)
def grad_mode_left_alone(lab: Laboratory, plan: Plan) -> Gap | None:
    """After the step autograd is on or off as it was before.

        torch.is_grad_enabled() before = after

    Allowed  nothing.
    Rejects  torch.set_grad_enabled(False) without the way back.
    Mend     use `with torch.no_grad():` or the decorator, in place of torch.set_grad_enabled(False).
    Cares    after such a step the next forward pass records nothing, and backward() fails far from the cause.
    """
    return same(False, lab.completed(plan).grad_mode_changed, "the grad mode was changed")


def _poisoned(plan: Plan, poison: float = np.nan) -> Plan:
    """The plan with one nan or infinity in the last tensor's last gradient, behind two ordinary tensors."""
    first = plan.tensors[0]
    spoilt = np.array(first.gradients[-1], dtype=np.float64)
    spoilt.flat[0] = poison
    last = replace(first, gradients=(*first.gradients[:-1], spoilt))
    return replace(plan, groups=(replace(plan.groups[0], tensors=(first, first, last)),))


@claim("gradient", 40, MUST, RELATIONS)
def not_finite_is_never_half_a_step(lab: Laboratory, plan: Plan) -> Gap | None:
    """A nan among several gradients passes through, is skipped or is refused; a refusal leaves all tensors alone.

        step() raises  ⇒  no parameter has moved

    Allowed  nothing.
    Rejects  a class that raises at the third tensor when two have been updated.
    Mend     look at all gradients first and raise before the first parameter is written, or let nan pass through.
    Cares    a caller that catches the error and goes on has a model whose layers come from different steps.
    """
    poisoned = _poisoned(plan)
    record = lab.run(poisoned)
    if record.failure is None:
        return Gap(0.0, 0.0)
    if record.failure.step != poisoned.steps - 1:
        lab.completed(poisoned)  # it raised before the nan came: Refused or Raised
    before = [record.values(i)[-1] for i in range(3)]
    moved = sum(not np.array_equal(b, a) for b, a in zip(before, record.left_behind, strict=True))
    return Gap(float(moved), 0.0, f"{moved} of 3 tensors had moved: {record.failure}")


@claim("gradient", 40, SHOULD, RELATIONS)
def not_finite_is_seen(lab: Laboratory, plan: Plan) -> Gap | None:
    """A nan or an infinity in the gradient shows in the parameter, is skipped or is refused: it becomes no number.

        g_i = nan or inf  ⇒  θ_i is not finite, or is unchanged, or step() raises, or the definition is finite

    Allowed  nothing.
    Rejects  a class that takes nan for a large number and steps by it.
    Mend     drop torch.nan_to_num on gradients and moments; skip the step, raise, or let nan show.
    Cares    a loss that overflowed must be noticed: a made-up number sends the weight somewhere, and nobody looks.
    """
    if not lab.has("weight_decay") and lab.defaults.get("weight_decay"):
        raise NotApplicable("not claimed: decay cannot be switched off")
    quiet = plan.with_options(weight_decay=0.0) if lab.has("weight_decay") else plan
    return Gap.worst([_seen_or_skipped(lab, _poisoned(quiet, poison), poison) for poison in (np.nan, np.inf)])


def _seen_or_skipped(lab: Laboratory, plan: Plan, poison: float) -> Gap:
    """Whether what is not finite was passed on, or its entry left alone."""
    record = lab.run(plan)
    if record.failure is not None:
        return Gap(0.0, 0.0)
    before, after = record.values(2)[-2:]
    finite = bool(np.isfinite(lab.expected(plan).points[2][-1].x.value.flat[0]))
    turned = bool(np.isfinite(after.flat[0])) and not finite and bool(before.flat[0] != after.flat[0])
    return Gap(float(turned), 0.0, f"entry 0 went from {before.flat[0]} to {after.flat[0]} on a gradient of {poison}")


@claim("gradient", 43, MUST, RELATIONS, rests_on=("rule.follows-definition",))
def accumulation_is_the_sum(lab: Laboratory, plan: Plan) -> Gap | None:
    """A gradient that arrives in two halves is the gradient: nothing happens to it before the step.

        g = g' + g'' accumulated in p.grad  ⇒  R(θ, g)

    Allowed  4 × the running error bound of the definition (halves of g add up exactly).
    Rejects  a class that hooks its parameters and steps as soon as a gradient arrives.
    Mend     read p.grad in step() only, without hooks that step or scale when a gradient arrives (or refuse
             accumulation).
    Cares    large batches are made of small ones by accumulation; a step for each part is another algorithm.
    """
    return trajectory(lab, replace(plan, halves=True))


@claim("gradient", 44, SHOULD, None)
def zero_grad_empties(lab: Laboratory, plan: None) -> Gap | None:
    """zero_grad() leaves gradients of None, or of zeros when asked to keep them.

        zero_grad(set_to_none=True): None;  zero_grad(set_to_none=False): zeros

    Allowed  nothing.
    Rejects  a class whose own zero_grad forgets its second group.
    Mend     inherit zero_grad, or loop over all of self.param_groups, and honour set_to_none.
    Cares    a gradient that is left over adds to the next one: training on the sum of all past batches still lowers the
             loss.
    """
    outcome = lab.subject.construct("zero-grad")
    may_refuse_groups(lab, outcome.failure)
    if outcome.failure is not None:
        return Gap(float("inf"), 0.0, str(outcome.failure), {"raised": str(outcome.failure)})
    return Gap(float(len(outcome.complaints)), 0.0, "; ".join(outcome.complaints))


