"""Name what a subject does: the rule, dialect or variant that explains every one of its runs.

Rules and dialects are tried first, then the points of their families one axis away, then two. A candidate is thrown
out as soon as two steps of one run, in plain floats, leave it by more than a millionth of an update; who is left is
held to every run within the running error bounds of `checks.agreement`. Names that no run tells apart come together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.agreement import along, expected
from fiducial.checks.contract import Laboratory
from fiducial.checks.evidence import Array, Deviation
from fiducial.checks.plans import Options, Plan, Tensor
from fiducial.checks.rounding import Undecided
from fiducial.suites.binding import names_of
from fiducial.suites.family.members import FORMS
from fiducial.suites.family.observation import (
    Observed,
    admitted,
    agreement,
    coarse,
    contrary,
    laid_over,
    moves,
    observe,
    spoken,
)
from fiducial.suites.rules import RULES, Rule

LOOKED_AT = 12  # plans of which two steps are compared in plain floats
LOOSE = 1e-6  # of the largest update: far above the rounding of two steps, far below what a variant changes
CLOSE = 4  # rules that are counted out where none explains every run
FURTHER = 2  # seeds from which plans are drawn that may tell names apart
MISFIT = (KeyError, TypeError, AttributeError, ValueError)  # what a definition raises on options of another rule


class Candidate(NamedTuple):
    """A name with what it means for this subject."""

    told: Deviation
    rule: Rule


class Found(NamedTuple):
    """What a subject was found to be.

    variants  the names that explain every run; several: nothing that the subject takes tells them apart
    near      where there is none: a rule that explains the runs in which only the options that it knows are moved,
              with the options that do something else
    reason    where there is none: why
    runs      how many runs there were to explain
    """

    variants: list[Deviation]
    near: tuple[str, list[str]] | None = None
    reason: str = ""
    runs: int = 0


def identified(factory: Callable[..., Any], settings: Mapping[str, Any], seed: int = 0) -> Found:
    """Which rules a subject follows, nothing being claimed. Raises whatever its constructor raises."""
    seen = observe(factory, settings, seed)
    if not seen.plans:
        return Found([], reason=f"it came to the end of no run: {seen.ended}")
    bases = sorted((rule for rule in RULES if rule.name in FORMS and "/" not in rule.name
                    and spoken(rule, seen) - {"lr"}), key=lambda rule: -agreement(rule, seen))
    for tier in (_known(RULES, seen), *(_around(bases, seen, distance) for distance in (1, 2))):
        if names := _told_apart(tier, seen, seed):
            return Found(names, runs=len(seen.plans))
    reason = f"no rule, dialect or variant explains its runs{_closest(RULES, seen)}"
    return Found([], _near(RULES, seen), reason, len(seen.plans))


def named(factory: Callable[..., Any], settings: Mapping[str, Any], rule: Rule, lab: Laboratory) -> Deviation | None:
    """What a subject follows instead of the rule that it claims; None if there is no name for it."""
    seen = observe(factory, settings)
    if _explains_all(laid_over(rule, seen), seen):  # the rule holds but for rare inputs: no other rule is meant
        return None
    others = [other for other in RULES if other.name != rule.name]
    for tier in (_known(others, seen), *(_around([rule], seen, distance) for distance in (1, 2))):
        if names := _told_apart(tier, seen, 0):
            return _joined(names)
    near = _near(others, seen)
    if near is not None:
        return Deviation(name=near[0], description=f"but for {', '.join(near[1])}, which it does not know")
    return _narrower(rule, seen)


def _joined(names: Sequence[Deviation]) -> Deviation:
    """Names that nothing tells apart, as one."""
    return Deviation(name=" = ".join(told.name for told in names), description=names[0].description,
                     who="; ".join(told.who for told in names if told.who))


def _known(rules: Iterable[Rule], seen: Observed) -> Iterator[Candidate]:
    """Rules and dialects; a dialect that lies in a family also with every option of its rule."""
    for rule in rules:
        told = Deviation(name=rule.name, description=rule.formula, who=rule.who)
        if admitted(rule, seen):
            yield from (Candidate(told, laid_over(form, seen)) for form in (rule, rule.wider) if form is not None)
        if "/" in rule.name and rule.name in FORMS:
            family, form = FORMS[rule.name]
            whole = next(other for other in RULES if other.name == rule.name.partition("/")[0])
            yield Candidate(told, laid_over(family.point(whole, form), seen))


def _around(rules: Iterable[Rule], seen: Observed, distance: int) -> Iterator[Candidate]:
    """The points so many axes away from rules, each once; an option that is ignored is an axis too."""
    met: set[Any] = set()
    for rule in rules:
        names = names_of(rule, seen.keywords)
        fixed = frozenset((o.name, o.neutral) for o in rule.options if o.name not in names and o.neutral)
        for count in range(distance + 1):
            for gone in combinations(names.keys() - {"lr"}, count):
                for point, words, place in _points(rule, distance - count):
                    if (place, fixed, frozenset(gone)) not in met:
                        met.add((place, fixed, frozenset(gone)))
                        said = " and ".join([*words, *(f"{name} ignored" for name in sorted(gone))])
                        told = Deviation(name=f"{rule.name} with {said}", description=f"{rule.name}, but with {said}")
                        yield Candidate(told, laid_over(ignoring(point, gone), seen))


def _points(rule: Rule, distance: int) -> Iterator[tuple[Rule, tuple[str, ...], Hashable]]:
    """The points of the rule's family so many axes away, but for those that have a name of their own; with the words
    for what differs, and something that two points share only if they are the same."""
    if rule.name not in FORMS:
        if distance == 0:
            yield rule, (), rule.name
        return
    family, form = FORMS[rule.name]
    whole = next(other for other in RULES if other.name == rule.name.partition("/")[0])
    taken = [other for name, (_, other) in FORMS.items() if name.partition("/")[0] == whole.name]
    for there, words in family.away(form, distance):
        if distance == 0 or there not in taken:
            yield family.point(whole, there), words, (family.name, frozenset(there.items()))


def ignoring(rule: Rule, names: Sequence[str]) -> Rule:
    """The rule as of a class that takes some options and does nothing with them."""
    neutral = {name: rule.option(name).neutral for name in names}
    return replace(rule, start=lambda x, o: rule.start(x, {**o, **neutral}),
                   step=lambda x, g, state, o: rule.step(x, g, state, {**o, **neutral})) if names else rule


def _told_apart(tier: Iterable[Candidate], seen: Observed, seed: int) -> list[Deviation]:
    """The names that explain every run, after further runs on which they would part."""
    left = [c for c in tier if _resembles(c.rule, seen) and _explains_all(c.rule, seen)]
    for further in range(seed + 1, seed + 1 + FURTHER):
        for plan in seen.more(further) if len({c.told.name for c in left}) > 1 else ():
            if _apart([c.rule for c in left], plan, seen) and seen.ran(plan):
                left = [c for c in left if _explains(c.rule, seen, plan) is not False]
    usual = [c for c in left if not contrary(c.rule, seen)]
    return list({c.told.name: c.told for c in usual or left}.values())


def _near(rules: Iterable[Rule], seen: Observed) -> tuple[str, list[str]] | None:
    """A rule that holds while the options that it does not know are left alone, and these options."""
    for rule in (rule for rule in rules if admitted(rule, seen)):
        foreign = [name for name in seen.moved() if name not in spoken(rule, seen)]
        plans = [plan for plan in seen.plans if not set(moves(plan)) & set(foreign)]
        laid = laid_over(rule, seen)
        if foreign and plans and _resembles(laid, seen, plans) and _explains_all(laid, seen, plans):
            return rule.name, foreign
    return None


def _closest(rules: Iterable[Rule], seen: Observed) -> str:
    """The rule that explains most of the runs, and how many, if they are more than half: a slip on rare inputs."""

    def likely(rule: Rule) -> int:
        return sum(_resembles(laid_over(rule, seen), seen, [plan]) for plan in seen.plans)

    possible = [rule for rule in rules if admitted(rule, seen)]
    looked_at = sorted((rule for rule in possible if not _unseen(rule)), key=likely, reverse=True)
    near = [*looked_at[:CLOSE], *[rule for rule in possible if _unseen(rule)][:CLOSE]]
    counts = [(sum(_explains(laid_over(rule, seen), seen, plan) is True for plan in seen.plans), rule.name)
              for rule in near]
    most, name = max(counts, key=lambda pair: pair[0])
    return f"; {name} explains {most} of {len(seen.plans)}" if 2 * most > len(seen.plans) else ""


def _narrower(rule: Rule, seen: Observed) -> Deviation | None:
    """The rule itself, computed in float32 whatever the dtype of the parameters."""
    laid = laid_over(rule, seen)
    for plan in seen.plans:
        try:
            exact = expected(replace(plan, dtype="float32"), laid, seen.lab.defaults, rounded_inputs=True)
        except MISFIT:  # a shape, or an option's value, that the rule does not take
            return None
        if not along(seen.record(plan), exact).holds:
            return None
    return Deviation(name=f"{rule.name} computed in float32",
                     description="follows the rule to the precision of float32, whatever the parameters have")


def _explains_all(rule: Rule, seen: Observed, plans: Sequence[Plan] | None = None) -> bool:
    """Whether a candidate explains every run, and some run can be judged."""
    judged = False
    for plan in seen.plans if plans is None else plans:
        verdict = _explains(rule, seen, plan)
        if verdict is False:
            return False
        judged = judged or verdict is True
    return judged


def _explains(rule: Rule, seen: Observed, plan: Plan) -> bool | None:
    """Whether a candidate explains one run within its bounds; None where these are infinite."""
    try:
        exact = expected(plan, rule, seen.lab.defaults)
    except Undecided:
        return None
    except MISFIT:
        return False
    return along(seen.record(plan), exact).holds if exact.judgeable() else None


def _unseen(rule: Rule) -> bool:
    """Whether two steps in plain floats say nothing of a rule."""
    return rule.scope == "all" or rule.demands.objective or coarse(rule)


def _resembles(rule: Rule, seen: Observed, plans: Sequence[Plan] | None = None) -> bool:
    """Whether two steps of a few runs stay near a candidate in plain floats."""
    if _unseen(rule):
        return True
    for plan in (seen.plans if plans is None else plans)[:LOOKED_AT]:
        courses = [seen.record(plan).values(index) for index in range(len(plan.tensors))]
        try:
            near = all(_near_course(x, y) for x, y in zip(courses, _courses(rule, plan, seen, 2), strict=True))
        except MISFIT:
            return False
        if not near:
            return False
    return True


def _near_course(actual: Sequence[Array], candidate: Iterable[Array]) -> bool:
    """Whether two courses from one start stay together up to a millionth of the largest update so far."""
    largest = 0.0
    for before, x, y in zip(actual, actual[1:], candidate, strict=False):
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return True
        largest = max(largest, float(np.abs(x - before).max(initial=0)), float(np.abs(y - before).max(initial=0)))
        size = float(np.abs(x).max(initial=0)) + float(np.abs(before).max(initial=0))
        if np.abs(x - y).max(initial=0) > LOOSE * largest + 1e-12 * size:
            return False
    return True


def _courses(rule: Rule, plan: Plan, seen: Observed, most: int) -> Iterator[Iterator[Array]]:
    """Each tensor's values after each step, in plain floats, a tensor at a time."""
    for index, group in enumerate(plan.groups):
        options = [_plain(plan.options_at(k, index, seen.lab.defaults)) for k in range(min(most, plan.steps))]
        for tensor in group.tensors:
            yield _course(rule, tensor, options)


def _course(rule: Rule, tensor: Tensor, options: Sequence[Options]) -> Iterator[Array]:
    with np.errstate(all="ignore"):
        x, state = tensor.start, rule.start(tensor.start, options[0])
    for g, o in zip(tensor.gradients, options, strict=False):
        with np.errstate(all="ignore"):
            x, state = rule.step(x, g, state, o)
        yield x


def _plain(options: Options) -> dict[str, Any]:
    """Numbers that divide by zero as arrays do."""
    return {name: np.float64(v) if isinstance(v, float) else v for name, v in options.items()}


def _apart(rules: Sequence[Rule], plan: Plan, seen: Observed) -> bool:
    """Whether a plan might tell some of the candidates from the first; a difference of rounding counts too."""
    try:
        first, *others = ([list(course) for course in _courses(rule, plan, seen, plan.steps)] for rule in rules)
    except MISFIT:
        return True
    ends = [np.concatenate([np.ravel(course[-1]) for course in courses]) for courses in (first, *others)]
    return any(not np.allclose(ends[0], end, rtol=1e-9, atol=0, equal_nan=True) for end in ends[1:])
