"""The score of the definitions' term mutants: `python -m fiducial.suites.harness.term_mutants [--rule R] [--json F]`.

Each function of `reference/optimizers` that a rule's step runs through is changed by one term (`terms`), and the rule
so changed is held, as a black box, against the rule as it is: the MUST checks at level quick, then at standard. What
agrees with the definition within its bounds on everything that is searched (`equivalence`), in the parameters and in
the state that the rule is for, is equivalent and listed apart. Everything else has to be rejected.
"""

from __future__ import annotations

import argparse
import copy
import functools
import hashlib
import importlib
import inspect
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np

from fiducial.checks.agreement import expected
from fiducial.checks.contract import CHECKS, DECISIVE, Laboratory, Level
from fiducial.checks.evidence import Severity, Status
from fiducial.suites.binding import bind
from fiducial.suites.certify import cores
from fiducial.suites.harness.equivalence import equivalent, plans
from fiducial.suites.harness.own_rules import subject_of
from fiducial.suites.harness.terms import Mutant, mutants
from fiducial.suites.rules import RULES, Rule, find

HOME = "fiducial.reference.optimizers"
SEED = 0
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
    drawn = plans(lab, SEED, "quick")
    sys.setprofile(watch)
    try:
        for plan in drawn:
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
    subject: Any = copy.copy(lab.subject)
    subject.factory = subject_of(wrong)
    black_box = replace(lab, subject=subject, _runs={}, notes={})
    if (by := _rejected_by(black_box, "quick")) is not None:
        return told._replace(verdict="rejected", by=by, level="quick")
    definition: Any = lab.definition  # the rule, or its wider form, which the subject is nearer to
    if equivalent(lab, changed(definition, one)):
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


def outcomes(name: str, part: int = 0, parts: int = 1) -> list[Outcome]:
    """The fates of a rule's mutants, or of every so manieth of them."""
    rule = find(name)
    assert rule is not None
    lab = laboratory(rule)
    with np.errstate(all="ignore"):
        return [judged(rule, one, lab) for one in reached(rule)[part::parts]]


def score(names: Sequence[str], jobs: int) -> Iterator[tuple[str, list[Outcome]]]:
    """Each rule with the fates of all its mutants, as they are finished; one process judges a rule, or a share of it
    where fewer rules than processes are asked for."""
    parts = max(1, jobs // max(1, len(names)))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        asked = {pool.submit(outcomes, name, part, parts): name for name in names for part in range(parts)}
        done = Counter[str]()
        for future in as_completed(asked):
            name = asked[future]
            done[name] += 1
            if done[name] == parts:
                shares = [share.result() for share in asked if asked[share] == name]
                yield name, [outcome for share in shares for outcome in share]


def counts(found: Sequence[Outcome]) -> dict[str, int]:
    """How many mutants there are, and what became of them."""
    verdicts = Counter(outcome.verdict for outcome in found)
    return {"mutants": len(found), "rejected": verdicts["rejected"], "equivalent": verdicts["equivalent"],
            "survived": verdicts["survived"], "rejected at standard": sum(o.level == "standard" for o in found)}


def line(name: str, found: Sequence[Outcome]) -> str:
    """A rule's score in words."""
    count = counts(found)
    late = f" ({count['rejected at standard']} of them at standard)" if count["rejected at standard"] else ""
    return (f"{name:<28} {count['mutants']:>4} mutants, {count['rejected']} rejected{late}, "
            f"{count['equivalent']} equivalent, {count['survived']} survived")


class Kept:
    """The finished rules in a file, which a run that was interrupted takes up again; without a file, nothing.

    What was found holds while the definitions and rules are the same. After a change of the checks, start a new file.
    """

    def __init__(self, path: str | None) -> None:
        self.path, self.rules = Path(path) if path else None, dict[str, list[Outcome]]()
        if self.path is not None and self.path.exists():
            held = json.loads(self.path.read_text("utf-8"))
            if held["sources"] == fingerprint():
                self.rules = {name: [Outcome(name, *row) for row in rows] for name, rows in held["rules"].items()}

    def keep(self, name: str, found: Sequence[Outcome]) -> None:
        """Write a rule down."""
        self.rules[name] = list(found)
        if self.path is not None:
            rows = {rule: [outcome[1:] for outcome in every] for rule, every in self.rules.items()}
            text = json.dumps({"sources": fingerprint(), "rules": rows}, indent=1, ensure_ascii=False)
            self.path.write_text(f"{text}\n", "utf-8")


@functools.cache
def fingerprint() -> str:
    """The sources of all definitions and rules in few letters."""
    homes = [Path(importlib.import_module(home).__path__[0]) for home in (HOME, "fiducial.suites.rules")]
    sources = [path.read_bytes() for home in homes for path in sorted(home.glob("*.py"))]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:16]


def main(words: Sequence[str] | None = None) -> int:
    """Print the score of each rule, and every mutant that is not rejected; 1 if one survives."""
    parser = argparse.ArgumentParser(description="The score of the definitions' term mutants.")
    parser.add_argument("--rule", action="append", choices=[rule.name for rule in RULES], metavar="R")
    parser.add_argument("--json", metavar="F", help="keep every outcome here; rules that it holds are not judged again")
    parser.add_argument("--record", metavar="F", help="write the counts of each rule here")
    parser.add_argument("--jobs", type=int, default=cores())
    asked = parser.parse_args(words)
    names = asked.rule or [rule.name for rule in RULES]
    began, kept = time.perf_counter(), Kept(asked.json)
    for name, found in score([name for name in names if name not in kept.rules], asked.jobs):
        kept.keep(name, found)
        print(f"{time.perf_counter() - began:6.0f} s  {line(name, found)}", file=sys.stderr, flush=True)
    every = {name: kept.rules[name] for name in names}
    for name, found in every.items():
        print("\n".join([line(name, found), *(f"  {outcome.verdict:<10} {outcome.module}.{outcome.mutant}"
                                              for outcome in found if outcome.verdict != "rejected")]))
    together = [outcome for found in every.values() for outcome in found]
    print(line("all", together))
    if asked.record:
        Path(asked.record).write_text(one_a_line(record(every)), "utf-8")
    return int(any(outcome.verdict == "survived" for outcome in together))


def record(every: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """The counts of each rule, and of all."""
    rows = {name: counts(found) for name, found in every.items()}
    total = counts([outcome for found in every.values() for outcome in found])
    return {"schema": "fiducial.term_mutants/1", "rules": rows, "all": total}


def one_a_line(data: Mapping[str, Any]) -> str:
    """A record as JSON, each rule on a line of its own."""
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in data["rules"].items())
    head = "".join(f" {json.dumps(name)}: {json.dumps(value)},\n" for name, value in data.items() if name != "rules")
    return f'{{\n{head} "rules": {{\n{rows}\n }}\n}}\n'


if __name__ == "__main__":
    sys.exit(main())
