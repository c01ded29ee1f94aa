"""The score of the definitions' term mutants: `python -m fiducial.suites.harness.term_mutants [--rule R] [--json F]`.

Each function of `reference/optimizers` that a rule's step runs through is changed by one term (`terms`), and the rule
so changed is held, as a black box, against the rule as it is: the MUST checks at level quick, then at standard. What
agrees with the definition within its bounds on every plan of three further seeds, in the parameters and in the state
that classes show, is equivalent and listed apart. Everything else has to be rejected.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import inspect
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np

from fiducial.checks.agreement import Expected, expected
from fiducial.checks.contract import CHECKS, DECISIVE, Laboratory, Level
from fiducial.checks.contract.streams import EPSILONS, OPTIONS, SCHEDULED, TRAJECTORIES
from fiducial.checks.evidence import Severity, Status
from fiducial.checks.plans import Plan
from fiducial.suites.binding import bind
from fiducial.suites.certify import cores
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.harness.terms import Mutant, mutants
from fiducial.suites.rules import RULES, Rule, find

HOME = "fiducial.reference.optimizers"
SEED, FURTHER = 0, (1, 2, 3)
MOST_STEPS = 30  # of a plan on which equivalence is judged
CHUNK = 12  # mutants that one process judges at a time
STREAMS = (TRAJECTORIES, OPTIONS, EPSILONS, SCHEDULED)
MUSTS = sorted((check for check in CHECKS if check.severity is Severity.MUST),
               key=lambda check: (check.id != DECISIVE, check.stream is None))


class Outcome(NamedTuple):
    """What became of one mutant: rejected by a check at a level; equivalent; or it survived."""

    rule: str
    module: str
    mutant: str
    verdict: Literal["rejected", "equivalent", "survived"]
    by: str = ""
    level: str = ""


class Reached(NamedTuple):
    """A function of a definition, and a source with one term of it changed."""

    function: FunctionType
    mutant: Mutant


def reached(rule: Rule) -> list[Reached]:
    """Every mutant of every function that the rule's steps run through."""
    found: list[Reached] = []
    for name, functions in sorted(_functions(rule).items()):
        module = importlib.import_module(name)
        found += [Reached(getattr(module, mutant.function), mutant)
                  for mutant in mutants(inspect.getsource(module), functions)]
    return found


def _functions(rule: Rule) -> dict[str, set[str]]:
    """Module → functions of it that the rule's steps call, found by watching them."""
    called: set[CodeType] = set()

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    lab = laboratory(rule)
    plans = _plans(lab, SEED, "quick")
    sys.setprofile(watch)
    try:
        for plan in plans:
            expected(plan, rule, lab.defaults)
    finally:
        sys.setprofile(None)
    found: dict[str, set[str]] = {}
    for module in _modules():
        names = {name for name, value in vars(module).items() if isinstance(value, FunctionType)
                 and value.__module__ == module.__name__ and value.__code__ in called and name != "init"}
        if names:
            found[module.__name__] = names
    return found


def _modules() -> Iterator[ModuleType]:
    """The modules of the definitions; those that begin with an underscore check arguments only."""
    for path in sorted(Path(importlib.import_module(HOME).__path__[0]).glob("[a-z]*.py")):
        yield importlib.import_module(f"{HOME}.{path.stem}")


def laboratory(rule: Rule) -> Laboratory:
    """The rule as a black box, bound to itself."""
    return bind(subject_of(rule), {}, rule)


def _plans(lab: Laboratory, seed: int, level: Level) -> list[Plan]:
    """Plans that move everything."""
    drawn = [plan for stream in STREAMS for index, (strategy, count) in enumerate(stream.cases(lab, level))
             for plan in lab.drawn(f"{stream.name}/{index}", strategy, count, seed)]
    return [plan for plan in drawn if plan.steps <= MOST_STEPS]


@contextmanager
def planted(one: Reached) -> Iterator[None]:
    """The definition with one term changed, wherever it is called from."""
    function: Any = one.function
    kept = function.__code__
    function.__code__ = _code(one)
    try:
        yield
    finally:
        function.__code__ = kept


@functools.lru_cache(maxsize=4)
def _code(one: Reached) -> CodeType:
    """The changed function's code, which runs in the module of the original."""
    module = ModuleType(one.function.__module__)
    module.__package__ = HOME
    exec(compile(one.mutant.source, f"<{one.mutant}>", "exec", dont_inherit=True), module.__dict__)
    code: CodeType = getattr(module, one.mutant.function).__code__
    return code


def changed(rule: Rule, one: Reached) -> Rule:
    """The rule whose every start and step run through the changed function."""

    def through(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            with planted(one):
                return call(*arguments)

        return run

    return replace(rule, start=through(rule.start), step=through(rule.step))


def judged(rule: Rule, one: Reached, lab: Laboratory) -> Outcome:
    """One mutant's fate; `lab` is the rule's own, whose draws and trajectories are used again."""
    wrong = changed(rule, one)
    told = Outcome(rule.name, one.function.__module__.rpartition(".")[2], str(one.mutant), "survived")
    subject = bind(subject_of(wrong), {}, rule).subject
    black_box = replace(lab, subject=subject, _runs={}, notes={})
    if (by := _rejected_by(black_box, "quick")) is not None:
        return told._replace(verdict="rejected", by=by, level="quick")
    if _equivalent(rule, wrong, lab):
        return told._replace(verdict="equivalent")
    if (by := _rejected_by(black_box, "standard")) is not None:
        return told._replace(verdict="rejected", by=by, level="standard")
    return told


def _rejected_by(lab: Laboratory, level: Level) -> str | None:
    """The first MUST that fails."""
    for check in MUSTS:
        found = check.examine(lab, seed=SEED, level=level, shrinks=False)
        if found.status in (Status.FAILED, Status.ERROR):
            return check.id
    return None


def _equivalent(rule: Rule, wrong: Rule, lab: Laboratory) -> bool:
    """Whether no plan of further seeds takes the two apart."""
    for seed in FURTHER:
        for plan in _plans(lab, seed, "standard"):
            try:
                other = expected(plan, wrong, lab.defaults)
            except Exception:  # whatever a changed term may raise: the definition does not
                return False
            if _apart(expected(plan, rule, lab.defaults), other, sorted(rule.state)):
                return False
    return True


def _apart(a: Expected, b: Expected, fields: Sequence[str]) -> bool:
    """Whether two trajectories are outside their bounds of each other, in parameters or in a field of the state; a
    state may be kept with the other sign (`checks.contract.recognition`)."""
    pairs = [pair for one, two in zip(a.points, b.points, strict=True) for pair in zip(one, two, strict=True)]
    kept = [name for name in fields if all(hasattr(p.state, name) and hasattr(q.state, name) for p, q in pairs)]
    return any(_differ(p.x, q.x) for p, q in pairs) or any(
        any(_differ(getattr(p.state, name), getattr(q.state, name)) for p, q in pairs)
        and any(_differ(getattr(p.state, name), -getattr(q.state, name)) for p, q in pairs) for name in kept)


def _differ(x: Any, y: Any) -> bool:
    """Whether two values are apart by more than their bounds; where one has no finite bound, nothing is said."""
    (a, ea), (b, eb) = ((v.value, v.error) if hasattr(v, "error") else (np.asarray(v), np.asarray(0.0)) for v in (x, y))
    return bool(np.shape(a) != np.shape(b) or np.any(np.abs(a - b) > ea + eb))


def outcomes(name: str, first: int, last: int) -> list[Outcome]:
    """The fates of some of a rule's mutants."""
    rule = find(name)
    assert rule is not None
    lab = laboratory(rule)
    with np.errstate(all="ignore"):
        return [judged(rule, one, lab) for one in reached(rule)[first:last]]


def score(names: Sequence[str], jobs: int) -> Iterator[tuple[str, list[Outcome]]]:
    """Each rule with the fates of all its mutants, in processes."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        rules = [rule for rule in RULES if rule.name in names]
        asked = [(rule.name, [pool.submit(outcomes, rule.name, k, k + CHUNK)
                              for k in range(0, len(reached(rule)), CHUNK)]) for rule in rules]
        for name, futures in asked:
            yield name, [outcome for future in futures for outcome in future.result()]


def line(name: str, found: Sequence[Outcome]) -> str:
    """A rule's score in words."""
    count = Counter(outcome.verdict for outcome in found)
    late = sum(outcome.level == "standard" for outcome in found)
    more = f" ({late} of them at standard)" if late else ""
    return (f"{name:<28} {len(found):>4} mutants, {count['rejected']} rejected{more}, "
            f"{count['equivalent']} equivalent, {count['survived']} survived")


def main(words: Sequence[str] | None = None) -> int:
    """Print the score of each rule, and every mutant that is not rejected; 1 if one survives."""
    parser = argparse.ArgumentParser(description="The score of the definitions' term mutants.")
    parser.add_argument("--rule", action="append", choices=[rule.name for rule in RULES], metavar="R")
    parser.add_argument("--json", metavar="F", help="write every outcome here")
    parser.add_argument("--jobs", type=int, default=cores())
    asked = parser.parse_args(words)
    began, every = time.perf_counter(), []
    for name, found in score(asked.rule or [rule.name for rule in RULES], asked.jobs):
        print(line(name, found), flush=True)
        for outcome in found:
            if outcome.verdict != "rejected":
                print(f"  {outcome.verdict:<10} {outcome.module}.{outcome.mutant}", flush=True)
        every += found
    print(line("all", every), f"  {time.perf_counter() - began:.0f} s")
    if asked.json:
        text = json.dumps([outcome._asdict() for outcome in every], indent=2, ensure_ascii=False)
        Path(asked.json).write_text(f"{text}\n", encoding="utf-8")
    return int(any(outcome.verdict == "survived" for outcome in every))


if __name__ == "__main__":
    sys.exit(main())
