"""Certificates in every format that a file can have: what writes each, by the name of its option."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from os import W_OK, access
from pathlib import Path

from fiducial.checks.evidence import Certificate

Export = Callable[[Sequence[Certificate]], str]
JINJA = "an HTML page needs Jinja2: pip install 'fiducial[report]'"


def target(file: str) -> str:
    """The file, where it can be written; a folder that is absent is somebody else's to say. Raises ValueError."""
    path = Path(file)
    if path.is_dir():
        raise ValueError(f"{file} cannot be written: it is a folder; name a file in it")
    if path.parent.is_dir() and not access(path if path.exists() else path.parent, W_OK):
        raise ValueError(f"{file} cannot be written: permission denied; choose another place")
    return file


def export(kind: str, file: str) -> Export:
    """What writes a file of this kind. Raises ValueError, in one sentence, where a package is missing."""
    if kind == "html":
        return _pages()
    if kind == "badge":
        from fiducial.reports import badge

        return badge.endpoint if Path(file).suffix == ".json" else badge.svg
    from fiducial.reports import exports, markdown, sarif, sheet

    return {"junit": exports.junit, "sarif": sarif.sarif, "markdown": markdown.markdown, "csv": sheet.sheet}[kind]


def needs_jinja() -> None:
    """Raises ValueError where Jinja2 is not installed."""
    if find_spec("jinja2") is None:
        raise ValueError(JINJA)


def _pages() -> Export:
    needs_jinja()
    from fiducial.reports import certificate

    return certificate.page
