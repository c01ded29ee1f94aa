"""A summary in Markdown, for the page that a CI job shows: the verdicts, then what failed and how to mend it.

What a subject says stands between backticks, where nothing is markup, a link or a mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fiducial.checks.evidence import Certificate, Evidence
from fiducial.reports import verdicts, words
from fiducial.reports.view import View

LARGEST = 900_000  # bytes: a page of this kind may hold a mebibyte
SIGNS = re.compile(r"[\\`*_\[\]#!|~<>&@$]")


def markdown(certificates: Sequence[Certificate]) -> str:
    """All certificates, one after another; what no longer fits is counted."""
    parts: list[str] = []
    size = 0
    for place, certificate in enumerate(certificates):
        part = "\n".join(_one(certificate))
        size += len(part.encode())
        if size > LARGEST:
            parts.append(f"{len(certificates) - place} certificates more do not fit on this page.")
            break
        parts.append(part)
    if len(certificates) > 1:
        good = sum(each.verdict == "certified" for each in certificates)
        parts.insert(0, f"**{good} of {len(certificates)} certified**\n")
    return "\n".join(parts)


def _one(certificate: Certificate) -> Iterator[str]:
    view = View(certificate)
    yield f"## {'✅' if view.good else '❌'} {plain(view.word)}: {code(certificate.subject.path)}"
    yield ""
    yield f"{code(view.name)}, {plain(verdicts.counts(certificate))}; level {code(certificate.budget.level)}, seed " \
          f"{certificate.budget.seed}, {words.seconds(certificate.seconds)}"
    yield ""
    if certificate.deviation:
        yield f"Behaves as {code(certificate.deviation.name)}: {code(certificate.deviation.description)}\n"
    if certificate.reason:
        yield f"{code(certificate.reason)}\n"
    if view.failures:
        yield "| | check | claim | measured | allowed |\n|---|---|---|---|---|"
        yield from (_row(found) for found in view.failures)
        yield ""
        yield from (_details(found, view) for found in view.failures)


def _row(found: Evidence) -> str:
    numbers = (words.number(found.measured), words.number(found.allowed)) if found.status == "failed" else ("", "")
    cells = (f"{found.severity} {found.status}", code(found.id, cell=True), plain(found.claim), *numbers)
    return f"| {' | '.join(cells)} |"


def _details(found: Evidence, view: View) -> str:
    lines = [f"<details><summary>{plain(found.id)}</summary>", ""]
    lines += [f"- Reason: {code(found.reason)}"] if found.reason else []
    lines += [f"- {plain(name)}: {code(value)}" for name, value in view.sample(found)]
    lines += [f"- How to mend it: {plain(found.mend)}"] if found.mend else []
    return "\n".join([*lines, f"- Run it again: {code(view.again(found))}", "", "</details>", ""])


def plain(text: str) -> str:
    """Words on one line, in which nothing is markup."""
    return SIGNS.sub(lambda found: f"&#{ord(found[0])};", " ".join(words.shown(text).split()))


def code(text: str, *, cell: bool = False) -> str:
    """Words between as many backticks as it takes, on one line; in a table's cell a bar would end it."""
    seen = " ".join(words.shown(text).split()) or " "
    fence = "`" * (max(map(len, re.findall("`+", seen)), default=0) + 1)
    seen = seen.replace("|", "\\|") if cell else seen
    return f"{fence} {seen} {fence}" if "`" in (seen[0], seen[-1]) else f"{fence}{seen}{fence}"
