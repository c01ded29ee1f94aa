"""Name a deviation: which known variant does a subject follow, if it does not follow its rule?

The candidates are every rule and dialect that fits the subject's options, and the claimed rule with one option
ignored. A candidate is named if it explains every run, within its own error bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fiducial.checks.agreement import along, expected
from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.laboratory import Refused
from fiducial.checks.contract.streams import EPSILONS, OPTIONS, RELATIONS, SCHEDULED, TRAJECTORIES
from fiducial.checks.evidence import Deviation
from fiducial.checks.plans import Options, Plan
from fiducial.suites.binding import Misfit, bind
from fiducial.suites.rules import RULES, Rule


def ignoring(rule: Rule, option: str) -> Rule:
    """The rule as of a class that takes an option and does nothing with it."""

    def without(options: Options) -> Options:
        return {**options, option: rule.option(option).neutral}

    return replace(rule, start=lambda x, o: rule.start(x, without(o)),
                   step=lambda x, g, state, o: rule.step(x, g, state, without(o)))


def named(factory: Callable[..., Any], settings: Mapping[str, Any], rule: Rule, lab: Laboratory) -> Deviation | None:
    """The first candidate that explains the subject's runs; None if there is none."""
    plans = list(_evidence(lab))
    unexplained = [plan for plan in plans if not _explains(lab, lab, plan)]
    if not unexplained:  # the rule holds but for rare inputs: no other rule is meant
        return None
    for deviation, other in _candidates(factory, settings, rule, lab):
        spoken = [plan for plan in plans if _speaks(other, plan)]
        if any(plan in unexplained for plan in spoken) and all(_explains(other, lab, plan) for plan in spoken):
            return deviation
    return _narrower(rule, lab, plans) if 2 * len(unexplained) > len(plans) else None


def _narrower(rule: Rule, lab: Laboratory, plans: list[Plan]) -> Deviation | None:
    """The rule itself, computed in float32 whatever the dtype of the parameters."""
    for plan in plans:
        exact = expected(replace(plan, dtype="float32"), lab.definition, lab.defaults, rounded_inputs=True)
        if not along(lab.run(plan), exact).holds:
            return None
    return Deviation(name=f"{rule.name} computed in float32",
                     description="follows the rule to the precision of float32, whatever the parameters have")


def _evidence(lab: Laboratory) -> Iterator[Plan]:
    """Plans on which the subject ran to the end, the same for every candidate."""
    for stream in (TRAJECTORIES, OPTIONS, EPSILONS, SCHEDULED, RELATIONS):
        for index, (strategy, count) in enumerate(stream.cases(lab, "quick")):
            for plan in lab.drawn(f"{stream.name}/{index}", strategy, count, 0):
                try:
                    lab.completed(plan)
                except Refused:
                    continue
                yield plan


def _candidates(factory: Callable[..., Any], settings: Mapping[str, Any], rule: Rule,
                lab: Laboratory) -> Iterator[tuple[Deviation, Laboratory]]:
    """What the subject might be: dialects of its rule first, then its rule without one option, then other rules."""
    near = [r for r in RULES if r.name.split("/")[0] == rule.name.split("/")[0] and r.name != rule.name]
    far = [r for r in RULES if r not in near and r.name != rule.name]
    for other in near:
        yield from _bound(factory, settings, other)
    for option in (o.name for o in lab.choices if o.name != "lr"):
        words = f"{rule.name} with {option} ignored"
        yield Deviation(name=words, description=f"takes {option} and does nothing with it"), \
            replace(lab, definition=ignoring(rule, option), _expected={})
    for other in far:
        yield from _bound(factory, settings, other)


def _bound(factory: Callable[..., Any], settings: Mapping[str, Any],
           rule: Rule) -> Iterator[tuple[Deviation, Laboratory]]:
    """A candidate rule, if it can be bound to the subject at all."""
    try:
        other = bind(factory, settings, rule)
    except Misfit:
        return
    yield Deviation(name=rule.name, description=rule.formula, who=rule.who), other


def _speaks(candidate: Laboratory, plan: Plan) -> bool:
    """Whether a candidate knows every option that a plan moves."""
    return all(name in candidate.defaults for group in plan.groups for name in group.options)


def _explains(other: Laboratory, lab: Laboratory, plan: Plan) -> bool:
    """Whether a candidate explains one run; one whose options the plan does not speak explains nothing."""
    try:
        exact = other.expected(plan)
    except (KeyError, TypeError, AttributeError):
        return False
    return not exact.judgeable() or along(lab.run(plan), exact).holds
