"""A result of the gate for the eye."""

from __future__ import annotations

import math
from collections import Counter

from rich.console import Console
from rich.text import Text

from fiducial.benchmarks.gate.conduct import QUIET, Result, Verdict
from fiducial.benchmarks.gate.decision import Word

STYLES: dict[Word, str] = {"slower": "bold red", "failed": "bold red", "faster": "green", "undecided": "yellow",
                           "same": "", "not measured": "dim"}
SHORT = 12  # benchmarks that were not measured and are named


def show(result: Result, console: Console) -> None:
    """The counts in one line, then what is not simply the same."""
    counted = Counter(verdict.word for verdict in result.verdicts)
    said = [Text(f"{counted[word]} {word}", style) for word, style in STYLES.items() if counted[word]]
    console.print(Text(", ").join(said) if said else Text("no benchmark"), Text(f"  {result.seconds:.1f} s"))
    changed = result.of("slower", "faster", "undecided")
    for each in sorted(changed, key=lambda each: -(each.found.value if each.found else 0.0)):
        console.print(line(each))
    for each in result.of("failed"):
        console.print(Text(f"  failed        {each.name}: {each.reason}", "red"))
    unmeasured = result.of("not measured")
    for each in unmeasured[:SHORT]:
        console.print(Text(f"  not measured  {each.name}: {each.reason}", "dim"))
    if len(unmeasured) > SHORT:
        console.print(Text(f"  not measured  {len(unmeasured) - SHORT} more", "dim"))
    remarks(result, console)


def line(each: Verdict) -> Text:
    """One that changed, or may have: verdict, ratio with its interval, p, pairs, name."""
    found = each.found
    if found is None:
        return Text(f"  {each.word:<14}{each.name}")
    low, high = (f"{math.exp(end):.3f}" if math.isfinite(end) else "?" for end in (found.low, found.high))
    p = "" if each.p is None else f"p {each.p:.1g}"
    pairs = f"{found.pairs} pairs" if found.pairs > 1 else ""
    figures = f"{math.exp(found.value):>7.3f}  ({low} to {high})  {p:<8} {pairs:<9} "
    return Text.assemble("  ", (f"{each.word:<14}", STYLES[each.word]), figures, (each.name, "bold"))


def remarks(result: Result, console: Console) -> None:
    """What stood out and was cleared, and how far the machine can be trusted."""
    cleared = [verdict.name for verdict in result.verdicts if verdict.cleared]
    if cleared:
        console.print(Text(f"  cleared by fresh processes: {', '.join(cleared)}", "dim"))
    if result.noise is not None and result.noise > QUIET:
        console.print(Text(f"  noisy: a fixed loop varied by {result.noise:.0%} between processes", "yellow"))
    leaning = result.data()["one_sided"]
    if leaning is not None and leaning < result.rule.alpha:
        console.print(Text(f"  nearly all lean to one side (chance {leaning:.1g}): something acts on all of them",
                           "yellow"))
    console.print(Text(f"  α = {result.rule.alpha:g} for the whole run, minimum {result.rule.minimum:.3g}, "
                       f"load {result.load[0]:.1f} to {result.load[1]:.1f}", "dim"))
