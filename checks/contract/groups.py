"""Parameter groups: options of their own, added on the way, in any order."""

from __future__ import annotations

from dataclasses import replace

from fiducial.checks.agreement import along, distance, located
from fiducial.checks.contract.claims import claim, takes
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.contract.runs import close_runs, equal_records, recentred, trajectory
from fiducial.checks.contract.streams import GROUPS, simple_plan
from fiducial.checks.draws import Choice
from fiducial.checks.evidence import Gap, Severity, identical
from fiducial.checks.plans import Group, Plan, Record

MUST, SHOULD = Severity.MUST, Severity.SHOULD
FOLLOWS = ("rule.follows-definition",)


@claim("groups", 59, MUST, GROUPS, rests_on=FOLLOWS)
def options_are_their_own(lab: Laboratory, plan: Plan) -> Gap | None:
    """Each group follows the definition with the options of that group.

        θ^(i) = R(θ_0^(i), g^(i); h^(i))

    Allowed  4 × the running error bound of the definition.
    Rejects  a class that reads an option from its defaults, or from the first group.
    Mend     read options from `group` inside the loop over groups, in place of self.defaults or self.param_groups[0].
    Cares    rates by layer and no decay for norms are the usual recipe; the first group's options would hold for all.
    """
    return trajectory(lab, plan)


@claim("groups", 58, MUST, GROUPS, rests_on=FOLLOWS)
def equal_separate_optimizers(lab: Laboratory, plan: Plan) -> Gap | None:
    """Two groups in one optimizer take the steps of two optimizers with one group each.

        R(group 1, group 2) = (R(group 1), R(group 2))

    Allowed  4 × the running error bounds of both runs.
    Rejects  a step counter that every group advances.
    Mend     count in self.state[p]["step"] or group["step"], in place of one counter that each group advances.
    Cares    a split into groups is bookkeeping: with two groups a shared counter runs twice as fast, and the
             corrections with it.
    """
    if lab.definition.scope == "all":
        raise NotApplicable("not claimed: the rule steps all parameters as one")
    gaps = []
    for index, group in enumerate(plan.groups):
        changes = {k: {0: by[index]} for k, by in plan.changes.items() if index in by}
        alone = Plan((group,), changes)
        together, single = lab.completed(plan), lab.completed(alone)
        first = sum(len(g.tensors) for g in plan.groups[:index])
        exact = lab.expected(alone)
        if not exact.judgeable():
            continue
        gaps += [_difference(lab, single, together, alone, (i, first + i, k), index)
                 for k in range(plan.steps) for i in range(len(group.tensors))]
    return Gap.worst(gaps) if gaps else None


def _difference(lab: Laboratory, single: Record, together: Record, alone: Plan, place: tuple[int, int, int],
                group: int) -> Gap:
    """One tensor of a group alone and among others, `place` (i, j, step): each run may be off by its own bound."""
    i, j, k = place
    point = lab.expected(alone).points[i][k + 1].x
    gap = distance(together.steps[k][j].value, recentred(point, single.steps[k][i].value, 2 * point.error),
                   f"parameter {i} of group {group} after step {k + 1}")
    return located(gap, together.plan, j, k, beside=alone, mate=(1.0, i, gap.at))


@claim("groups", 59, MUST, GROUPS, applies=takes("lr"))
def stilled_group_stays(lab: Laboratory, plan: Plan) -> Gap | None:
    """A group with lr = 0 does not move while the others do.

        η^(1) = 0  ⇒  θ^(1) stays

    Allowed  nothing for the group at rest.
    Rejects  one learning rate for all groups.
    Mend     lr = group["lr"] inside the loop over groups.
    Cares    lr = 0 for the backbone is how a head is trained first; one rate for all moves what should rest.
    """
    if "moves-at-zero-rate" in lab.laws:
        raise NotApplicable("not claimed: the rule itself moves at lr = 0")
    groups = (plan.groups[0], replace(plan.groups[1], options={**plan.groups[1].options, "lr": 0.0}), *plan.groups[2:])
    record = lab.completed(replace(plan, groups=groups, changes={k: {0: by[0]} for k, by in plan.changes.items()
                                                                 if 0 in by}))
    first = len(plan.groups[0].tensors)
    return Gap.worst([located(identical(record.start[first + i], record.steps[-1][first + i].value,
                                        f"parameter {i} of the group with lr = 0"),
                              record.plan, first + i, plan.steps - 1, since=-1)
                      for i in range(len(plan.groups[1].tensors))])


@claim("groups", 60, MUST, GROUPS, rests_on=FOLLOWS)
def can_be_added_on_the_way(lab: Laboratory, plan: Plan) -> Gap | None:
    """A group that is added in mid-run starts from a fresh state, with its own options, and disturbs nobody.

        R after add_param_group = R for the old groups, and R from its first step for the new one

    Allowed  4 × the running error bound of the definition; by the parameter's own count of steps, or the optimizer's
             where the rule knows of such a count.
    Rejects  a class that has laid out its state for the first groups only.
    Mend     make a parameter's state, its count of steps too, in step() when it is missing (`if not state: …`), in
             place of laying it out in __init__.
    Cares    gradual unfreezing adds groups in mid-run, with state that starts then.
    """
    if lab.definition.scope == "all":
        raise NotApplicable("not claimed: the rule steps all parameters as one")
    if plan.steps < 2:
        return None
    late = replace(plan.groups[-1], joins=1)
    later = replace(plan, groups=(*plan.groups[:-1], late), changes={})
    record, counters = lab.completed(later), [c for c in lab.definition.counters if c in ("parameter", "optimizer")]
    told = [along(record, exact) for c in counters if (exact := lab.expected(later, c)).judgeable()]
    return next((gap for gap in told if gap.holds), told[0] if told else None)


@claim("groups", 60, MUST, None)
def duplicates_are_refused(lab: Laboratory, _: None) -> Gap:
    """add_param_group refuses a parameter that the optimizer already has.

        add_param_group({"params": [p]}) raises ValueError

    Allowed  ValueError only.
    Rejects  a class that overrides add_param_group with an append.
    Mend     call super().add_param_group(group), which compares with all groups.
    Cares    a layer that is unfrozen twice would be stepped twice a step.
    """
    failure = lab.subject.construct("add-duplicate").failure
    if failure is None:
        return Gap(1.0, 0.0, "accepted")
    return Gap(float("ValueError" not in failure.kinds), 0.0, str(failure))


@claim("groups", 61, MUST, GROUPS, rests_on=FOLLOWS, applies=takes("weight_decay"))
def decay_can_be_left_out(lab: Laboratory, plan: Plan) -> Gap | None:
    """A group with weight_decay = 0 beside one with decay: only the second decays.

        λ^(1) = 0, λ^(2) = 0.5  ⇒  each group follows the definition

    Allowed  4 × the running error bound of the definition.
    Rejects  decay that is applied to every parameter with the first group's λ.
    Mend     weight_decay = group["weight_decay"] inside the loop over groups.
    Cares    biases and norms are kept from decay by a group of their own, in nearly every published recipe.
    """
    if not lab.choice("weight_decay").per_group:
        raise NotApplicable("not claimed: weight_decay is no option of a group")
    amounts = (0.0, 0.5, 0.1)
    groups = tuple(replace(g, options={**g.options, "weight_decay": amounts[i]}) for i, g in enumerate(plan.groups))
    return trajectory(lab, replace(plan, groups=groups))


def _ordered(lab: Laboratory) -> str | None:
    """Applies where the rule treats entries alike, or at least tensors."""
    alike = {"permutation", "order"} & lab.laws
    return None if alike else "not claimed: the rule does not promise tensors treated alike"


@claim("groups", 62, SHOULD, GROUPS, rests_on=FOLLOWS, applies=_ordered)
def order_is_irrelevant(lab: Laboratory, plan: Plan) -> Gap | None:
    """The order of the groups, and of the parameters in them, changes nothing.

        R(group 2, group 1) = R(group 1, group 2)

    Allowed  4 × the running error bounds of both runs.
    Rejects  a class that scales each parameter's rate by its place in the list.
    Mend     let nothing depend on an index over parameters; keep the state in self.state[p].
    Cares    the order of modules in a file, or of layers in a filter, must not change what is learned.
    """
    count = len(plan.groups)
    groups = tuple(replace(g, tensors=g.tensors[::-1]) for g in reversed(plan.groups))
    changes = {k: {count - 1 - i: o for i, o in by.items()} for k, by in plan.changes.items()}
    turned = replace(plan, groups=groups, changes=changes)
    return close_runs(lab, plan, turned, lambda values: values[::-1])


@claim("groups", 59, SHOULD, None, rests_on=FOLLOWS)
def listed_options_are_read(lab: Laboratory, _: None) -> Gap | None:
    """An option that stands in the parameter groups is read there: writing it into one group changes something.

        R([{params, h = a}]) ≠ R([{params, h = b}]) for options that the rule takes for the constructor's alone

    Allowed  no option that is listed in the groups and read from the constructor only.
    Rejects  initial_accumulator_value in a group of torch's Adagrad, which starts from the constructor's value.
    Mend     read group["name"] where the state is made, or keep the option out of `defaults`, so that a group cannot
             set it.
    Cares    a group that sets it gets no error and no effect: torch 2.13's Adagrad with initial_accumulator_value.
    """
    listed = [c for c in lab.choices if not c.per_group and lab.subject.per_group(c.name)]
    if not listed:
        raise NotApplicable("not claimed: every option of the groups is judged by groups.options-are-their-own")
    deaf = [c.name for c in listed if not _heard(lab, c)]
    return Gap(float(len(deaf)), 0.0, f"written into a group and not read there: {', '.join(deaf)}")


def _heard(lab: Laboratory, choice: Choice) -> bool:
    """Whether an option that only the second of two groups sets leads to different runs for different values."""
    plan = simple_plan()
    first, second = (Group((t,)) for t in plan.tensors)
    values = (*choice.values, lab.defaults[choice.name])[:2]
    runs = [lab.completed(Plan((first, replace(second, options={choice.name: v})))) for v in values]
    return not equal_records(*runs).holds
