"""The certificate page: one file that holds everything, for a reader who has ten seconds or an hour."""

from __future__ import annotations

from collections.abc import Sequence

from fiducial.checks.evidence import Certificate
from fiducial.reports import words
from fiducial.reports.pages import render
from fiducial.reports.view import View

LARGEST = 1_000_000  # bytes of a page about one certificate
LIMITS = (words.USUAL, 200, 60, 20)  # characters of one text, the first under which the page is small enough


def page(certificates: Sequence[Certificate], *, trail: bool = False) -> str:
    """Certificates as one self-contained page; one alone takes at most a megabyte, for which long texts are cut.

    trail  the page is part of a site, and leads back to its index
    """
    views = [View(certificate) for certificate in certificates]
    title = f"{views[0].word}: {views[0].name}" if len(views) == 1 else f"{len(views)} certificates"
    for limit in LIMITS:
        made = render("certificate.html", views=views, title=title, trail=trail, limit=limit)
        if len(made.encode()) <= LARGEST * len(views):
            break
    return made
