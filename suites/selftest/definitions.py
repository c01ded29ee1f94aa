"""Definitions with one term changed (`harness.terms`), held as black boxes against the definitions as they are.

Of optimizers, as `harness.term_mutants` judges them; and of activations, losses, layers, normalization, initializers,
dropout, preprocessing and schedules, by the claims of their rules. What a rule's claims ask of its definition under
further seeds tells a survivor from an equivalent.
"""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.evidence import Severity, Status
from fiducial.suites import rules
from fiducial.suites.harness import term_mutants
from fiducial.suites.harness.term_mutants import Reached, planted
from fiducial.suites.harness.terms import mutants
from fiducial.suites.rules import registry
from fiducial.suites.rules.kinds import KindRule
from fiducial.suites.selftest.observation import apart
from fiducial.suites.selftest.outcomes import Outcome
from fiducial.suites.worker_of_kinds import share

OPTIMIZERS, OTHERS = "definitions of optimizers", "other definitions"
HOME = "fiducial.reference"
SAME = 1e-11  # of the largest number near by: less is rounding
FURTHER = (101, 102, 103)  # seeds under which survivors are looked at again
PER_RULE = 4


class Terms(NamedTuple):
    """Some mutants of one rule, drawn under a seed and judged in one go."""

    family: str
    rule: str
    draws: int

    @property
    def subject(self) -> str:
        """Whose draws a process holds."""
        return f"{self.family} {self.rule}"

    @property
    def id(self) -> str:
        """What names it in a record."""
        return f"{self.family} · {self.rule}"


def drawn(seed: int, count: int) -> list[Terms]:
    """Rules, half of them of optimizers, of which so many mutants will be drawn in all."""
    rng = random.Random(seed)
    optimizers = [Terms(OPTIMIZERS, rule.name, PER_RULE) for rule in rules.RULES]
    others = [Terms(OTHERS, rule.name, PER_RULE) for rule in registry.rules()]
    both = (rng.sample(optimizers, len(optimizers)), rng.sample(others, len(others)))
    longest = max(len(one) for one in both)
    order = [one[k] for k in range(longest) for one in both if k < len(one)]
    return order[:-(-count // PER_RULE)]


def judged(terms: Terms, seed: int, level: str) -> list[Outcome]:
    """What becomes of some mutants of a rule."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        judge = _of_an_optimizer if terms.family == OPTIMIZERS else _of_another_kind
        return list(judge(terms, random.Random(f"{seed} {terms.id}"), seed, level))


def _told(terms: Terms, one: Reached, start: float, **found: Any) -> Outcome:
    where = one.function.__module__.rpartition(".")[2]
    return Outcome(family=terms.family, subject=terms.rule, category=terms.family, task=terms.id,
                   mutant=f"{terms.id} · {where}.{one.mutant}", cpu_seconds=round(time.process_time() - start, 3),
                   **found)


def _of_an_optimizer(terms: Terms, rng: random.Random, seed: int, level: str) -> Iterator[Outcome]:
    rule = rules.find(terms.rule)
    assert rule is not None
    every = term_mutants.reached(rule)
    lab = term_mutants.laboratory(rule)
    for one in rng.sample(every, min(terms.draws, len(every))):
        start = time.process_time()
        found = term_mutants.judged(rule, one, lab)
        missed = found.verdict == "rejected" and found.level == "standard" and level == "quick"
        yield _told(terms, one, start, verdict="survived" if missed else found.verdict, by=found.by)


def _of_another_kind(terms: Terms, rng: random.Random, seed: int, level: str) -> Iterator[Outcome]:
    rule = next(rule for rule in registry.rules() if rule.name == terms.rule)
    every = reached(rule, seed)
    calls: list[Call] = []
    for one in rng.sample(every, min(terms.draws, len(every))):
        start = time.process_time()
        if by := rejected_by(rule, BlackBox(rule.definition, one), seed, level):
            yield _told(terms, one, start, verdict="rejected", by=by)
            continue
        calls = calls or recorded(rule)
        what = difference(rule, one, calls)
        yield _told(terms, one, start, verdict="survived" if what else "equivalent", difference=what or "")


class BlackBox:
    """A definition as a subject: every function of it runs with one term changed, if there is one to change."""

    def __init__(self, definition: Any, one: Reached | None = None, log: list[Call] | None = None) -> None:
        self.definition, self._one, self._log = definition, one, log

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.definition, name)
        return self._watched(name, value) if callable(value) else value

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)  # claims read the names of its arguments
        def call(*arguments: Any, **options: Any) -> Any:
            if self._log is not None:
                self._log.append(Call(name, copy.deepcopy(arguments), copy.deepcopy(options)))
            if self._one is None:
                return function(*arguments, **options)
            with planted(self._one):
                return function(*arguments, **options)

        return call


class Call(NamedTuple):
    """What a claim asked of a definition."""

    name: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]


def rejected_by(rule: KindRule, subject: Any, seed: int, level: str) -> str:
    """The first MUST among a rule's claims that fails; "" where none does."""
    for claim in (claim for claim in rule.claims if claim.severity is Severity.MUST):
        if claim.quick or level != "quick":
            try:
                found = claim.examine(subject, seed=seed, level=level, alpha=share(rule.claims), shrinks=False)
            except Exception as error:  # what a changed definition returns may suit no claim at all
                return f"{claim.id} ({type(error).__name__})"
            if found.status in (Status.FAILED, Status.ERROR):
                return claim.id
    return ""


def recorded(rule: KindRule) -> list[Call]:
    """What the claims ask of the definition under further seeds."""
    log: list[Call] = []
    for seed in FURTHER:
        for claim in rule.claims:
            claim.examine(BlackBox(rule.definition, log=log), seed=seed, shrinks=False)
    return log


def difference(rule: KindRule, one: Reached, calls: list[Call]) -> str | None:
    """The first call on which a changed definition answers otherwise, in words; None where none does."""
    for call in calls:
        right, wrong = (_answer(BlackBox(rule.definition, mutant), call) for mutant in (None, one))
        if found := apart(right, wrong, SAME):
            return f"{call.name}: {found}"
    return None


def _answer(subject: BlackBox, call: Call) -> list[tuple[str, Any]]:
    """The numbers that a call returns, by where they stand."""
    try:
        found = getattr(subject, call.name)(*copy.deepcopy(call.arguments), **copy.deepcopy(dict(call.options)))
        return list(_flat(found, "result"))
    except Exception as error:
        return [("raised", type(error).__name__)]


def _flat(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple | list):
        for index, one in enumerate(value):
            yield from _flat(one, f"{where}[{index}]")
    elif isinstance(value, dict):
        for name in sorted(value, key=str):
            yield from _flat(value[name], f"{where}[{name!r}]")
    elif isinstance(value, np.ndarray | np.generic | int | float | complex):
        yield where, np.asarray(value)
    else:
        yield where, str(type(value))


def reached(rule: KindRule, seed: int) -> list[Reached]:
    """Every mutant of every function of ours that a rule's claims run through."""
    called: set[CodeType] = set()

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    calls: list[Call] = []
    for claim in rule.claims:
        claim.examine(BlackBox(rule.definition, log=calls), seed=seed, level="quick", shrinks=False)
    sys.setprofile(watch)
    try:
        for call in calls:
            _answer(BlackBox(rule.definition), call)
    finally:
        sys.setprofile(None)
    return [Reached(getattr(module, mutant.function), mutant) for module, names in _functions(called)
            for mutant in mutants(inspect.getsource(module), names)]


def _functions(called: set[CodeType]) -> Iterator[tuple[ModuleType, set[str]]]:
    """The modules of the definitions with those of their functions that were called."""
    for name in sorted(name for name in sys.modules if name.startswith(f"{HOME}.")):
        module = importlib.import_module(name)
        names = {function for function, value in vars(module).items() if isinstance(value, FunctionType)
                 and value.__module__ == name and value.__code__ in called}
        if names:
            yield module, names
