"""Construction and validation: what a constructor takes, what it refuses, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, NotApplicable
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Failure

SHOULD = Severity.SHOULD
ILLEGAL = {"lr": (-0.1,), "eps": (-1e-3,), "weight_decay": (-0.1,), "momentum": (-0.1,), "beta1": (-0.1, 1.0),
           "beta2": (-0.1, 1.0), "rho": (-0.1,), "lr_decay": (-0.1,), "initial_accumulator_value": (-0.1,)}


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
    """
    return _accepts(lab, "list")


@claim("construction", 1, SHOULD, None)
def accepts_a_generator(lab: Laboratory, _: None) -> Gap:
    """The constructor takes a generator, such as model.parameters().

        cls(p for p in …)

    Allowed  no exception; both parameters move within two steps.
    Rejects  a class that counts its parameters, and so exhausts the generator, before it keeps them.
    """
    return _accepts(lab, "generator")


@claim("construction", 1, SHOULD, None)
def accepts_group_dictionaries(lab: Laboratory, _: None) -> Gap:
    """The constructor takes a list of dictionaries, one for each parameter group.

        cls([{"params": [p]}, {"params": [q]}])

    Allowed  no exception; both parameters move within two steps.
    Rejects  a class that steps the first group only.
    """
    return _accepts(lab, "groups")


@claim("construction", 1, SHOULD, None)
def accepts_named_parameters(lab: Laboratory, _: None) -> Gap:
    """The constructor takes (name, parameter) pairs, such as model.named_parameters().

        cls([("weight", p), ("bias", q)])

    Allowed  no exception; both parameters move within two steps.
    Rejects  a class that asks every parameter for its shape before it hands them to torch.
    """
    return _accepts(lab, "named")


@claim("construction", 2, SHOULD, None, needs_step=False)
def refuses_a_bare_tensor(lab: Laboratory, _: None) -> Gap:
    """A tensor instead of an iterable of tensors is refused with TypeError.

        cls(p)

    Allowed  TypeError only.
    Rejects  a class that optimizes copies of the tensor's rows.
    """
    return _refuses(lab, "bare-tensor", "TypeError")


@claim("construction", 3, SHOULD, None, needs_step=False)
def refuses_an_empty_list(lab: Laboratory, _: None) -> Gap:
    """An empty list of parameters is refused with ValueError: it is always a mistake upstream.

        cls([])

    Allowed  ValueError only.
    Rejects  a class that accepts it and never does anything.
    """
    return _refuses(lab, "empty", "ValueError")


@claim("construction", 4, SHOULD, None, needs_step=False)
def warns_on_a_duplicate(lab: Laboratory, _: None) -> Gap:
    """The same parameter twice in one group is warned of, or refused.

        cls([p, p])

    Allowed  a warning, or an exception.
    Rejects  a class that silently steps it twice.
    """
    outcome = lab.subject.construct("duplicate")
    return Gap(float(outcome.failure is None and not outcome.warned), 0.0, "accepted without a warning")


@claim("construction", 4, SHOULD, None, needs_step=False)
def refuses_a_parameter_in_two_groups(lab: Laboratory, _: None) -> Gap:
    """The same parameter in two groups is refused with ValueError.

        cls([{"params": [p]}, {"params": [p, q]}])

    Allowed  ValueError only.
    Rejects  a class that keeps both, so that two sets of options fight over one tensor.
    """
    return _refuses(lab, "two-groups", "ValueError")


def _values_accepted(lab: Laboratory, values: Callable[[str], tuple[Any, ...]], names: list[str]) -> list[str]:
    """The illegal values that the constructor took without a word."""
    return [f"{name}={value}" for name in names for value in values(name)
            if lab.subject.construct("list", {name: value}).failure is None]


def _refuses_illegal(*names: str) -> Callable[[Laboratory], Gap]:
    """Illegal values of the named options are refused."""

    def judge(lab: Laboratory) -> Gap:
        claimed = [name for name in names if lab.has(name)]
        if not claimed:
            raise NotApplicable(f"not claimed: takes no {' and no '.join(names)}")
        accepted = _values_accepted(lab, lambda name: ILLEGAL[name], claimed)
        return Gap(float(len(accepted)), 0.0, f"accepted {', '.join(accepted)}", {"accepted": accepted})

    return judge


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_a_negative_rate(lab: Laboratory, _: None) -> Gap:
    """A negative learning rate is refused.

        cls(params, lr=-0.1)

    Allowed  an exception only.
    Rejects  a class that then climbs instead of descending.
    """
    return _refuses_illegal("lr")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_a_negative_epsilon(lab: Laboratory, _: None) -> Gap:
    """A negative ε is refused.

        cls(params, eps=-1e-3)

    Allowed  an exception only.
    Rejects  a class that may divide by zero wherever √v = |ε|.
    """
    return _refuses_illegal("eps")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_a_negative_decay(lab: Laboratory, _: None) -> Gap:
    """A negative weight decay is refused.

        cls(params, weight_decay=-0.1)

    Allowed  an exception only.
    Rejects  a class whose parameters then grow without end.
    """
    return _refuses_illegal("weight_decay")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def refuses_decay_rates_out_of_range(lab: Laboratory, _: None) -> Gap:
    """Decay rates of averages outside [0, 1), and negative momentum, are refused.

        cls(params, betas=(1.0, 0.999)), cls(params, momentum=-0.1)

    Allowed  an exception only.
    Rejects  a class that divides by 1 - β₁ᵗ = 0 at the first step.
    """
    return _refuses_illegal("beta1", "beta2", "momentum", "rho")(lab)


@claim("construction", 5, SHOULD, None, needs_step=False)
def names_the_bad_argument(lab: Laboratory, _: None) -> Gap:
    """What is refused is refused with ValueError, and its message holds the value.

        ValueError: Invalid learning rate: -0.1

    Allowed  ValueError whose text has the value in it.
    Rejects  a bare assert.
    """
    silent, refused = [], 0
    for name, values in ILLEGAL.items():
        for value in values if lab.has(name) else ():
            failure = lab.subject.construct("list", {name: value}).failure
            refused += failure is not None
            if failure is not None and ("ValueError" not in failure.kinds or str(value) not in failure.message):
                silent.append(f"{name}={value}: {failure}")
    if not refused:
        raise NotApplicable("not judgeable: no illegal value is refused")
    return Gap(float(len(silent)), 0.0, "; ".join(silent))


def _refuses_special(lab: Laboratory, value: float) -> Gap:
    """No option takes the value."""
    names = [c.name for c in lab.choices if c.name in ILLEGAL]
    if not names:
        raise NotApplicable("not claimed: takes no number that could be refused")
    accepted = _values_accepted(lab, lambda name: (value,), names)
    return Gap(float(len(accepted)), 0.0, f"accepted {', '.join(accepted)}", {"accepted": accepted})


@claim("construction", 6, SHOULD, None, needs_step=False)
def refuses_nan(lab: Laboratory, _: None) -> Gap:
    """A hyper-parameter that is nan is refused, before it reaches every weight.

        cls(params, lr=nan)

    Allowed  an exception only, for every option.
    Rejects  `if lr < 0: raise`, which nan passes (`if not lr >= 0` stops it).
    """
    return _refuses_special(lab, float("nan"))


@claim("construction", 6, SHOULD, None, needs_step=False)
def refuses_infinity(lab: Laboratory, _: None) -> Gap:
    """A hyper-parameter that is infinite is refused.

        cls(params, lr=inf)

    Allowed  an exception only, for every option.
    Rejects  a class whose first step makes every weight infinite.
    """
    return _refuses_special(lab, float("inf"))


@claim("construction", 7, SHOULD, None, needs_step=False)
def representation_names_the_class(lab: Laboratory, _: None) -> Gap:
    """repr(optimizer) works and holds the name of the class.

        "AdamW" in repr(AdamW(params))

    Allowed  nothing else.
    Rejects  a wrapper that shows its inner optimizer's name only.
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
    """
    outcome = lab.subject.construct("list")
    return Gap(float(len(outcome.complaints)), 0.0, "; ".join(outcome.complaints))


@claim("construction", 8, SHOULD, None, needs_step=False)
def generators_left_alone(lab: Laboratory, _: None) -> Gap:
    """Building the optimizer draws from no global generator and seeds none.

        the states of torch's, NumPy's and Python's generators after = before

    Allowed  nothing.
    Rejects  torch.manual_seed(0) in a constructor.
    """
    moved = lab.subject.construct("list").world.generators_moved
    return Gap(float(len(moved)), 0.0, f"the global generator of {', '.join(moved)} was moved")


@claim("construction", 8, SHOULD, None, needs_step=False)
def default_dtype_left_alone(lab: Laboratory, _: None) -> Gap:
    """Building the optimizer does not change torch's default dtype.

        torch.get_default_dtype() after = before

    Allowed  nothing.
    Rejects  torch.set_default_dtype(torch.float64) in a constructor.
    """
    changed = lab.subject.construct("list").world.default_dtype_changed
    return Gap(float(changed is not None), 0.0, f"the default dtype: {changed}")


