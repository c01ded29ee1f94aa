"""Options: every one that a class accepts must be seen to change something."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.contract.claims import claim
from fiducial.checks.contract.laboratory import Laboratory, Refused
from fiducial.checks.contract.runs import equal_records
from fiducial.checks.contract.streams import simple_plan
from fiducial.checks.draws import Choice
from fiducial.checks.evidence import Gap, Severity
from fiducial.checks.plans import Plan


@claim("rule", 13, Severity.SHOULD, None, rests_on=("rule.follows-definition",))
def every_option_matters(lab: Laboratory, plan: None) -> Gap | None:
    """Every option that the class accepts changes something when it is moved.

        for each option h there are gradients with R(…; h) ≠ R(…; h')

    Allowed  no option that is silently ignored.
    Rejects  a class that takes amsgrad=True and does nothing with it.
    Mend     read the option in step(), or remove it from the constructor; raise ValueError for a combination that it
             does not support.
    Cares    an ablation of an option that does nothing compares a run with itself.
    """
    ignored, tried = [], 0
    for name, pairs in _option_trials(lab):
        outcomes = [_moves(lab, on, at_rest, name) for on, at_rest in pairs]
        tried += any(o is not None for o in outcomes)
        unseen = outcomes and not any(outcomes) and any(o is not None for o in outcomes)
        if unseen and not any(_moves(lab, *pair, name) for pair in _of_vectors(lab, pairs)):
            ignored.append(name)
    where = f"silently ignored: {', '.join(ignored)}" if ignored else f"{tried} options, each seen to matter"
    return Gap(float(len(ignored)), 0.0, where, {"ignored": ignored} if ignored else {}) if tried else None


Pairs = list[tuple[Plan, Plan]]  # a plan in which an option is moved, and the same plan with the option at rest


def _of_vectors(lab: Laboratory, pairs: Pairs) -> Pairs:
    """The pairs once more with vectors for matrices, for a rule that treats these otherwise."""
    if lab.definition.demands.matrices:
        return []
    return [(_flat(on), _flat(at_rest)) for on, at_rest in pairs]


def _flat(plan: Plan) -> Plan:
    """The plan with every tensor made one vector."""
    return plan.map_tensors(lambda t: t.map(np.ravel, np.ravel))


def _option_trials(lab: Laboratory) -> list[tuple[str, Pairs]]:
    """Each option with the pairs of plans in which it may show."""
    base = simple_plan(steps=6)
    if lab.definition.scope == "all":  # a rate that is found out rises where gradients agree
        base = base.map_tensors(lambda t: t.map(np.abs))
    if lab.has("lr"):  # some options show only when the rate changes
        base = replace(base, changes={k: {0: {"lr": lab.choice("lr").values[0] * 0.5**k}} for k in (2, 4)})
    uneven = base.map_tensors(lambda t: t.map(lambda g: g * (1.0 if g.ravel()[0] > 0 else 0.05)))
    trials = []
    for choice in lab.choices:
        at_rest = uneven.with_options(**_needs(lab, choice))
        values = [v for v in choice.values if v != lab.defaults.get(choice.name)]
        trials.append((choice.name, [(at_rest.with_options(**{choice.name: v}), at_rest) for v in values]))
    grounds = [uneven.with_options(**options) for options in _grounds(lab)]
    for keyword, default in lab.others.items():
        trials.append((keyword, [(at_rest.with_options(**{keyword: v}), at_rest)
                                 for at_rest in grounds for v in _perturbed(default)]))
    return trials


def _needs(lab: Laboratory, choice: Choice) -> dict[str, Any]:
    """The options that an option needs in order to matter."""
    return {k: (v(None) if callable(v) else v) for k, v in choice.companion.items() if lab.has(k)}


def _grounds(lab: Laboratory) -> list[dict[str, Any]]:
    """Settings on which an option that nobody declared may show: with momentum and decay, and with each flag on top.

    A flag may be what the option refines: a fixed or a corrected decay shows only where the decay is decoupled.
    """
    rich = {k: v for k, v in (("momentum", 0.9), ("weight_decay", 0.1)) if lab.has(k)}
    flags = [c for c in lab.choices if c.values == (True,) and lab.defaults.get(c.name) is False]
    undeclared = [keyword for keyword, default in lab.others.items() if default is False]
    return [rich, *({**rich, **_needs(lab, c), c.name: True} for c in flags),
            *({**rich, keyword: True} for keyword in undeclared)]


def _perturbed(default: Any) -> list[Any]:
    """Other values for an option that nobody declared, by its type; none where nothing can be guessed."""
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int | float):
        return [default * 3 + 1, default / 2 + 0.25, 0.5]
    return []


def _moves(lab: Laboratory, moved: Plan, at_rest: Plan, name: str) -> bool | None:
    """Whether two plans end differently; None where the subject refuses the moved one.

    An option that by the definition reaches the state alone, such as the start of an average, is looked for there.
    """
    try:
        a, b = lab.completed(moved), lab.completed(at_rest)
    except Refused:
        return None
    if not equal_records(a, b).holds:
        return True
    return lab.has(name) and _inward(lab, moved, at_rest) and not equal_records(a, b, state=True).holds


def _inward(lab: Laboratory, moved: Plan, at_rest: Plan) -> bool:
    """Whether the definition has the same parameters for both plans, so that only its state can tell them apart."""
    pairs = zip(lab.expected(moved).points, lab.expected(at_rest).points, strict=True)
    return all(np.array_equal(x.x.value, y.x.value, equal_nan=True)
               for xs, ys in pairs for x, y in zip(xs, ys, strict=True))
