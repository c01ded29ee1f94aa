"""State and serialization: what is kept between steps, and that a run can stop, be saved and go on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable, Raised
from fiducial.checks.contract.runs import equal_records, equal_runs
from fiducial.checks.contract.streams import ABSENCES, OPTIONS, RELATIONS, SCHEDULED, TRAJECTORIES
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan, Reload

MUST, SHOULD, MAY = Severity.MUST, Severity.SHOULD, Severity.MAY


def _remembers(lab: Laboratory, plan: Plan) -> bool:
    """Whether the definition keeps anything that matters for this plan, beside a count of steps."""
    state = lab.expected(plan).points[0][-1].state
    kept = [name for name in state._fields if not isinstance(getattr(state, name), int)]
    if "momentum" in lab.defaults and all("momentum_buffer" in lab.fields.get(name, ()) for name in kept):
        return any(plan.options_at(k, 0, lab.defaults)["momentum"] != 0 for k in range(plan.steps))
    return bool(kept)


@claim("state", 48, SHOULD, TRAJECTORIES)
def exists_after_a_step(lab: Laboratory, plan: Plan) -> Gap | None:
    """A rule that remembers keeps its memory in optimizer.state, where state_dict() and users find it.

        optimizer.state[p] is not empty after a step with a gradient

    Allowed  nothing.
    Rejects  a class that keeps its moments in a list of its own.
    Mend     keep buffers in self.state[p]["name"], in place of a list or a dictionary of your own.
    Cares    state_dict() saves self.state only: what is elsewhere is lost in a checkpoint, and not moved to the device.
    """
    if not _remembers(lab, plan):
        return None
    seen = lab.completed(plan).steps[-1]
    if lab.definition.scope == "all":
        return Gap(float(not any(one.state for one in seen)), 0.0, "no state for any parameter")
    empty = [i for i, one in enumerate(seen) if not one.state]
    return Gap(float(len(empty)), 0.0, f"no state for parameters {empty}")


@claim("state", 49, SHOULD, TRAJECTORIES)
def shaped_like_its_parameter(lab: Laboratory, plan: Plan) -> Gap | None:
    """Every state tensor has its parameter's shape, or is a single number.

        state.shape ∈ {p.shape, ()}

    Allowed  nothing, for rules that work entry by entry.
    Rejects  moments that are stored flat, and break when state is moved with its parameter.
    Mend     torch.zeros_like(p) for each buffer, in place of zeros(p.numel()).
    Cares    sharding and resharding tools cut the state as they cut its parameter, by shape.
    """
    if lab.definition.scope != "element":
        raise NotApplicable("not claimed: the rule does not work entry by entry")
    wrong = [f"state {name!r} of parameter {i} has shape {v.shape}, the parameter {one.value.shape}"
             for one_step in lab.completed(plan).steps for i, one in enumerate(one_step)
             for name, v in one.state.items()
             if isinstance(v, np.ndarray) and v.size != 1 and v.shape != one.value.shape]
    return Gap(float(len(wrong)), 0.0, wrong[0] if wrong else "")


@claim("state", 49, MUST, OPTIONS)
def shares_no_memory(lab: Laboratory, plan: Plan) -> Gap:
    """No state tensor lives in the memory of its parameter or of its gradient.

        storage(state) ∩ (storage(p) ∪ storage(p.grad)) = ∅

    Allowed  nothing.
    Rejects  a momentum buffer that *is* the first gradient: zero_grad() then clears the momentum.
    Mend     start a buffer with torch.clone(g) or zeros_like(p), in place of buffer = p.grad.
    Cares    zero_grad(set_to_none=False) clears the buffer with the gradient, and the next backward() adds into it.
    """
    aliases = lab.completed(plan).aliases
    return Gap(float(len(aliases)), 0.0, aliases[0] if aliases else "")


def _interrupted(plan: Plan, how: Reload, when: int | None = None) -> Plan:
    """The plan with a reload in its middle (or before the step that is named)."""
    return replace(plan, reloads={max(1, plan.steps // 2) if when is None else when: how})


def _goes_on(lab: Laboratory, plan: Plan, how: Reload, *, state: bool = False) -> Gap:
    """A run whose rate was changed on the way, then interrupted, beside the same run without interruption.

    From the interruption on the rate is held, so that it must come through the reload.
    """
    when = (plan.steps + 1) // 2
    held = replace(plan, changes={k: by for k, by in plan.changes.items() if k < when})
    return equal_runs(lab, _interrupted(held, how, when), held, state=state)


@claim("state", 50, MUST, SCHEDULED)
def survives_reload(lab: Laboratory, plan: Plan) -> Gap:
    """A state_dict() loaded into a fresh optimizer on copies of the parameters: the run goes on, at the rate it had.

        R(… η_t | save, load | …) = R(… η_t …), parameters and state

    Allowed  nothing: bit for bit.
    Rejects  a step counter outside the state, which starts from 0 again.
    Mend     keep counters and schedules in self.state or in the group (a tensor keeps its dtype if __setstate__
             restores it), and not in attributes.
    Cares    every preempted run resumes so. torch 2.13's NAdam does not: load_state_dict casts its float32 product of
             momenta to the parameter's dtype.
    """
    return _goes_on(lab, plan, "state-dict", state=True)


@claim("state", 51, MUST, RELATIONS)
def load_leaves_the_dictionary_alone(lab: Laboratory, plan: Plan) -> Gap:
    """load_state_dict() does not change the dictionary that it is given.

        the dictionary after load = before

    Allowed  nothing.
    Rejects  a class that pops its own entry out of the dictionary.
    Mend     copy first, state_dict = copy.copy(state_dict), and pop from the copy; buffers are cloned by torch's own
             load.
    Cares    one checkpoint is often loaded several times: by replicas, or again after a failed start.
    """
    changed = lab.completed(_interrupted(plan, "state-dict")).dictionary_changed
    return Gap(float(changed is not None), 0.0, changed or "")


@claim("state", 51, MUST, RELATIONS)
def survives_a_file(lab: Laboratory, plan: Plan) -> Gap:
    """The state goes through torch.save and torch.load(weights_only=True), and the run goes on unchanged.

        R(… | save to a file, load | …) = R(…)

    Allowed  nothing: bit for bit.
    Rejects  state that holds an object of a class of its own, which a safe load refuses.
    Mend     keep all that step() goes by in the state or in the groups, as tensors, numbers, strings, lists and
             dictionaries only.
    Cares    torch.load reads weights only by default since 2.6: a checkpoint with an object of your own cannot be
             opened.
    """
    return equal_runs(lab, _interrupted(plan, "weights-only"), plan, state=True)


@claim("state", 54, MUST, RELATIONS)
def resumes_before_the_first_step(lab: Laboratory, plan: Plan) -> Gap:
    """A state saved before any step can be loaded, and the run then goes on as if it had not been.

        R(| save, load | …) = R(…)

    Allowed  nothing: bit for bit.
    Rejects  a class whose __setstate__ reads the first parameter's state.
    Mend     let __setstate__ and load_state_dict work on an empty state: loop over what is there.
    Cares    runs that are preempted in their first minutes save before a step was made, and must start again.
    """
    return equal_runs(lab, _interrupted(plan, "state-dict", 0), plan, state=True)


@claim("state", 54, MUST, ABSENCES)
def resumes_with_an_absent_gradient(lab: Laboratory, plan: Plan) -> Gap:
    """A state in which some parameter never had a gradient can be loaded, and each state finds its own parameter.

        R(… | save, load | …) = R(…), with gradients absent before the save

    Allowed  nothing: bit for bit.
    Rejects  a class that hands loaded states out in order, skipping nobody.
    Mend     leave load_state_dict to torch, which matches states by the parameter's index, and not by their order; keep
             counters in the state too.
    Cares    frozen layers have no state: moments handed out in order land on the wrong layer, often of the same shape.
    """
    first, *rest = plan.groups[0].tensors
    late = replace(first, gradients=tuple(None if k < max(1, plan.steps // 2) else g
                                          for k, g in enumerate(first.gradients)))
    thinned = replace(plan, groups=(replace(plan.groups[0], tensors=(late, *rest)),))
    return equal_runs(lab, _interrupted(thinned, "state-dict"), thinned)


def _can_be_found(lab: Laboratory) -> str | None:
    """pickle finds a class by its name, which one that was made inside a function does not have."""
    return None if lab.subject.has_home else "not claimed: a class made inside a function cannot be pickled"


@claim("state", 55, MUST, SCHEDULED, applies=_can_be_found)
def survives_pickle(lab: Laboratory, plan: Plan) -> Gap:
    """An optimizer that is pickled and unpickled with its parameters goes on unchanged.

        R(… | pickle | …) = R(…)

    Allowed  nothing: bit for bit.
    Rejects  a class that pickles its groups and forgets an attribute that it steps by.
    Mend     extend __getstate__ and __setstate__ with every attribute that step() reads, or keep it in defaults or the
             state.
    Cares    multiprocessing and schedulers of jobs pickle optimizers. An unpickled LBFGS of torch 2.13 cannot step.
    """
    return _goes_on(lab, plan, "pickle")


@claim("state", 55, MUST, SCHEDULED)
def survives_deepcopy(lab: Laboratory, plan: Plan) -> Gap:
    """A deep copy goes on as the original would, on parameters of its own.

        R(… | deepcopy | …) = R(…)

    Allowed  nothing: bit for bit.
    Rejects  a class whose copy still counts its steps in the original.
    Mend     keep no reference to parameters or counters outside param_groups and state; restore what is derived in
             __setstate__.
    Cares    lookahead, population training and snapshots copy optimizers. A copied LBFGS of torch 2.13 cannot step.
    """
    return _goes_on(lab, plan, "deepcopy")


@claim("state", 56, MUST, RELATIONS)
def optimizers_do_not_interact(lab: Laboratory, plan: Plan) -> Gap:
    """Two optimizers of one class, stepped in turns on parameters of their own, do not notice each other.

        R beside another R' = R alone

    Allowed  nothing: bit for bit.
    Rejects  a step counter or a buffer on the class instead of the instance.
    Mend     make counters and buffers in __init__ or self.state, in place of class attributes and module globals.
    Cares    generator and discriminator have an optimizer each, in one process: a shared counter ages both.
    """
    return equal_records(lab.completed(replace(plan, companion=True)), lab.completed(plan), state=True)


@claim("state", 57, MUST, RELATIONS)
def repeats_bit_for_bit(lab: Laboratory, plan: Plan) -> Gap:
    """The same run again gives the same numbers, bit for bit.

        R = R

    Allowed  nothing.
    Rejects  hidden noise on the update.
    Mend     remove the noise, or take a torch.Generator and declare the rule as random; no iteration over sets.
    Cares    a run that cannot be repeated cannot be debugged, and two runs cannot be compared.
    """
    again, first = lab.subject.drive(lab.fitted(plan)), lab.completed(plan)
    if again.failure is not None:
        raise Raised(again.failure)
    return equal_records(again, first, state=True)


@claim("state", 57, MUST, RELATIONS)
def generators_left_alone(lab: Laboratory, plan: Plan) -> Gap:
    """A step draws from no global generator and seeds none: a deterministic rule needs none.

        the states of torch's, NumPy's and Python's generators after the run = before

    Allowed  nothing.
    Rejects  torch.manual_seed in step(): dropout then repeats its masks.
    Mend     drop torch.manual_seed and global draws from step(); draw from a torch.Generator of the optimizer.
    Cares    a seed set at every step gives the same dropout masks and the same shuffles all through the run.
    """
    moved = lab.completed(plan).generators_moved
    return Gap(float(len(moved)), 0.0, f"the global generator of {', '.join(moved)} was moved")


@claim("state", 8, SHOULD, RELATIONS)
def default_dtype_left_alone(lab: Laboratory, plan: Plan) -> Gap:
    """A step does not change torch's default dtype.

        torch.get_default_dtype() after = before

    Allowed  nothing.
    Rejects  torch.set_default_dtype in step().
    Mend     give dtype=p.dtype to the tensors that step() makes, in place of torch.set_default_dtype.
    Cares    from that step on the whole process makes tensors of another dtype, the data loader's included.
    """
    changed = lab.completed(plan).default_dtype_changed
    return Gap(float(changed is not None), 0.0, f"the default dtype: {changed}")


@claim("state", 77, MAY, TRAJECTORIES, quick=False)
def does_not_grow(lab: Laboratory, plan: Plan) -> Gap | None:
    """The state holds as many numbers after the last step as after the second.

        size(state_t) = size(state_2)

    Allowed  nothing.
    Rejects  a class that keeps every past gradient.
    Mend     keep running averages, or a window that drops its oldest entry (collections.deque(maxlen=…)).
    Cares    memory that grows with every step ends the run after hours, and checkpoints grow with it.
    """
    if plan.steps < 3:
        return None
    sizes = [sum(np.asarray(v).size for one in seen for v in one.state.values() if not isinstance(v, str))
             for seen in lab.completed(plan).steps]
    return Gap(float(max(0, sizes[-1] - sizes[1])), 0.0, f"{sizes[1]} numbers after step 2, {sizes[-1]} at the end")

