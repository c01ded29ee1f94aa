"""A static site out of results: the matrices, a page for each certificate, releases compared, the catalogue.

It opens from file://, and fetches nothing. A page is written again only where what it shows has changed; a page whose
result is gone is taken away.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from fiducial.checks.evidence import Certificate
from fiducial.reports import formats, results, verdicts
from fiducial.reports.releases import Change, compared
from fiducial.reports.speeds import Changes

LIST = "fiducial-site.json"
OURS = re.compile(r"(c/[A-Za-z0-9._-]{1,120}|[a-z]{1,20})\.html")  # the pages that a site may have
Compare = Callable[[Certificate, Certificate], Sequence[Change]]


class Built(NamedTuple):
    """What was done; a problem is one sentence."""

    said: str
    problems: list[str]


class Page(NamedTuple):
    """A page to be: its file, a digest of what it shows, and what makes it."""

    name: str
    digest: str
    made: Callable[[], str]


def build(given: Sequence[str], folder: str, *, compare: Compare, changes: Changes | None = None) -> Built:
    """Build or renew the site. Raises ValueError, in one sentence, where there is nothing to show or no place for it.

    compare  what changed between two certificates of one subject
    changes  where the figures of a benchmark changed for good; not searched where absent
    """
    formats.needs_jinja()
    found = results.gathered(given)
    if found.empty:
        raise ValueError("; ".join(["there is nothing to show", *found.problems]))
    home = _home(folder)
    before = _listed(home)
    pages = list(_pages(found, compare, changes))
    written = [page for page in pages if _renewed(home, page, before)]
    now = {page.name: page.digest for page in pages}
    for gone in before.keys() - now.keys():
        (home / gone).unlink(missing_ok=True)
    _write(home / LIST, json.dumps({"schema": results.OWN, "pages": dict(sorted(now.items()))}, indent=1))
    many = len(found.certificates)
    said = f"{home / 'index.html'}: {many} certificate{'s' if many != 1 else ''}, {len(written)} pages written, " \
           f"{len(pages) - len(written)} as they were"
    return Built(said, found.problems)


def _home(folder: str) -> Path:
    """The folder, made where it is absent. Raises ValueError."""
    home = Path(folder)
    try:
        (home / "c").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{folder} cannot be written ({error.strerror}); choose another folder") from None
    if not os.access(home, os.W_OK) or not os.access(home / "c", os.W_OK):
        raise ValueError(f"{folder} cannot be written (permission denied); choose another folder")
    if (home / "index.html").exists() and not (home / LIST).exists():
        raise ValueError(f"{folder} holds an index.html that is not ours; choose another folder")
    return home


def _listed(home: Path) -> dict[str, str]:
    """The pages of the last time with their digests; none where the list is absent or spoilt."""
    try:
        data = json.loads((home / LIST).read_text(encoding="utf-8"))
        return {name: digest for name, digest in data["pages"].items() if OURS.fullmatch(name)}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _renewed(home: Path, page: Page, before: dict[str, str]) -> bool:
    """Write a page if what it shows has changed."""
    if before.get(page.name) == page.digest and (home / page.name).exists():
        return False
    _write(home / page.name, page.made())
    return True


def _write(file: Path, text: str) -> None:
    """Whole or not at all: a build that is interrupted leaves no half page. Raises ValueError."""
    try:
        partial = file.with_name(f".{file.name}.partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise ValueError(f"{file} cannot be written ({error.strerror}); choose another folder") from None


def _pages(found: results.Results, compare: Compare, changes: Changes | None) -> Iterable[Page]:
    from fiducial.reports import certificate, overview

    newest = sorted(found.certificates, key=lambda each: each.started)
    by_name = {file_of(each): each for each in newest}  # a subject that was certified again stands once
    ordered = dict(sorted(by_name.items(), key=lambda pair: verdicts.name(pair[1])))
    rivals = compared(list(ordered.values()), compare)
    links = overview.links(ordered, rivals, found)
    seen = digest(ordered, found.catalogues, found.pictures, found.problems, links)
    yield Page("index.html", seen, lambda: overview.families(ordered, found.problems, links))
    if ordered:
        yield Page("checks.html", seen, lambda: overview.checks(ordered, links))
    if rivals:
        yield Page("releases.html", seen, lambda: overview.releases(rivals, ordered, links))
    if found.catalogues:
        yield Page("catalogue.html", seen, lambda: overview.catalogue(found.catalogues[-1], links))
    if found.pictures:
        yield Page("pictures.html", seen, lambda: overview.pictures(found.pictures, links))
    if found.points or found.timed:
        seen = digest(found.points, found.timed, links, changes is None)
        yield Page("performance.html", seen, lambda: overview.performance(found, changes, links))
    for name, each in ordered.items():
        yield Page(name, digest(each), partial(certificate.page, [each], trail=True))


def file_of(certificate: Certificate) -> str:
    """The page of a certificate: readable, of no other subject, and the same when it is certified again."""
    subject, budget = certificate.subject, certificate.budget
    identity = repr((subject.path, sorted(subject.settings.items()), subject.way, subject.version, certificate.rule,
                     certificate.environment.device, budget.level, budget.seed))
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", subject.path)[-60:].strip("-.")
    return f"c/{plain or 'subject'}-{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:12]}.html"


def digest(*shown: object) -> str:
    """What a page depends on, as one number: what it shows, and how."""
    sha = hashlib.sha256(_templates().encode())
    for each in shown:
        sha.update(_text(each).encode("utf-8", "replace"))
    return sha.hexdigest()


def _text(value: object) -> str:
    if isinstance(value, Certificate):
        return value.model_dump_json()
    return json.dumps(value, default=_text) if not isinstance(value, dict) else "".join(
        f"{name}{_text(each)}" for name, each in value.items())


@cache
def _templates() -> str:
    """Our version of the pages: everything that makes them."""
    sources = resources.files("fiducial.reports")
    files = [*sources.iterdir(), *(sources / "templates").iterdir()]
    texts = [file.read_bytes() for file in sorted(files, key=lambda file: file.name) if file.is_file()]
    return hashlib.sha256(b"".join(texts)).hexdigest()
