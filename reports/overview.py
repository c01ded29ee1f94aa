"""The pages of a site beside its certificates: matrices, releases compared, coverage and errata of the catalogue."""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fiducial.checks.evidence import Certificate
from fiducial.reports import matrix, tables
from fiducial.reports.pages import render
from fiducial.reports.performance import charts, peers
from fiducial.reports.releases import Step
from fiducial.reports.results import Record, Results
from fiducial.reports.speeds import Changes

Named = Mapping[str, Certificate]  # by the file of its page


class Link(NamedTuple):
    """A page of the site, as its navigation names it."""

    page: str
    name: str


def links(certificates: Named, steps: Sequence[Step], found: Results) -> list[Link]:
    """The pages that this site has."""
    has = (("index.html", "By family", True), ("checks.html", "By check", bool(certificates)),
           ("releases.html", "Releases compared", bool(steps)), ("catalogue.html", "Catalogue", bool(found.catalogues)),
           ("performance.html", "Performance", bool(found.points or found.timed)),
           ("pictures.html", "Pictures", bool(found.pictures)))
    return [Link(page, name) for page, name, there in has if there]


def families(certificates: Named, problems: Sequence[str], site: Sequence[Link]) -> str:
    """The index: subjects by families, and what is missing."""
    shown = matrix.by_family(list(certificates.values()), list(certificates))
    return _matrix(shown, certificates, site, here="index.html", problems=problems)


def checks(certificates: Named, site: Sequence[Link]) -> str:
    """Subjects by checks."""
    shown = matrix.by_check(list(certificates.values()), list(certificates))
    return _matrix(shown, certificates, site, here="checks.html", problems=())


def _matrix(shown: matrix.Matrix, certificates: Named, site: Sequence[Link], *, here: str,
            problems: Sequence[str]) -> str:
    every = list(certificates.values())
    packages = sorted({each.subject.package for each in every if each.subject.package})
    good = sum(each.verdict == "certified" for each in every)
    return render("matrix.html", shown=shown, site=site, here=here, problems=problems, packages=packages, good=good,
                  narrow=here == "checks.html")


def releases(steps: Sequence[Step], certificates: Named, site: Sequence[Link]) -> str:
    """Each release of a package beside the one before it."""
    page_of = {id(each): page for page, each in certificates.items()}
    return render("releases.html", steps=steps, page_of=lambda each: page_of[id(each)], site=site,
                  here="releases.html")


def catalogue(record: Any, site: Sequence[Link]) -> str:
    """Coverage and errata, from a record of the catalogue."""
    return render("catalogue.html", site=site, here="catalogue.html", lines=list(tables.summary(record)),
                  coverage=(tables.COVERAGE, [tables.covered(row) for row in record["rows"]]),
                  errata=(tables.ERRATA, tables.refuted(record)), limit=4000)


def pictures(drawn: Sequence[Record], site: Sequence[Link]) -> str:
    """Every picture, as an image that is part of the page."""
    shown = [(each["name"], base64.b64encode(each["svg"].encode()).decode()) for each in drawn]
    return render("pictures.html", shown=shown, site=site, here="pictures.html", limit=sys.maxsize)


def performance(found: Results, changes: Changes | None, site: Sequence[Link]) -> str:
    """Benchmarks over commits, and subjects beside their peers."""
    return render("performance.html", charts=charts(found.points, changes), peers=list(peers(found.timed)),
                  searched=changes is not None, site=site, here="performance.html")
