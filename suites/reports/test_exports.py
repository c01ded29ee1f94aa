"""JUnit XML: what CI services read must count what the certificate says."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from fiducial.checks.evidence import Budget, Certificate, Environment, Evidence, Severity, Status, Subject, Summary
from fiducial.reports.exports import junit


def certificate(*checks: Evidence, **fields: Any) -> Certificate:
    environment = Environment(python="3", numpy="2", scipy="1", hypothesis="6")
    return Certificate(**{"subject": Subject(path="a:B"), "rule": "sgd", "verdict": "certified", "summary": Summary(),
                          "checks": list(checks), "budget": Budget(), "environment": environment, "started": "now",
                          "seconds": 1.0, "fiducial": "0", **fields})


def suite(*checks: Evidence, **fields: Any) -> ElementTree.Element:
    found = ElementTree.fromstring(junit([certificate(*checks, **fields)])).find("testsuite")
    assert found is not None
    return found


@pytest.mark.parametrize(("status", "severity", "kind"), [
    (Status.PASSED, Severity.MUST, None), (Status.FAILED, Severity.MUST, "failure"),
    (Status.BLOCKED, Severity.MUST, "failure"), (Status.ERROR, Severity.MUST, "error"),
    (Status.FAILED, Severity.SHOULD, "system-out"), (Status.ERROR, Severity.MAY, "system-out"),
    (Status.KNOWN, Severity.MUST, "skipped"), (Status.NOT_APPLICABLE, Severity.MUST, "skipped"),
])
def test_a_status_becomes_an_element(status: Status, severity: Severity, kind: str | None) -> None:
    found = suite(Evidence(id="a.b", claim="c", severity=severity, status=status, reason="why"))
    case = found.find("testcase")
    assert case is not None
    assert [child.tag for child in case] == ([kind] if kind else [])
    counts = {name: int(found.get(name, "-1")) for name in ("failures", "errors", "skipped")}
    expected = {"failure": "failures", "error": "errors", "skipped": "skipped"}.get(kind or "")
    assert counts == {name: int(name == expected) for name in counts}


def test_a_stale_entry_is_a_failure() -> None:
    found = suite(Evidence(id="a.b", claim="c", severity=Severity.MAY, status=Status.PASSED, stale=True))
    assert found.get("failures") == "1"


def test_a_subject_that_cannot_be_built_is_an_error() -> None:
    assert suite(verdict="error", reason="no module").get("errors") == "1"


def test_what_a_subject_says_cannot_break_the_file() -> None:
    nasty = "<b>&\x00\x1b[31m ]]> \ud800"
    found = suite(Evidence(id="a.b", claim=nasty, severity=Severity.MUST, status=Status.FAILED, reason=nasty))
    assert "<b>&" in (found.findtext("testcase/failure") or "")
