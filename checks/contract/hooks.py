"""Hooks: what others hang on a step, on saving and on loading is called, in its order, heeded, and let go."""

from __future__ import annotations

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.frameworks import module_for, of_torch, outcome
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.evidence import Gap, Severity, same

SHOULD = Severity.SHOULD
ORDER = ["global pre", "pre", "post", "global post"]


@claim("hooks", 63, SHOULD, None, applies=of_torch)
def step_hooks_run_in_order(lab: Laboratory, _: None) -> Gap:
    """Hooks on a step are called once each: global before local before the step, local before global after it.

        [global pre, pre, step, post, global post]

    Allowed  nothing.
    Rejects  a class that marks its step as hooked, to be faster, and calls no hook.
    Mend     derive from torch.optim.Optimizer, call super().__init__, and let it wrap step(); forward to an inner
             optimizer's step without hooking twice.
    Cares    profilers, gradient clipping by hook, and the overlap of communication with the step hang on these hooks:
             where they are skipped nothing raises.
    """
    calls, _left = outcome(module_for(lab, "hooks").step_hooks(lab.subject))
    return same(ORDER, calls, f"called: {', '.join(calls) or 'none'}")


@claim("hooks", 63, SHOULD, None, applies=of_torch)
def step_hooks_can_be_removed(lab: Laboratory, _: None) -> Gap:
    """A hook on a step that was removed is called no more.

        handle.remove(); step()  ⇒  no call

    Allowed  nothing.
    Rejects  a class that keeps its hooks in a list of its own, and hands out handles to nothing.
    Mend     return torch.utils.hooks.RemovableHandle of the very dictionary that step() reads.
    Cares    a trainer that is built anew in a notebook leaves the hooks of the old one behind: each step is then done
             by all of them.
    """
    _calls, left = outcome(module_for(lab, "hooks").step_hooks(lab.subject))
    return Gap(float(len(left)), 0.0, f"still called: {', '.join(left)}")


@claim("hooks", 63, SHOULD, None, applies=of_torch)
def pre_hooks_may_replace_the_closure(lab: Laboratory, _: None) -> Gap:
    """The arguments that a pre-hook returns are those that the step is taken with.

        hook → ((optimizer, closure'), {})  ⇒  closure' is called, closure is not

    Allowed  nothing.
    Rejects  a step that calls its hooks, and drops what they return.
    Mend     `if (result := hook(self, args, kwargs)) is not None: args, kwargs = result`, as torch's wrapper does.
    Cares    a wrapper that scales the loss, or counts evaluations, does so by replacing the closure.
    """
    calls = outcome(module_for(lab, "hooks").replaced_closure(lab.subject))
    return same(["replaced"], calls, f"closures called: {', '.join(calls) or 'none'}")


@claim("hooks", 64, SHOULD, None, applies=of_torch)
def saving_hooks_run_in_order(lab: Laboratory, _: None) -> Gap:
    """Hooks on state_dict() are called once each, those that were prepended first, until they are removed.

        [first pre, pre, first post, post], and none after handle.remove()

    Allowed  nothing.
    Rejects  a class whose state_dict() builds a dictionary of its own, and never calls super().
    Mend     begin an overridden state_dict() with super().state_dict(), and add to what it returns.
    Cares    sharded trainers gather their state in such a hook: without it a checkpoint holds one shard.
    """
    calls, left, _ = outcome(module_for(lab, "hooks").state_dict_hooks(lab.subject))
    return same([["first pre", "pre", "first post", "post"], []], [calls, left],
                f"called: {', '.join(calls) or 'none'}; once removed: {', '.join(left) or 'none'}")


@claim("hooks", 64, SHOULD, None, applies=of_torch)
def saving_hooks_may_replace(lab: Laboratory, _: None) -> Gap:
    """The dictionary that a hook on state_dict() returns is what state_dict() returns.

        hook → {**saved, "note": 1}  ⇒  "note" in state_dict()

    Allowed  nothing.
    Rejects  a state_dict() that copies its groups out of what super() returned, and drops the rest.
    Mend     return the dictionary of super().state_dict() itself, added to in place.
    Cares    what is added to a checkpoint by a hook, such as a format version, is lost without a word.
    """
    _calls, _left, noted = outcome(module_for(lab, "hooks").state_dict_hooks(lab.subject))
    return same(True, noted, "what a hook returned stands in state_dict()")


@claim("hooks", 64, SHOULD, None, applies=of_torch)
def loading_hooks_run_in_order(lab: Laboratory, _: None) -> Gap:
    """Hooks on load_state_dict() are called once each, those that were prepended first, until they are removed.

        [first pre, pre, load, first post, post], and none after handle.remove()

    Allowed  nothing.
    Rejects  a class whose load_state_dict() writes its state itself, and never calls super().
    Mend     hand the dictionary to super().load_state_dict() in an overridden load_state_dict().
    Cares    a hook that moves loaded state to its device, or reshapes an old checkpoint, is silently skipped.
    """
    calls, left, _ = outcome(module_for(lab, "hooks").load_hooks(lab.subject))
    return same([["first pre", "pre", "first post", "post"], []], [calls, left],
                f"called: {', '.join(calls) or 'none'}; once removed: {', '.join(left) or 'none'}")


@claim("hooks", 64, SHOULD, None, applies=of_torch)
def loading_hooks_may_replace(lab: Laboratory, _: None) -> Gap:
    """The dictionary that a pre-hook on load_state_dict() returns is the one that is loaded.

        hook → saved'  ⇒  the groups are those of saved'

    Allowed  nothing.
    Rejects  a load_state_dict() that writes the groups of the dictionary it was given over those that were loaded.
    Mend     leave the groups to super().load_state_dict(); read nothing out of the argument after it.
    Cares    a checkpoint of an older release is translated in such a hook; what is loaded otherwise is the old one.
    """
    _calls, _left, marked = outcome(module_for(lab, "hooks").load_hooks(lab.subject))
    return same(True, marked, "the dictionary of a hook was loaded")
