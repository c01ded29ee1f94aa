"""All checks as CSV, a line each: for a spreadsheet, or for a data frame."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from fiducial.checks.evidence import Certificate
from fiducial.reports import words

COLUMNS = ("subject", "settings", "way", "rule", "package", "version", "device", "level", "seed", "verdict", "check",
           "severity", "status", "measured", "allowed", "examples", "seconds", "reason")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute a cell that begins so


def sheet(certificates: Sequence[Certificate]) -> str:
    """Every check of every certificate; a subject that could not be built has one line without a check."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for certificate in certificates:
        about = _about(certificate)
        for found in certificate.checks:
            writer.writerow([*about, *map(text, (found.id, found.severity.value, found.status.value)),
                             *("" if each is None else repr(each) for each in (found.measured, found.allowed)),
                             found.examples, f"{found.seconds:.4f}", text(found.reason or "")])
        if not certificate.checks:
            writer.writerow([*about, *[""] * (len(COLUMNS) - len(about) - 1), text(certificate.reason or "")])
    return file.getvalue().removesuffix("\n")


def _about(certificate: Certificate) -> list[str]:
    subject, budget = certificate.subject, certificate.budget
    settings = json.dumps(subject.settings, sort_keys=True) if subject.settings else ""
    told = (subject.path, settings, subject.way or "", certificate.rule or "", subject.package or "",
            subject.version or "", certificate.environment.device, budget.level, str(budget.seed), certificate.verdict)
    return [text(each) for each in told]


def text(value: str) -> str:
    """Words that no spreadsheet computes."""
    seen = words.shown(value)
    return f"'{seen}" if seen.startswith(FORMULA) else seen
