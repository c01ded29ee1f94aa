"""Bind a subject to a rule: which of its keywords are which of the rule's options, and what may be moved.

Everything is found by asking the subject: its signature, an instance, and what raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fiducial.checks.contract import Laboratory
from fiducial.checks.contract.streams import simple_plan
from fiducial.checks.draws import Choice
from fiducial.checks.handling import PLAIN, Handling
from fiducial.suites.adapters import adapted
from fiducial.suites.rules import RULES, Option, Rule

ORDINARY = frozenset({"lr", "weight_decay", "maximize", "decoupled"})  # options that say nothing about the rule


class Misfit(Exception):
    """The rule cannot be meant for this subject; the sentence says why."""


def spelling(option: Option, keywords: Mapping[str, Any]) -> tuple[str, int | None] | None:
    """How a subject with these keywords spells an option of a rule; None if it does not have it.

    The option's own name comes last: it is how the rules themselves, as subjects, spell it.
    """
    for spelt in (*option.spelt, option.name):
        if isinstance(spelt, str):
            if spelt in keywords and _alike(option.neutral, keywords[spelt]):
                return spelt, None
        elif isinstance(keywords.get(spelt[0]), tuple | list) and len(keywords[spelt[0]]) > spelt[1]:
            return spelt
    return None


def _alike(neutral: Any, default: Any) -> bool:
    """Whether a subject's default can be a value of an option: a flag for a flag, a number for a number."""
    if default is None:
        return True
    if isinstance(default, tuple | list | str):
        return False
    return isinstance(default, bool) == isinstance(neutral, bool)


def names_of(rule: Rule, keywords: Mapping[str, Any]) -> dict[str, tuple[str, int | None]]:
    """The rule's options that a subject has, with its spelling of each; no keyword is used twice."""
    found: dict[str, tuple[str, int | None]] = {}
    for option in rule.options:
        spelt = spelling(option, keywords)
        if spelt is not None and spelt not in found.values():
            found[option.name] = spelt
    return found


def bind(factory: Callable[..., Any], settings: Mapping[str, Any], rule: Rule, device: str = "cpu") -> Laboratory:
    """A laboratory for an optimizer of any framework and a rule.

    Raises Misfit where the rule cannot be meant, and whatever the constructor raises.
    """
    subject = adapted(factory, settings, device)
    handling: Handling = getattr(subject, "handling", PLAIN)
    rule = replace(rule, demands=handling.demands(rule.demands))
    subject.names, subject.demands = names_of(rule, subject.defaults), rule.demands
    _must_fit(rule, subject.names, subject.defaults, subject.title)
    defaults = rule.defaults()
    for name, (keyword, place) in subject.names.items():
        value = subject.defaults[keyword] if place is None else subject.defaults[keyword][place]
        if rule.option(name).neutral is None and keyword in subject.derived:
            continue  # what an instance shows was worked out from its other options
        if value is None and place is not None:
            continue  # a part of a tuple that the class fills in by itself
        if value is None:
            subject.settings[keyword] = defaults[name]
        else:
            defaults[name] = value.item() if getattr(value, "ndim", None) == 0 else value  # a rate kept as a tensor
            rule = _told(rule, name)
    used = {keyword for keyword, _ in subject.names.values()}
    others = {k: v for k, v in subject.defaults.items() if k not in used and k not in settings
              and k not in subject.implementation}
    fixed = {name: defaults[name] for name, (keyword, _) in subject.names.items() if keyword in settings}
    choices = [_choice(subject, rule.option(name), fixed) for name in subject.names if name not in fixed]
    usable = tuple(c for c in choices if c.values)
    return _as_wide_as_it_is(Laboratory(subject, rule, defaults, usable, others, rule.state, rule.laws))


def _told(rule: Rule, name: str) -> Rule:
    """The rule for a subject that gives an option a number of its own, whatever format its parameters have."""
    if not rule.by_format:
        return rule
    return replace(rule, by_format={dtype: {n: v for n, v in left.items() if n != name}
                                    for dtype, left in rule.by_format.items()})


def _as_wide_as_it_is(lab: Laboratory) -> Laboratory:
    """The laboratory with the wider form of its rule, where the subject's first step is nearer to that."""
    rule: Any = lab.definition
    plan = simple_plan(steps=1, tensors=1)
    if rule.wider is None or (record := lab.run(plan)).failure is not None:
        return lab
    wider = replace(lab, definition=rule.wider, _expected={})
    apart, closer = (np.abs(record.values(0)[1] - form.expected(plan).points[0][1].x.value).max()
                     for form in (lab, wider))
    return wider if closer < apart else lab


def _must_fit(rule: Rule, names: Mapping[str, Any], keywords: Mapping[str, Any], title: str) -> None:
    """Refuse a rule none of whose own options the subject has, where it has those of another."""
    for keyword, value in rule.only.items():
        if keyword in keywords and keywords[keyword] != value:
            raise Misfit(f"the rule {rule.name} speaks of {keyword}={value!r} only, got {keywords[keyword]!r}")
    own = {option.name for option in rule.options} - ORDINARY
    if not own or own & names.keys():
        return
    foreign = sorted({names_of(other, keywords)[name][0] for other in RULES
                      for name in names_of(other, keywords).keys() - ORDINARY - names.keys()})
    if foreign:
        fitting = [r.name for r in RULES if "/" not in r.name and names_of(r, keywords).keys() - ORDINARY]
        raise Misfit(f"the rule {rule.name} does not fit {title}: it has none of {', '.join(sorted(own))}, but it has "
                     f"{', '.join(foreign)}; rules that know these: {', '.join(fitting)}")


def _choice(subject: Any, option: Option, fixed: Mapping[str, Any]) -> Choice:
    """What plans may set an option to: the rule's values that this subject's constructor does not clearly refuse.

    None where the option matters only beside another that the call has fixed at something else.
    """
    companion = {k: v for k, v in option.companion.items() if k in subject.names}
    beside = {k: v(fixed.get(k)) if callable(v) else v for k, v in companion.items()}
    possible = all(beside[k] == fixed[k] for k in beside.keys() & fixed.keys())
    taken = tuple(v for v in option.values if possible and not _refused(subject, {option.name: v, **beside}))
    return Choice(option.name, taken, companion, option.per_group and subject.per_group(option.name))


def _refused(subject: Any, options: Mapping[str, Any]) -> bool:
    """Whether the constructor says clearly that it does not take these values; an accident is no refusal."""
    failure = subject.construct("list", options).failure
    return failure is not None and failure.refused
