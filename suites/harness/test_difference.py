"""What changed between two certificates of one subject, and what of it is worse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fiducial.checks.evidence import Budget, Certificate, Environment, Evidence, Severity, Status, Subject, Summary
from fiducial.suites.difference import Change, difference, differences
from fiducial.suites.jobs import Refusal
from fiducial.suites.series import Measured

ENVIRONMENT = Environment(python="3", numpy="2", scipy="1", hypothesis="6")


def check(status: Status = Status.PASSED, measured: float = 0.1) -> Evidence:
    return Evidence(id="rule.follows-definition", claim="c", severity=Severity.MUST, status=status, measured=measured,
                    allowed=1.0)


def certificate(*checks: Evidence, verdict: Any = "certified", path: str = "a:B", **subject: Any) -> Certificate:
    return Certificate(subject=Subject(path=path, **subject), rule="sgd", verdict=verdict, summary=Summary(),
                       checks=list(checks), budget=Budget(), environment=ENVIRONMENT, started="", seconds=0.0,
                       fiducial="0")


def test_two_alike_differ_in_nothing() -> None:
    assert difference(certificate(check()), certificate(check())).changes == []


@pytest.mark.parametrize(("before", "after", "expected"), [
    (certificate(check()), certificate(check(Status.FAILED)),
     Change(what="rule.follows-definition", before="passed", after="failed", direction="worse")),
    (certificate(check(Status.ERROR)), certificate(check()),
     Change(what="rule.follows-definition", before="error", after="passed", direction="better")),
    (certificate(), certificate(check(Status.FAILED)),
     Change(what="rule.follows-definition", before="absent", after="failed", direction="worse")),
    (certificate(check()), certificate(), Change(what="rule.follows-definition", before="passed", after="absent")),
    (certificate(verdict="certified"), certificate(verdict="not-certified"),
     Change(what="verdict", before="certified", after="not-certified", direction="worse")),
    (certificate(hyperparameters={"lr": 0.1}), certificate(hyperparameters={"lr": 0.2}),
     Change(what="hyper-parameter lr", before="0.1", after="0.2")),
    (certificate(version="1.0"), certificate(version="1.1"), Change(what="version", before="1.0", after="1.1")),
    (certificate(check(measured=0.01)), certificate(check(measured=0.5)),
     Change(what="rule.follows-definition: share of its tolerance", before="0.01", after="0.5")),
])
def test_what_changed_is_told(before: Certificate, after: Certificate, expected: Change) -> None:
    found = difference(before, after)
    assert found.changes == [expected]
    assert found.worse is (expected.direction == "worse")


def test_several_are_matched_by_path() -> None:
    before = [Measured(certificate(path=path), {}) for path in ("a:A", "a:B")]
    after = [Measured(certificate(path=path), {}) for path in ("a:B", "a:C")]
    assert [each.subject for each in differences(before, after)] == ["a:B"]
    with pytest.raises(Refusal, match="no common subject"):
        differences(before[:1] * 2, after)


def test_the_command(tmp_path: Path) -> None:
    for name, found in (("before", certificate(check())), ("after", certificate(check(Status.FAILED)))):
        (tmp_path / f"{name}.json").write_text(found.model_dump_json(by_alias=True))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "fiducial", "diff", *words], cwd=tmp_path, capture_output=True,
                              text=True, check=False)

    worse = run("before.json", "after.json", "--json", "found.json")
    assert worse.returncode == 1
    assert "worse   rule.follows-definition: passed → failed" in worse.stdout
    record = json.loads((tmp_path / "found.json").read_text())
    assert record["differences"][0]["changes"][0]["direction"] == "worse"
    assert run("before.json", "before.json").stdout == "a:B   nothing changed\n"
    assert run("after.json", "before.json").returncode == 0
    assert "is no certificate" in run("before.json", "found.json").stderr
    assert run("before.json", "absent.json").returncode == 2
