"""Deployment: parameters of other types, checkpoints of whole models, a compiled step."""

from __future__ import annotations

from fiducial.checks.contract.claims import claim, every
from fiducial.checks.contract.frameworks import module_for, of_torch, outcome
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.evidence import Gap, Severity, identical, same

SHOULD, MAY = Severity.SHOULD, Severity.MAY
WARM, FURTHER = 4, 6


def _of_dense_gradients(lab: Laboratory) -> str | None:
    """Applies where gradients are handed over, and dense."""
    demands = lab.definition.demands
    if demands.objective or getattr(lab.subject, "demands", demands).closure:
        return "not claimed: the step needs a closure"
    return "not claimed: gradients are sparse" if demands.rows else None


PLAIN = every(of_torch, _of_dense_gradients)


@claim("resources", 79, MAY, None, applies=PLAIN, quick=False)
def subclasses_keep_their_type(lab: Laboratory, _: None) -> Gap:
    """A parameter of a tensor subclass keeps its type through steps, and takes those of a plain one.

        type(θ_T) = type(θ_0),  θ_T = that of a plain tensor, bit for bit

    Allowed  nothing; the subclass hands every operation on to the tensor that it holds.
    Rejects  a class that steps through NumPy, or makes its parameter's data anew.
    Mend     write p.add_(…) in place; no .numpy(), no data_ptr, no `p.data = torch.tensor(…)`.
    Cares    sharded (DTensor) and quantised parameters are such subclasses: they come back as plain, whole tensors.
    """
    types, wrapped, plain = outcome(module_for(lab, "subclasses").subclassed(lab.subject))
    kept = same(["Wrapped", "Wrapped"], types, f"types after the steps: {', '.join(types)}")
    return Gap.worst([kept, identical(plain, wrapped, "the parameter, beside a plain one")])


@claim("resources", 79, MAY, None, rests_on=("state.survives-reload",), applies=PLAIN,
       deep="checkpoints of whole models, whose modules take a second to import, are written at level deep")
def checkpoints_of_models_round_trip(lab: Laboratory, _: None) -> Gap:
    """torch.distributed.checkpoint's state of an optimizer, by names of parameters, goes into a fresh one.

        get_optimizer_state_dict → set_optimizer_state_dict → step = step without

    Allowed  nothing: bit for bit.
    Rejects  a class whose state_dict() has a form of its own.
    Mend     keep tensors and numbers in self.state[p], and options in param_groups; leave state_dict() to torch.
    Cares    it is how sharded trainers save: what does not go through it cannot be resumed on other devices.
    """
    resumed, straight = outcome(module_for(lab, "subclasses").checkpointed(lab.subject))
    return identical(straight, resumed, "the parameter one step after the round trip")


@claim("hooks", 66, SHOULD, None, applies=PLAIN,
       deep="a step is traced by torch.compile, which takes seconds, at level deep")
def compiled_step_settles(lab: Laboratory, _: None) -> Gap:
    """A step under torch.compile is compiled while its state comes to be, and then no more.

        compilations in steps 5 to 10 = 0        traced only: no compiler for C++ is needed

    Allowed  none after four steps: the first makes the state, the second finds it, and numbers that change become
             variables of the graph by the third.
    Rejects  a class that chooses its branch by a number that is another in every step.
    Mend     keep the count of steps in a tensor; avoid float(tensor) and Python branches on the count.
    Cares    a step that is compiled again and again is slower than one that never was, by three orders.
    """
    early, late = outcome(module_for(lab, "subclasses").recompilations(lab.subject, WARM, FURTHER))
    if not early:
        raise NotApplicable("not judgeable: torch.compile found nothing in the step that it can compile")
    return Gap(float(late), 0.0, f"compilations in steps {WARM + 1} to {WARM + FURTHER}")
