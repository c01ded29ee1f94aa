"""Optimizers that nobody here wrote, certified through subject files as anybody would certify them.

Each subject of `subjects/` follows its definition but for what its file lists as known, with the reason that was read
in the package's source: a failure that is not listed fails the test, and so does an entry that passes. Those of
`wrong.toml` do not follow theirs.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from fiducial.checks.evidence import DECISIVE, Severity, Status
from fiducial.suites.certify import ordered
from fiducial.suites.jobs import Job
from fiducial.suites.runner import Coordinator, run
from fiducial.suites.subject_files import Listed, read

pytestmark = [pytest.mark.zoo, pytest.mark.filterwarnings("ignore")]

FOLDER = Path(__file__).parent / "subjects"
WRONG = "wrong.toml"
SUBJECTS = [(file.name, name) for file in sorted(FOLDER.glob("*.toml")) if file.name != WRONG
            for name in read(str(file))]


@pytest.fixture(scope="module")
def coordinator() -> Iterator[Coordinator]:
    """What compiles its step is certified as it is written: compiling takes minutes."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TORCHDYNAMO_DISABLE", "1")
        with Coordinator() as process:
            yield process


def asked(listed: Listed, only: list[str] | None = None) -> Job:
    """The job for a subject of a file; skipped where its package is not installed."""
    package = listed.subject.split(":")[0].split(".")[0]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: ./run test --all installs what is small")
    job = ordered(listed.subject, listed.rule, settings=listed.settings, level="standard", seed=0, jobs=1, timeout=60.0,
                  memory="4G", device="cpu", only=only or [])
    assert isinstance(job, Job)
    return listed.on(job)


@pytest.mark.parametrize(("file", "name"), SUBJECTS, ids=lambda value: str(value))
def test_it_is_certified_but_for_what_is_known(coordinator: Coordinator, file: str, name: str) -> None:
    listed, known = read(str(FOLDER / file))[name]
    certificate = run(asked(listed).model_copy(update={"known": known}), coordinator)
    wrong = {Status.FAILED, Status.ERROR, Status.BLOCKED}
    bad = [(each.id, each.reason) for each in certificate.checks
           if each.stale or (each.severity is Severity.MUST and each.status in wrong)]
    assert (certificate.verdict, bad) == ("certified", []), certificate.reason
    assert {each.id for each in certificate.checks if each.status is Status.KNOWN} == set(known)


@pytest.mark.parametrize("name", read(str(FOLDER / WRONG)))
def test_wrong_numbers_are_not_certified(coordinator: Coordinator, name: str) -> None:
    listed, _ = read(str(FOLDER / WRONG))[name]
    certificate = run(asked(listed), coordinator)
    assert certificate.verdict == "not-certified"
    assert next(each for each in certificate.checks if each.id == DECISIVE).status is Status.FAILED


@pytest.mark.parametrize(("subject", "rule", "settings", "name"), [
    ("optimi:SGD", "sgd", {"dampening": True}, "sgd/average"),
    ("torch_optimizer:NovoGrad", "novograd", {}, "novograd/waiting"),
])
def test_a_dialect_is_named_and_not_certified_as_its_rule(
        coordinator: Coordinator, subject: str, rule: str, settings: dict[str, bool], name: str) -> None:
    listed = Listed(subject=subject, rule=rule, settings=settings)
    certificate = run(asked(listed, ["rule.follows-definition"]), coordinator)
    assert certificate.verdict == "not-certified"
    assert certificate.deviation is not None
    assert certificate.deviation.name.split(" = ")[0] == name
