"""A certificate for the eye: the verdict in one line, each failure in a few, progress while it runs.

Every string that may come from a subject is shown as text: no markup, no control characters.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.text import Text

from fiducial.checks.evidence import DECISIVE, Certificate, Evidence, Severity, Status, again
from fiducial.suites.jobs import Event, LoadedEvent, MeasuredEvent, StartedEvent

if TYPE_CHECKING:
    from fiducial.suites.difference import Difference

WORDS = {"certified": ("certified", "bold green"), "not-certified": ("not certified", "bold red"),
         "error": ("error", "bold red")}
SHORT = 8  # numbers of an array that are shown
LONGEST = 400  # characters of one value that are shown


class Follow(Protocol):
    """What is called with each event of a run."""

    def __call__(self, event: Event) -> object:
        """Take note of an event."""


def show(certificate: Certificate, console: Console, settings: Mapping[str, Any], record: str | None = None) -> None:
    """Print the verdict, then what speaks against it.

    settings  the arguments that the call gave
    record    the file that holds the certificate, if there is one
    """
    console.print(headline(certificate, settings))
    bad = [found for found in certificate.checks if found.status in (Status.FAILED, Status.ERROR)]
    must = [found for found in bad if found.severity is Severity.MUST]
    if certificate.reason:
        console.print(Text(f"  {clean(certificate.reason)}"))
    if certificate.deviation:
        told = certificate.deviation
        used = f"  (used by: {clean(told.who)})" if told.who else ""
        console.print(Text(f"  behaves as {clean(told.name)}: {clean(told.description)}{used}", "yellow"))
    elif any(found.id == DECISIVE and found.status is Status.FAILED for found in bad):
        console.print(Text("  behaves as no known variant", "yellow"))
    for found in certificate.checks:
        if found.id == certificate.decisive and found.status is Status.NOT_APPLICABLE:
            console.print(Text(f"  {found.id} could not be judged: {clean(found.reason or '')}", "yellow"))
    for same in alike(sorted(must, key=lambda found: found.id != certificate.decisive)):
        console.print(block(same[0], certificate, settings, [found.id for found in same[1:]], record))
    for found in bad:
        if found not in must:
            console.print(remark(found))
    blocked = [found for found in certificate.checks if found.status is Status.BLOCKED]
    if blocked:
        console.print(Text(f"  {len(blocked)} blocked: {clean(why_blocked(blocked))}", "dim"))


def headline(certificate: Certificate, settings: Mapping[str, Any]) -> Text:
    """Verdict, subject, rule, counts and time in one line."""
    word, style = WORDS[certificate.verdict]
    whole = any(found.id == certificate.decisive for found in certificate.checks)
    if certificate.verdict == "certified" and not whole:  # --only left the decisive check out
        word = "no MUST failed"
    relation = "follows" if certificate.verdict == "certified" and whole else "held against"
    known = certificate.summary.known
    words = f"{word}, {known} known failure{'s' if known > 1 else ''}" if known else word
    line = Text.assemble((words, style), "  ", (clean(certificate.subject.path), "bold"))
    told = [*(f"{name}={value}" for name, value in settings.items()), *filter(None, (certificate.subject.way,))]
    if certificate.environment.device != "cpu":
        told.append(f"on {certificate.environment.device}")
    if told:
        line.append(f" ({clean(', '.join(told))})")
    if certificate.rule:
        line.append(f" {relation} {clean(certificate.rule)}")
    counted = f"{counts(certificate)}   " if certificate.checks else ""
    return line.append(f"   {counted}{certificate.seconds:.1f} s")


def counts(certificate: Certificate) -> str:
    """How many passed, and how many of each severity did not."""
    parts = [f"{certificate.summary.passed} passed"]
    for severity in Severity:
        of_it = [found.status for found in certificate.checks if found.severity is severity]
        parts += [f"{of_it.count(status)} {severity} {word}" for status, word in
                  ((Status.FAILED, "failed"), (Status.ERROR, "in error")) if status in of_it]
    summary = certificate.summary
    rest = (("blocked", summary.blocked), ("known", summary.known), ("not applicable", summary.not_applicable))
    return ", ".join([*parts, *(f"{count} {word}" for word, count in rest if count)])


def alike(bad: list[Evidence]) -> list[list[Evidence]]:
    """Errors with one and the same reason together; every other failure by itself."""
    groups: dict[str, list[Evidence]] = {}
    for found in bad:
        groups.setdefault(f"{found.reason}" if found.status is Status.ERROR else found.id, []).append(found)
    return list(groups.values())


def block(found: Evidence, certificate: Certificate, settings: Mapping[str, Any], too: Sequence[str] = (),
          record: str | None = None) -> Text:
    """A failed MUST: id and subject, claim, measured, allowed, sample, reason, cure, who else fails, how to run it."""
    verb = "fails for" if found.status is Status.FAILED else "ends in an error for"
    text = Text.assemble((found.id, "bold red"), f" {verb} {clean(certificate.subject.path)}\n")
    sample = ", ".join(f"{name} = {spoken(value, exact=name in ('expected', 'actual'))}"
                       for name, value in found.sample.items() if name != "raised")
    judged = found.status is Status.FAILED
    rows = (("claim", found.claim), ("measured", number(found.measured) if judged else ""),
            ("allowed", number(found.allowed) if judged else ""), ("sample", sample), ("reason", found.reason),
            ("mend", found.mend), ("so do", ", ".join(too)))
    for name, value in rows:
        if value:
            text.append(f"  {name:<9} {clean(value)}\n")
    text.append(f"  replay    {printable(again(found.id, certificate, settings))}\n")
    if record and found.reproduction:
        written = shlex.join(["fiducial", "replay", record, found.id, "--script"])
        text.append(f"  script    {printable(written)} > repro.py\n")
    return text


def remark(found: Evidence) -> Text:
    """A failed SHOULD or MAY in one line."""
    what = found.reason or f"measured {number(found.measured)}, allowed {number(found.allowed)}"
    if found.sample.get("options"):
        what += f", with {spoken(found.sample['options'])}"
    return Text.assemble("  ", (f"{found.severity} {found.id}", "yellow"), f"  {clean(found.claim)}  ({clean(what)})")


MARKS = {"worse": "bold red", "better": "bold green", "changed": ""}


def show_difference(found: Difference, console: Console) -> None:
    """Two certificates side by side: one line for each thing that changed."""
    words = "got worse" if found.worse else "changed, nothing got worse" if found.changes else "nothing changed"
    console.print(Text.assemble((clean(found.subject), "bold"), f"   {words}"))
    for change in found.changes:
        console.print(Text.assemble("  ", (f"{change.direction:<8}", MARKS[change.direction]),
                                    clean(f"{change.what}: {change.before} → {change.after}")))


def write_differences(found: Sequence[Difference], file: str) -> None:
    """The differences as JSON; "-" is standard output."""
    text = json.dumps({"schema": "fiducial.differences/1", "differences": [each.model_dump(mode="json")
                                                                           for each in found]}, indent=2)
    if file == "-":
        print(text)
    else:
        Path(file).write_text(f"{text}\n", encoding="utf-8")


def why_blocked(blocked: list[Evidence]) -> str:
    """The reason of most of them."""
    reasons = [found.reason or "" for found in blocked]
    most = max(dict.fromkeys(reasons), key=reasons.count)
    others = len(reasons) - reasons.count(most)
    return most + (f", and {others} for other reasons" if others else "")


def number(value: float | None) -> str:
    """Three digits are enough to see; nothing for what was not measured."""
    return "" if value is None else f"{value:.3g}"


def spoken(value: Any, *, exact: bool = False) -> str:
    """A recorded value; an array as its dtype, shape and first numbers; with six digits, or all of them."""
    if isinstance(value, float):
        return repr(value) if exact else f"{value:.6g}"
    if isinstance(value, Mapping) and {"dtype", "shape", "data"} <= value.keys():
        first = ", ".join(spoken(entry, exact=exact) for entry in value["data"][:SHORT])
        more = ", …" if len(value["data"]) > SHORT else ""
        return f"{value['dtype']}{list(value['shape'])} [{first}{more}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {spoken(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(spoken(entry) for entry in value) + "]"
    return str(value)


def printable(text: str) -> str:
    """Text without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def clean(text: str) -> str:
    """Text without control characters, and not endless."""
    shown = printable(text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]} …"


@contextmanager
def progress(subject: str, console: Console) -> Iterator[Follow]:
    """One live line while a subject is measured; nothing where there is no terminal."""
    if not console.is_terminal:
        yield lambda event: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"{clean(subject)}  importing and building", total=None)

        def follow(event: Event) -> None:
            match event:
                case LoadedEvent(loaded=loaded):
                    bar.update(task, total=sum(check.reason is None for check in loaded.checks))
                case StartedEvent(id=name):
                    bar.update(task, description=f"{clean(subject)}  {name}")
                case MeasuredEvent():
                    bar.advance(task)

        yield follow
