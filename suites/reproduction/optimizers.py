"""Scripts for the checks of an optimizer: from the smallest failing plan, and the place of its worst gap."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from fiducial.checks.contract import Check, Laboratory, NotApplicable
from fiducial.checks.contract.laboratory import Refused
from fiducial.checks.evidence import Gap
from fiducial.checks.plans import Plan, Record, Spot
from fiducial.suites.declarations import Declaration
from fiducial.suites.reproduction import (
    acceptance,
    companions,
    constructions,
    costs,
    declared,
    hooks,
    pure,
    unusual,
    walks,
)
from fiducial.suites.reproduction.observations import OBSERVED, last, lost
from fiducial.suites.reproduction.options import unheard
from fiducial.suites.reproduction.program import SAME, Unwritable, guarded, literal, program
from fiducial.suites.reproduction.pure import runs_of
from fiducial.suites.reproduction.runs import STATES, VALUES, Look, Runs, Spelling, entry

DIFFERENT = "a.keys() != b.keys() or not all(same(a[n], b[n]) for n in a)"
FAR = "not abs(actual - expected) <= allowed"
VECTORS = "vectors = lambda state: {n: v for n, v in state.items() if v.ndim}"  # counters of steps may go on


def script(check: Check, lab: Laboratory, path: str, plan: Plan | None, gap: Gap, *,
           declaration: Declaration | None = None) -> str | None:
    """The script of a failed check; None where none can be written."""
    try:
        imported = declared.lines(declaration, path)
        before = [] if lab.subject.framework == "torch" else pure.before_import(lab.subject)
        return program(check.id, check.claim, path, _body(check, lab, plan, _fitted(gap, lab)), [*before, *imported])
    except Exception:  # Unwritable, or whatever a subject does when it is asked again: the evidence stands without
        return None


def _fitted(gap: Gap, lab: Laboratory) -> Gap:
    """The gap with its runs in the numbers that the subject can hold."""
    spot = gap.at
    if not isinstance(spot, Spot):
        return gap
    beside = None if spot.beside is None else lab.fitted(spot.beside)
    return replace(gap, at=replace(spot, plan=lab.fitted(spot.plan), beside=beside))


def _body(check: Check, lab: Laboratory, plan: Plan | None, gap: Gap) -> list[str]:
    """What follows the import of the subject."""
    if lab.subject.framework != "torch":
        return _of_pure(check, lab, plan, gap)
    written = {**constructions.WRITTEN, **acceptance.WRITTEN}.get(check.id)
    if written is not None:
        return written(lab, gap)
    tried = {**hooks.WRITTEN, **costs.WRITTEN}.get(check.id)
    if tried is not None:
        lines = tried(lab, gap)
        return guarded(lines) if "raised" in gap.sample else lines
    if check.id in walks.WRITTEN:
        return walks.WRITTEN[check.id](lab, plan, gap)
    return _of_runs(check, lab, gap, plan)


def _of_runs(check: Check, lab: Laboratory, gap: Gap, plan: Plan | None) -> list[str]:
    """The same for a check that looks at recorded runs."""
    runs, spelling = seen(check, lab, plan), Spelling(lab.subject, lab.defaults)
    beside = companions.followed(check.id, gap, plan, runs, spelling)
    if beside is not None:
        return _compared(gap.at, gap, beside) if isinstance(gap.at, Spot) else beside
    if check.id in ("rule.every-option-matters", "groups.listed-options-are-read"):
        return unheard(check.id, lab, runs, gap, spelling)
    if "raised" in gap.sample:
        return _raised(runs, spelling)
    if check.id in unusual.CROSSED:
        return unusual.crossed(check.id, runs[0].plan, spelling)
    if isinstance(gap.at, Spot):
        return _located(gap.at, gap, spelling)
    return _observed(check.id, lab, runs, gap)


def _observed(check: str, lab: Laboratory, runs: Sequence[Record], gap: Gap) -> list[str]:
    """The same for one that looks at what surrounds the numbers of a run."""
    spelling = Spelling(lab.subject, lab.defaults)
    if check == "closure.loss-is-returned" and spelling.objective:
        raise Unwritable("the loss is the objective's")
    if check in OBSERVED:
        observed = OBSERVED[check]
        return _ending(Runs([observed.choose(runs, gap).plan], spelling).lines(observed.look), observed.wrong)
    if check == "rule.subnormal-gradients-give-no-nan":
        return _not_finite(lab, runs[-1], spelling)
    if check == "resources.keeps-what-its-rule-keeps":
        return [*Runs([runs[-1].plan], spelling).lines(Look(keeps=None)), *costs.kept(gap)]
    raise Unwritable("the check is not known")


def _of_pure(check: Check, lab: Laboratory, plan: Plan | None, gap: Gap) -> list[str]:
    """The same for an optimizer whose state goes in and comes out."""
    written = pure.constructed(check.id, lab, gap)
    if written is not None:
        return written
    runs, spelling = seen(check, lab, plan), Spelling(lab.subject, lab.defaults)
    if check.id == "rule.every-option-matters":
        return unheard(check.id, lab, runs, gap, spelling)
    if "raised" in gap.sample:
        return _raised(runs, spelling)
    if isinstance(gap.at, Spot):
        return _located(gap.at, gap, spelling)
    if check.id in pure.OBSERVED:
        look, wrong = pure.OBSERVED[check.id]
        return _ending(runs_of([last(runs, gap).plan], spelling).lines(look), wrong)
    if check.id == "rule.subnormal-gradients-give-no-nan":
        return _not_finite(lab, runs[-1], spelling)
    raise Unwritable("the check is not known")


def seen(check: Check, lab: Laboratory, plan: Plan | None) -> list[Record]:
    """The runs of one judgement, in their order."""
    fresh = lab.anew()
    with suppress(Refused, NotApplicable):
        check.judge(fresh, plan)
    return fresh.ran


def _ending(lines: Sequence[str], wrong: str, *told: str) -> list[str]:
    return [*lines, *told, f"sys.exit({wrong})"]


def _raised(runs: Sequence[Record], spelling: Spelling) -> list[str]:
    """The run in which the subject raised by accident."""
    failed = next((run for run in runs if run.failure is not None), None)
    if failed is None:
        raise Unwritable("it did not raise again")
    if failed.plan.unusual:
        return unusual.raising(failed.plan, spelling)
    return guarded(runs_of([failed.plan], spelling).lines(Look(keeps=None)))


def _located(spot: Spot, gap: Gap, spelling: Spelling) -> list[str]:
    """A tensor after a step beside a number, beside its own past, or beside another run."""
    if "older-dictionary" in spot.plan.reloads.values():
        return unusual.older(spot.plan, spelling)
    keeps = VALUES if spot.state is None else STATES
    if spot.beside is None:
        return _compared(spot, gap, runs_of([spot.plan], spelling).lines(Look(keeps=keeps)))
    if spot.plan.released:
        both, look = companions.released(spot, spelling)
        return _compared(spot, gap, [*both.lines(look), *companions.pair(both)])
    if spot.plan.unusual and not any(t.frozen for t in spot.plan.tensors):
        return unusual.beside_plain(spot, gap, spelling)
    runs = runs_of([spot.plan, spot.beside], spelling)
    return _compared(spot, gap, [*runs.lines(Look(keeps=keeps)), *companions.pair(runs)])


def _compared(spot: Spot, gap: Gap, lines: Sequence[str]) -> list[str]:
    """A run, and what is asked of its path; or two runs x and y, x being the one that is wrong."""
    if spot.beside is not None:
        return _beside(spot, gap, lines)
    here = f"path[{spot.step + 1}][{spot.tensor}]"
    if spot.since is not None:
        before = f"path[{spot.since + 1}][{spot.tensor}]"
        if spot.state is None:
            return _ending([*lines, SAME], f"not same({here}, {before})", f"print({before}, 'became', {here})")
        return _ending([*lines, SAME, VECTORS, f"a, b = vectors({before}), vectors({here})"], DIFFERENT,
                       "print(a, 'became', b)")
    value = f"{here}[{spot.state!r}]" if spot.state else here
    if "expected" not in gap.sample:
        raise Unwritable("there is no number to compare with")
    return _ending([*lines, f"actual = {value}{entry(spot.entry)}.item()", *_told(gap)], FAR)


def _told(gap: Gap) -> list[str]:
    """Expected and allowed as numbers, and a line that says them."""
    return [f"expected, allowed = {literal(float(gap.sample['expected']))}, {literal(gap.allowed)}",
            'print(f"expected {expected!r} within {allowed:.3g}, got {actual!r}")']


def _beside(spot: Spot, gap: Gap, lines: Sequence[str]) -> list[str]:
    """Two runs: bit for bit, entry by entry within the bound, or their last steps."""
    at = f"[{spot.step + 1}][{spot.tensor}]"
    if spot.mate is None:
        if spot.state is None:
            return _ending([*lines, SAME], f"not same(x{at}, y{at})", f"print(x{at}, 'beside', y{at})")
        return _ending([*lines, SAME, f"a, b = x{at}, y{at}"], DIFFERENT, "print(a, 'beside', b)")
    factor, other, place = spot.mate
    there = f"[{spot.step + 1}][{other}]"
    if spot.update:
        first, second = (f"({run}{a}{e} - {run}{b}{e}).item()" for run, a, b, e in (
            ("x", at, at.replace(str(spot.step + 1), str(spot.step), 1), entry(spot.entry)),
            ("y", there, there.replace(str(spot.step + 1), str(spot.step), 1), entry(place))))
    else:
        name = f"[{spot.state!r}]" if spot.state else ""
        first, second = f"x{at}{name}{entry(spot.entry)}.item()", f"y{there}{name}{entry(place)}.item()"
    return _ending([*lines, f"actual, expected = {first}, {literal(factor)} * {second}",
                    f"allowed = {literal(gap.allowed)}", _told_of_two()], FAR)


def _told_of_two() -> str:
    return 'print(f"one run {actual!r}, the other {expected!r}, allowed {allowed:.3g}")'


def _not_finite(lab: Laboratory, run: Record, spelling: Spelling) -> list[str]:
    """The entry that is not finite where the definition's is."""
    step, tensor, place = lost(run, lab.expected(run.plan))
    lines = runs_of([run.plan], spelling).lines(Look())
    return _ending([*lines, f"actual = path[{step + 1}][{tensor}]{entry(place)}.item()"],
                   'not float("-inf") < actual < float("inf")', "print(actual)")
