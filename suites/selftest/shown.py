"""What an account looks like on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from fiducial.suites.selftest.outcomes import COUNTED, FOUND
from fiducial.suites.selftest.scores import interval
from fiducial.suites.terminal import clean

MOST_CHECKS = 12


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; nothing where there is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal or not total:
        yield lambda steps: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console,
                  transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)


def show(record: dict[str, Any], console: Console) -> None:
    """The score by category, the survivors, what found most, and the false alarms."""
    if record["mutants"]:
        console.print(by_category(record["mutants"]))
        console.print(f"level {record['level']}, seed {record['seed']}, {record['seconds']:.0f} s")
        together = {"together": record} if len(record["families"]) > 1 else {}
        for family, found in {**record["families"], **together}.items():
            console.print(score(family, found))
        for row in (row for row in record["mutants"] if row["verdict"] in ("survived", "refuses")):
            console.print(clean(f"  {row['verdict']:<8}  {row['mutant']}"))
            console.print(clean(f"            {row['difference']}"))
        if record["checks"]:
            console.print(by_check(record["checks"]))
    alarms = record["alarms"]
    if not alarms["certificates"]:
        return
    console.print(f"{alarms['with_a_false_alarm']} of {alarms['certificates']} certificates of sound classes with a "
                  f"false alarm; at 95 % confidence the rate is at most {alarms['upper_bound']:.2g}")
    for row in alarms["subjects"]:
        for failed in row["failed"]:
            console.print(clean(f"  false alarm  {row['subject']} --seed {failed['seed']}: "
                                f"{', '.join(failed['checks'])}"))


def score(name: str, found: dict[str, Any]) -> str:
    """A score in words."""
    low, high = found["interval"]
    return (f"{name}: {found['found']} of {found['counted']} mutants found, "
            f"{_percent(found['found'], found['counted'])}, 95 % interval {100 * low:.1f} to {100 * high:.1f} % "
            f"({found['rejected']} by a MUST, {found['reported']} by a SHOULD or MAY alone, {found['survived']} "
            f"survived; not counted: {found['equivalent']} equivalent, {found['stillborn']} stillborn, "
            f"{found['refuses']} that refuse what the original takes)")


def _percent(found: int, total: int) -> str:
    return f"{100 * found / total:.1f} %" if total else "nothing was judged"


def by_category(rows: list[dict[str, Any]]) -> Table:
    """A line a category: how many of how many were found, and what that says."""
    table = Table(box=None, pad_edge=False)
    for name in ("category", "found", "of", "95 % interval"):
        table.add_column(name, justify="left" if name == "category" else "right")
    for category in sorted({row["category"] for row in rows}):
        verdicts = [row["verdict"] for row in rows if row["category"] == category and row["verdict"] in COUNTED]
        if not verdicts:
            continue
        found = sum(verdict in FOUND for verdict in verdicts)
        low, high = interval(found, len(verdicts))
        table.add_row(category, str(found), str(len(verdicts)), f"{100 * low:.0f} to {100 * high:.0f} %")
    return table


def by_check(checks: dict[str, dict[str, Any]]) -> Table:
    """A line a check that stopped a mutant: how many, of how many, and how many a CPU second."""
    table = Table(box=None, pad_edge=False)
    for name in ("check", "stopped", "of", "CPU s", "a CPU s"):
        table.add_column(name, justify="left" if name == "check" else "right")
    for check, row in list(checks.items())[:MOST_CHECKS]:
        if row["kills"]:
            table.add_row(check, str(row["kills"]), str(row["asked"]), f"{row['cpu_seconds']:.1f}",
                          f"{row['kills'] / max(row['cpu_seconds'], 1e-3):.1f}")
    return table
