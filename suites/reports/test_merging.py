"""Merging: nothing that failed on one device may vanish behind another, and nothing is counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from fiducial.checks.evidence import Budget, Certificate, Environment, Evidence, Severity, Status, Subject, Summary
from fiducial.reports.merging import joined, merged


def certificate(device: str, *, path: str = "a:B", framework: str = "torch 2", reason: str | None = None,
                **statuses: Status) -> Certificate:
    checks = [Evidence(id=f"rule.{name}", claim="c", severity=Severity.MUST, status=status, examples=3, reason=device)
              for name, status in statuses.items()]
    fields: dict[str, Any] = {"python": "3", "numpy": "2", "scipy": "1", "hypothesis": "6"}
    return Certificate(subject=Subject(path=path), rule="sgd", verdict="certified", summary=Summary(), checks=checks,
                       decisive="rule.a", budget=Budget(false_alarm=1e-7), reason=reason, seconds=2.0, fiducial="0",
                       environment=Environment(**fields, device=device, framework=framework), started=f"2026 {device}")


@pytest.mark.parametrize(("cpu", "cuda", "both", "judged"), [
    (Status.PASSED, Status.PASSED, Status.PASSED, "certified"),
    (Status.PASSED, Status.FAILED, Status.FAILED, "not-certified"),
    (Status.ERROR, Status.PASSED, Status.ERROR, "not-certified"),
    (Status.PASSED, Status.BLOCKED, Status.BLOCKED, "not-certified"),
    (Status.KNOWN, Status.PASSED, Status.KNOWN, "certified"),
    (Status.PASSED, Status.NOT_APPLICABLE, Status.PASSED, "certified"),
])
def test_the_worse_of_two_devices_counts(cpu: Status, cuda: Status, both: Status, judged: str) -> None:
    found = merged([certificate("cpu", a=cpu), certificate("cuda", a=cuda)])
    (check,) = found.checks
    assert (check.status, found.verdict) == (both, judged)
    assert check.by_device == {"cpu": cpu, "cuda": cuda}
    assert (check.examples, found.seconds, found.budget.false_alarm) == (6, 4.0, 2e-7)


def test_a_check_of_one_device_alone_is_kept() -> None:
    found = merged([certificate("cpu", a=Status.PASSED), certificate("cuda", a=Status.PASSED, b=Status.FAILED)])
    assert [(check.id, check.by_device) for check in found.checks] == [
        ("rule.a", {"cpu": Status.PASSED, "cuda": Status.PASSED}), ("rule.b", {"cuda": Status.FAILED})]
    assert found.summary == Summary(passed=1, failed=1)


def test_environments_name_what_differs() -> None:
    found = merged([certificate("cpu", a=Status.PASSED),
                    certificate("cuda", framework="torch 3", reason="no device: none", a=Status.NOT_APPLICABLE)])
    assert found.environment.framework == "cpu: torch 2; cuda: torch 3"
    assert (found.environment.device, found.environment.python) == ("cpu, cuda", "3")
    assert found.reason == "cuda: no device: none"
    assert Certificate.model_validate_json(found.model_dump_json(by_alias=True)) == found


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(ValueError, match="must be of different devices, got cpu, cpu"):
        merged([certificate("cpu", a=Status.PASSED)] * 2)
    with pytest.raises(ValueError, match="must speak of one subject"):
        merged([certificate("cpu", a=Status.PASSED), certificate("cuda", path="a:C", a=Status.PASSED)])


def test_several_subjects_are_joined_each_with_its_own() -> None:
    given = [certificate(device, path=path, a=Status.PASSED) for device in ("cpu", "cuda") for path in ("a:B", "a:C")]
    found = joined([*given, certificate("cpu", path="a:D", a=Status.PASSED)])
    assert [(each.subject.path, each.environment.device) for each in found] == [
        ("a:B", "cpu, cuda"), ("a:C", "cpu, cuda"), ("a:D", "cpu")]
