"""The families of variants: every definition is one of their points, and no two points are taken for each other."""

from __future__ import annotations

import numpy as np
import pytest

from fiducial.checks.agreement import Expected, expected
from fiducial.checks.draws import Choice, plans
from fiducial.checks.engine import draw
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Plan
from fiducial.suites.family.axes import Family, Form
from fiducial.suites.family.members import ADAM, FORMS, RMSPROP, SGD
from fiducial.suites.family.search import identified
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.rules import RULES, Rule, dialects_of_packages, find

SEED = 20260302
BASES = ("sgd", "adagrad", "rmsprop", "adam", "adamw")


def rule_named(name: str) -> Rule:
    """A rule that is there."""
    found = find(name)
    assert found is not None
    return found


def drawn(rule: Rule, count: int) -> list[Plan]:
    """Plans that move the rule's options, several and all at once; a flag that is off is moved both ways."""
    choices = [Choice(o.name, (True, False) if o.neutral is False else o.values,
                      {n: v for n, v in o.companion.items() if n in rule.defaults()}) for o in rule.options]
    every = plans(choices, moved=[c.name for c in choices], steps=(3, 5), most_tensors=1)
    return [*draw(every, count // 2, SEED), *draw(plans(choices), count // 2, SEED)]


def apart(a: Expected, b: Expected) -> bool:
    """Whether two trajectories are outside their bounds of each other anywhere."""
    pairs = [(p.x, q.x) for one, two in zip(a.points, b.points, strict=True) for p, q in zip(one, two, strict=True)]
    return any(bool(np.any(np.abs(p.value - q.value) > p.error + q.error)) for p, q in pairs)


@pytest.mark.parametrize("name", FORMS)
def test_a_definition_is_a_point_of_its_family(name: str) -> None:
    """Two formulations, written apart, agree within the sum of their bounds."""
    rule = rule_named(name)
    family, form = FORMS[name]
    point = family.point(rule_named(name.partition("/")[0]), form)
    defaults = {**point.defaults(), **rule.defaults()}
    for plan in drawn(rule, 60):
        one, two = expected(plan, rule, defaults), expected(plan, point, defaults)
        assert not apart(one, two), plan.sample()


def test_every_rule_of_a_family_has_its_point() -> None:
    """A dialect that comes new into one of these families is told to take its place.

    What optax's aliases and Keras's classes put together (a decay for every rule, a start of one's own) goes beyond the
    axes; each of those dialects is known by its name alone.
    """
    owners = {name for name in FORMS if "/" not in name}
    composed = {rule.name for rule in dialects_of_packages.DIALECTS}
    assert {rule.name for rule in RULES if rule.name.partition("/")[0] in owners} <= FORMS.keys() | composed


def test_a_form_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="eps=nowhere is no point of adam"):
        ADAM.form(eps="nowhere")


@pytest.mark.parametrize("name", BASES)
def test_points_are_told_apart_singly_and_in_pairs(name: str) -> None:
    """Of all points at most two axes from a rule, plans confuse those that are the same function, and no others."""
    family, form = FORMS[name]
    some = drawn(rule_named(name), 120)
    forms = [there for distance in range(3) for there, _ in family.away(form, distance)]
    courses, sizes = np.swapaxes([course(family.point(rule_named(name), there), some) for there in forms], 0, 1)
    for i, one in enumerate(forms):
        close = (np.abs(courses[i] - courses) <= 1e-9 * np.abs(courses[i]) + 1e-14 * sizes[i]).all(axis=1)
        same = [forms[j] for j in np.flatnonzero(close)]
        assert same == [other for other in forms if function(family, other) == function(family, one)]


def course(rule: Rule, some: list[Plan]) -> tuple[Array, Array]:
    """All values of a rule on some plans, in plain floats and under a rate that alternates, as one vector; and beside
    each the largest value of its plan, which says what rounding may do to it."""
    values, sizes = [], []
    with np.errstate(all="ignore"):
        for plan in some:
            options = plan.options_at(0, 0, rule.defaults())
            x = plan.tensors[0].start
            state = rule.start(x, options)
            for k, g in enumerate(plan.tensors[0].gradients):
                x, state = rule.step(x, g, state, {**options, "lr": np.float64(options["lr"] * (1 + k % 2))})
                values.append(np.nan_to_num(np.ravel(x), nan=1e300, posinf=1e301, neginf=-1e301))
            of_plan = np.concatenate(values[-plan.steps:])
            sizes.append(np.full(of_plan.size, np.abs([*of_plan, *plan.tensors[0].start.flat]).max()))
    return np.concatenate(values), np.concatenate(sizes)


def function(family: Family, form: Form) -> Form:
    """One form for all that are the same function, whatever the options: what another axis leaves idle is usual."""
    idle: dict[str, str] = {}
    if family is SGD and form["memory"] == "none":
        idle = {axis.name: axis.usual for axis in family.axes if axis.name not in ("memory", "decay", "ascent")}
        idle |= {"decay": "coupled"} if form["decay"] == "decoupled" else {}
    if family is RMSPROP and form["second"] == "seeded" and form["order"] == "current":
        idle["start"] = "zero"
    if family is ADAM and form["correction"] in ("neither", "first only"):
        before = {"before-correction": "outside", "under-before-correction": "under"}
        idle = {"maximum": "plain", "eps": before.get(form["eps"], form["eps"])}
    if family is ADAM and form["correction"] in ("late", "first late") and form["look-ahead"] == "next":
        idle["look-ahead"] = "now"
    return {**form, **idle}


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_a_black_box_one_axis_away_is_named(name: str) -> None:
    """Every one that is no rule or dialect itself."""
    family, form = FORMS[name]
    known = [function(family, form) for other, form in FORMS.values() if other is family]
    for there, (words,) in family.away(form, 1):
        if function(family, there) not in known:
            found = identified(subject_of(family.point(rule_named(name), there)), {}, 0)
            assert f"{name} with {words}" in [told.name for told in found.variants]


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_a_black_box_two_axes_away_is_named(name: str) -> None:
    """On twelve pairs, drawn with the seed above."""
    family, form = FORMS[name]
    rules = [rule for rule, (other, _) in FORMS.items() if other is family and rule != "nadam/constant"]
    near = [function(family, there) for rule in rules for distance in ((0,) if "/" in rule else (0, 1))
            for there, _ in family.away(FORMS[rule][1], distance)]
    far = [(there, words) for there, words in family.away(form, 2) if function(family, there) not in near]
    for index in np.random.default_rng(SEED).choice(len(far), 12, replace=False):
        there, words = far[index]
        found = identified(subject_of(family.point(rule_named(name), there)), {}, 0)
        assert f"{name} with {' and '.join(words)}" in [told.name for told in found.variants]
