"""Construction: which parameters a constructor takes and refuses, what it shows, and what it leaves alone."""

from __future__ import annotations

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Failure

SHOULD = Severity.SHOULD


def _accepts(lab: Laboratory, form: str) -> Gap:
    """A form of parameters that has to be taken, and stepped."""
    outcome = lab.subject.construct(form, steps=2)  # the first of some rules only fills their state
    may_refuse_groups(lab, outcome.failure if form == "groups" else None)
    if outcome.failure is not None:
        return Gap(1.0, 0.0, str(outcome.failure))
    return Gap(float(not outcome.moved()), 0.0, "a parameter did not move")


def may_refuse_groups(lab: Laboratory, failure: Failure | None) -> None:
    """A rule that steps all parameters as one may refuse to have them in groups. Raises NotApplicable."""
    if failure is not None and failure.refused and lab.definition.scope == "all":
        raise NotApplicable(f"refused: {failure}")


def _refuses(lab: Laboratory, form: str, kind: str) -> Gap:
    """A form of parameters that has to be refused, with the usual kind of exception."""
    failure = lab.subject.construct(form).failure
    if failure is None:
        return Gap(1.0, 0.0, f"accepted; {kind} was due")
    return Gap(float(kind not in failure.kinds), 0.0, f"{failure}; {kind} was due")


@claim("construction", 1, SHOULD, None)
def accepts_a_list(lab: Laboratory, _: None) -> Gap:
    """The constructor takes a list of parameters.

        cls([p, q], lr=…)

    Allowed  no exception; both parameters move within two steps.
    Rejects  a class that steps the first parameter only.
    Mend     hand `params` to super().__init__ and loop over all of group["params"] in step(), never over params[0]
             alone.
    Cares    cls([p, q]) is how parameters are picked by hand; a layer that silently stays still trains to a worse loss,
             not to an error.
    """
    return _accepts(lab, "list")


@claim("construction", 1, SHOULD, None)
def accepts_a_generator(lab: Laboratory, _: None) -> Gap:
    """The constructor takes a generator, such as model.parameters().

        cls(p for p in …)

    Allowed  no exception; both parameters move within two steps.
    Rejects  a class that counts its parameters, and so exhausts the generator, before it keeps them.
    Mend     begin the constructor with `params = list(params)` if it looks at them before super().__init__(params,
             defaults).
    Cares    model.parameters() is a generator, and the way in which nearly every optimizer is built.
    """
    return _accepts(lab, "generator")


@claim("construction", 1, SHOULD, None)
def accepts_group_dictionaries(lab: Laboratory, _: None) -> Gap:
    """The constructor takes a list of dictionaries, one for each parameter group.

        cls([{"params": [p]}, {"params": [q]}])

    Allowed  no exception; both parameters move within two steps.
    Rejects  a class that steps the first group only.
    Mend     loop `for group in self.param_groups: for p in group["params"]`, and read every option from `group`.
    Cares    rates and decay by layer (no decay for biases and norms) are given so; a group that is passed over never
             trains.
    """
    return _accepts(lab, "groups")


@claim("construction", 1, SHOULD, None)
def accepts_named_parameters(lab: Laboratory, _: None) -> Gap:
    """The constructor takes (name, parameter) pairs, such as model.named_parameters().

        cls([("weight", p), ("bias", q)])

    Allowed  no exception; both parameters move within two steps.
    Rejects  a class that asks every parameter for its shape before it hands them to torch.
    Mend     leave the unpacking to super().__init__, which takes the pairs apart, and look at shapes afterwards in
             param_groups.
    Cares    torch takes model.named_parameters() since 2.6, and state_dict() then carries the names.
    """
    return _accepts(lab, "named")


@claim("construction", 2, SHOULD, None, needs_step=False)
def refuses_a_bare_tensor(lab: Laboratory, _: None) -> Gap:
    """A tensor instead of an iterable of tensors is refused with TypeError.

        cls(p)

    Allowed  TypeError only.
    Rejects  a class that optimizes copies of the tensor's rows.
    Mend     call super().__init__(params, defaults) with what was given: torch refuses it; do not wrap it in list()
             before.
    Cares    iterating over a tensor gives copies of its rows: the optimizer then trains those, and the model stays as
             it is.
    """
    return _refuses(lab, "bare-tensor", "TypeError")


@claim("construction", 3, SHOULD, None, needs_step=False)
def refuses_an_empty_list(lab: Laboratory, _: None) -> Gap:
    """An empty list of parameters is refused with ValueError: it is always a mistake upstream.

        cls([])

    Allowed  ValueError only.
    Rejects  a class that accepts it and never does anything.
    Mend     call super().__init__(params, defaults), which refuses it, and do not catch its ValueError.
    Cares    a filter that matches no layer is found at once, and not after a run in which nothing was trained.
    """
    return _refuses(lab, "empty", "ValueError")


@claim("construction", 4, SHOULD, None, needs_step=False)
def warns_on_a_duplicate(lab: Laboratory, _: None) -> Gap:
    """The same parameter twice in one group is warned of, or refused.

        cls([p, p])

    Allowed  a warning, or an exception.
    Rejects  a class that silently steps it twice.
    Mend     leave the check to torch's add_param_group, or compare len(params) with len(set(params)) and warn.
    Cares    two layers that share a weight would be stepped twice as far as the rate says.
    """
    outcome = lab.subject.construct("duplicate")
    return Gap(float(outcome.failure is None and not outcome.warned), 0.0, "accepted without a warning")


@claim("construction", 4, SHOULD, None, needs_step=False)
def refuses_a_parameter_in_two_groups(lab: Laboratory, _: None) -> Gap:
    """The same parameter in two groups is refused with ValueError.

        cls([{"params": [p]}, {"params": [p, q]}])

    Allowed  ValueError only.
    Rejects  a class that keeps both, so that two sets of options fight over one tensor.
    Mend     add groups with self.add_param_group(group), which compares them, and not with
             self.param_groups.append(group).
    Cares    overlapping filters of layers are common; which of two rates holds then depends on the order of the groups.
    """
    return _refuses(lab, "two-groups", "ValueError")


@claim("construction", 7, SHOULD, None, needs_step=False)
def representation_names_the_class(lab: Laboratory, _: None) -> Gap:
    """repr(optimizer) works and holds the name of the class.

        "AdamW" in repr(AdamW(params))

    Allowed  nothing else.
    Rejects  a wrapper that shows its inner optimizer's name only.
    Mend     leave __repr__ to torch.optim.Optimizer, or begin your own with type(self).__name__.
    Cares    logs of runs show the optimizer by its repr: a wrapper that hides behind its inner one makes two runs look
             alike.
    """
    outcome = lab.subject.construct("list")
    wrong = outcome.failure is not None or not outcome.speaks_its_name()
    return Gap(float(wrong), 0.0, "repr() lacks the name of the class")


@claim("construction", 7, SHOULD, None, needs_step=False)
def options_stand_in_groups_and_defaults(lab: Laboratory, _: None) -> Gap:
    """Every hyper-parameter stands in `defaults` and in every parameter group, where schedulers look for it.

        "lr" in optimizer.defaults, "lr" in optimizer.param_groups[0]

    Allowed  no option that is missing from either.
    Rejects  a class that keeps its momentum in an attribute of its own.
    Mend     pass every option in the `defaults` of super().__init__(params, defaults); read group["momentum"] in
             step().
    Cares    schedulers, sweeps and state_dict() find options there only: one in an attribute is not scheduled and not
             saved.
    """
    given = {c.name: lab.defaults[c.name] for c in lab.choices if lab.defaults.get(c.name) is not None}
    outcome = lab.subject.construct("groups", given)
    may_refuse_groups(lab, outcome.failure)
    if outcome.failure is not None:
        return Gap(1.0, 0.0, str(outcome.failure))
    missing = outcome.missing_options()
    return Gap(float(len(missing)), 0.0, f"not in defaults or in a group: {', '.join(missing)}")


@claim("construction", 8, SHOULD, None, needs_step=False)
def parameters_left_alone(lab: Laboratory, _: None) -> Gap:
    """Building the optimizer changes no parameter, and does not switch requires_grad off.

        θ after cls([θ]) = θ before

    Allowed  nothing.
    Rejects  a class that normalises its weights when it is built.
    Mend     move what changes a parameter from __init__ into step(), and leave requires_grad to the caller.
    Cares    an optimizer built after a checkpoint was loaded would otherwise alter the checkpoint's weights.
    """
    outcome = lab.subject.construct("list")
    return Gap(float(len(outcome.complaints)), 0.0, "; ".join(outcome.complaints))


@claim("construction", 8, SHOULD, None, needs_step=False)
def generators_left_alone(lab: Laboratory, _: None) -> Gap:
    """Building the optimizer draws from no global generator and seeds none.

        the states of torch's, NumPy's and Python's generators after = before

    Allowed  nothing.
    Rejects  torch.manual_seed(0) in a constructor.
    Mend     take a torch.Generator as an argument, or drop the draw; never torch.manual_seed in __init__.
    Cares    building one more optimizer must not change the batches, the masks or the next layer's initial weights.
    """
    moved = lab.subject.construct("list").world.generators_moved
    return Gap(float(len(moved)), 0.0, f"the global generator of {', '.join(moved)} was moved")


@claim("construction", 8, SHOULD, None, needs_step=False)
def default_dtype_left_alone(lab: Laboratory, _: None) -> Gap:
    """Building the optimizer does not change torch's default dtype.

        torch.get_default_dtype() after = before

    Allowed  nothing.
    Rejects  torch.set_default_dtype(torch.float64) in a constructor.
    Mend     give dtype=… to the tensors that need it, in place of torch.set_default_dtype.
    Cares    the default is the whole process's: every tensor made afterwards, by anybody, has another dtype.
    """
    changed = lab.subject.construct("list").world.default_dtype_changed
    return Gap(float(changed is not None), 0.0, f"the default dtype: {changed}")
