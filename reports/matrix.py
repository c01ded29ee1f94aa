"""The matrix of a survey: subjects down, families or checks across, one mark a cell that leads to its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from fiducial.checks.evidence import Certificate, Evidence, Severity, Status
from fiducial.reports import verdicts, words
from fiducial.reports.pages import anchor

# The worst first: a family shows the first of these that any of its checks came to.
WORST = (Status.FAILED, Status.ERROR, Status.BLOCKED, Status.KNOWN, Status.PASSED, Status.NOT_APPLICABLE)
EMPTY = Markup("<td></td>")
EVIDENT = (Status.FAILED, Status.ERROR)  # what has an article of its own on the certificate's page


class Column(NamedTuple):
    """A family, or a check with its claim."""

    name: str
    claim: str
    bad: int  # subjects that fail here
    fragment: str  # where a cell of it leads on the page of its row, unless the cell says otherwise


class Line(NamedTuple):
    """A certificate."""

    certificate: Certificate
    page: str
    word: str
    name: str
    brief: str  # the same without the folders of a path
    release: str
    good: bool
    cells: Markup


class Matrix(NamedTuple):
    """What the page shows."""

    columns: list[Column]
    lines: list[Line]


def by_check(certificates: Sequence[Certificate], pages: Sequence[str]) -> Matrix:
    """A column for each check that any subject was asked."""
    claims = {found.id: found.claim for each in certificates for found in each.checks}
    names = sorted(claims)
    rows = [{found.id: found for found in each.checks} for each in certificates]
    columns = [Column(name, claims[name], sum(row[name].status in EVIDENT for row in rows if name in row),
                      anchor("check", name)) for name in names]
    cells = [Markup("").join(_cell(row.get(name)) for name in names) for row in rows]
    return Matrix(columns, _lines(certificates, pages, cells))


def _cell(found: Evidence | None) -> Markup:
    return EMPTY if found is None else CELLS[found.status, found.severity is Severity.MUST]


def _look(status: Status, must: bool) -> str:
    """The classes of a cell: a failed SHOULD or MAY decides nothing, and looks so."""
    return status.value if must or status not in EVIDENT else f"{status.value} minor"


CELLS = {(status, must): Markup('<td class="{}">{}</td>').format(_look(status, must), verdicts.MARKS[status.value])
         for status in Status for must in (True, False)}


def by_family(certificates: Sequence[Certificate], pages: Sequence[str]) -> Matrix:
    """A column for each family: its worst status, and how many checks came to it."""
    rows = [_families(each) for each in certificates]
    names = sorted({name for row in rows for name in row})
    columns = [Column(name, f"checks of the family {name}",
                      sum(any(found.status in EVIDENT for found in row.get(name, [])) for row in rows), "checks")
               for name in names]
    cells = [Markup("").join(_tally(row.get(name, [])) for name in names) for row in rows]
    return Matrix(columns, _lines(certificates, pages, cells))


def _families(certificate: Certificate) -> dict[str, list[Evidence]]:
    groups: dict[str, list[Evidence]] = {}
    for found in certificate.checks:
        groups.setdefault(found.id.partition(".")[0], []).append(found)
    return groups


def _tally(checks: Sequence[Evidence]) -> Markup:
    if not checks:
        return EMPTY
    worst = min(checks, key=lambda found: (WORST.index(found.status), found.severity is not Severity.MUST))
    count = sum(found.status is worst.status for found in checks)
    place = anchor("failure" if worst.status in EVIDENT else "check", worst.id)
    look = _look(worst.status, worst.severity is Severity.MUST)
    mark = verdicts.MARKS[worst.status.value]
    return Markup('<td class="{}" data-to="{}">{} {}</td>').format(look, place, mark, count)


def _lines(certificates: Sequence[Certificate], pages: Sequence[str], cells: Sequence[Markup]) -> list[Line]:
    return [_line(*each) for each in zip(certificates, pages, cells, strict=True)]


def _line(each: Certificate, page: str, cells: Markup) -> Line:
    name = verdicts.name(each)
    folders, slash, rest = each.subject.path.rpartition("/")
    brief = f"…/{rest}{name[len(each.subject.path):]}" if slash and folders else name
    release = " ".join(filter(None, (each.subject.package, each.subject.version)))
    return Line(each, page, verdicts.word(each), words.shown(name, 300), words.shown(brief, 200), release,
                each.verdict == "certified", cells)

