"""Real subjects that misbehave, from import to step: each becomes evidence, and the next check runs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fiducial
from fiducial.checks.evidence import Certificate, Status
from fiducial.suites import certify as door
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.runner import Coordinator, run

torch = pytest.importorskip("torch")

FIRST, ALL = "rule.first-step-follows-definition", "rule.follows-definition"
BUILT = "construction.refuses-an-empty-list"
SUBJECTS = """
import ctypes, os, sys, time
import torch
from torch.optim import SGD

class Exits(SGD):
    def step(self, closure=None):
        os._exit(0)

class Hangs(SGD):
    def step(self, closure=None):
        time.sleep(1e6)

class Spins(SGD):
    def step(self, closure=None):
        while True:
            try:
                time.sleep(1e6)
            except BaseException:
                pass

class Crashes(SGD):
    def step(self, closure=None):
        ctypes.string_at(0)

class Floods(SGD):
    def step(self, closure=None):
        while True:
            print("again")

class Loud(SGD):
    def step(self, closure=None):
        print("x" * 2_000_000)
        os.write(2, b"y" * 1_000_000)
        return super().step(closure)

class Hogs(SGD):
    def step(self, closure=None):
        torch.ones(2**36)

class Leaves(SGD):
    def step(self, closure=None):
        sys.exit(0)

class StuckAtBirth(SGD):
    def __init__(self, *args, **kwargs):
        time.sleep(1e6)

class DeadAtBirth(SGD):
    def __init__(self, *args, **kwargs):
        os._exit(5)

class Reads(SGD):
    def step(self, closure=None):
        assert sys.stdin.read() == ""
        return super().step(closure)

class Leaks(SGD):
    kept = []

    def step(self, closure=None):
        self.kept.append(torch.empty(2**27, dtype=torch.float64))
        return super().step(closure)

class SetsDefaultDtype(SGD):
    def step(self, closure=None):
        torch.set_default_dtype(torch.float64)
        return super().step(closure)

class Twin(SGD):
    alone = True

    def step(self, closure=None):
        if Twin.alone:
            Twin.alone = False
            if os.fork() == 0:
                return None
        return super().step(closure)

class Multiplies(SGD):
    def step(self, closure=None):
        os.fork()
        return super().step(closure)

class Forks(SGD):
    def step(self, closure=None):
        if os.fork() == 0:
            time.sleep(1e6)
        return super().step(closure)
"""
IN_A_SCRIPT = """
import fiducial
from torch.optim import SGD

class Mine(SGD):
    pass

print(fiducial.certify(Mine, "sgd", level="quick", only="{only}", jobs=1).verdict)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the subjects."""
    place = tmp_path_factory.mktemp("subjects")
    (place / "bad.py").write_text(SUBJECTS)
    (place / "raises.py").write_text("raise ValueError('not today [red]')")
    (place / "broken.py").write_text("def f(:")
    (place / "hangs.py").write_text("while True: pass")
    return place


@pytest.fixture(scope="module")
def coordinator() -> Iterator[Coordinator]:
    with Coordinator() as process:
        yield process
    door.close()


def job(folder: Path, name: str, **limits: Any) -> Job:
    """A job for one of the subjects: two checks that step, one that does not."""
    return Job(subject=name if ":" in name else f"bad.py:{name}", rule="sgd", level="quick", folder=str(folder),
               **{"only": [FIRST, ALL, BUILT], "timeout": 20, "build_timeout": 60, "memory": 2**30, **limits})


def found(certificate: Certificate) -> dict[str, tuple[Status, str | None]]:
    """Status and reason by id."""
    return {check.id: (check.status, check.reason) for check in certificate.checks}


@pytest.mark.parametrize(("name", "reason", "limits"), [
    ("Exits", "the process ended itself (exit status 0)", {}),
    ("Hangs", "hung: no answer within 1 s", {"timeout": 1}),
    ("Spins", "hung: no answer within 1 s", {"timeout": 1}),
    ("Floods", "hung: no answer within 1 s", {"timeout": 1}),
    ("Crashes", "the process crashed (signal SIGSEGV)", {}),
    ("Hogs", "out of memory: more than 1G", {}),
    ("Leaves", "the subject raised SystemExit", {}),
    ("Leaks", "out of memory: more than 16G", {"memory": 2**34, "only": [ALL, BUILT]}),
])
def test_what_a_step_does_to_its_process_is_an_error(
        coordinator: Coordinator, folder: Path, name: str, reason: str, limits: dict[str, Any]) -> None:
    certificate = run(job(folder, name, **limits), coordinator)
    assert certificate.verdict == "not-certified"
    outcomes = found(certificate)
    assert outcomes.pop(BUILT) == (Status.PASSED, None)
    assert {why for status, why in outcomes.values() if status is Status.ERROR} == {reason}
    assert {status for status, _ in outcomes.values()} <= {Status.ERROR, Status.BLOCKED}


def test_a_default_dtype_that_is_changed_is_evidence_and_reaches_no_other_check(
        coordinator: Coordinator, folder: Path) -> None:
    left_alone = "state.default-dtype-left-alone"
    certificate = run(job(folder, "SetsDefaultDtype", only=[FIRST, ALL, BUILT, left_alone]), coordinator)
    outcomes = found(certificate)
    assert outcomes.pop(left_alone) == (Status.FAILED, "the default dtype: torch.float32 became torch.float64")
    assert {status for status, _ in outcomes.values()} == {Status.PASSED}


@pytest.mark.parametrize("name", ["Twin", "Multiplies"])
def test_a_child_that_goes_on_as_its_parent_says_nothing_in_its_stead(
        coordinator: Coordinator, folder: Path, name: str) -> None:
    """The first step, or every one, leaves a copy of the process, which returns from it as well: one verdict, each
    check once, and no copy goes on to make copies."""
    certificate = run(job(folder, name), coordinator)
    assert sorted(found(certificate)) == sorted([FIRST, ALL, BUILT])
    assert certificate.verdict != "error"


def test_output_is_counted_and_the_numbers_stand(coordinator: Coordinator, folder: Path) -> None:
    certificate = run(job(folder, "Loud"), coordinator)
    status, reason = found(certificate)[FIRST]
    assert (certificate.verdict, status) == ("certified", Status.PASSED)
    assert reason is not None
    assert reason.startswith("printed ")
    assert reason.endswith(" MB")


@pytest.mark.parametrize("name", ["Reads", "Forks"])
def test_what_harms_nobody_passes(coordinator: Coordinator, folder: Path, name: str) -> None:
    assert run(job(folder, name), coordinator).verdict == "certified"


@pytest.mark.parametrize(("name", "sentence"), [
    ("StuckAtBirth", "hung: no answer within 2 s"),
    ("hangs.py:X", "hung: no answer within 2 s"),
    ("DeadAtBirth", "the process ended itself (exit status 5)"),
    ("raises.py:X", "importing raises.py raised ValueError: not today [red]"),
    ("broken.py:X", "importing broken.py raised SyntaxError"),
    ("absent.py:X", "there is no file absent.py"),
    ("no_such_module_at_all:X", "there is no module 'no_such_module_at_all'"),
    ("bad.py:Absent", "bad.py has no attribute 'Absent'"),
    ("torch:zeros", "torch:zeros"),
    ("json:JSONDecoder", "json:JSONDecoder is no optimizer"),
])
def test_a_subject_that_cannot_be_built_gets_the_verdict_error(
        coordinator: Coordinator, folder: Path, name: str, sentence: str) -> None:
    certificate = run(job(folder, name, build_timeout=2 if "hung" in sentence else 60), coordinator)
    assert (certificate.verdict, certificate.checks) == ("error", [])
    assert certificate.reason is not None
    assert sentence in certificate.reason


def test_an_impossible_setting_is_a_wrong_call(coordinator: Coordinator) -> None:
    with pytest.raises(Refusal, match=r"torch.optim:SGD takes no momentun; did you mean momentum") as refusal:
        run(Job(subject="torch.optim:SGD", rule="sgd", settings={"momentun": 0.9}), coordinator)
    assert refusal.value.exit_status == 2


def test_lanes_and_seed_decide_nothing_but_the_time(coordinator: Coordinator) -> None:
    def outcome(lanes: int) -> list[dict[str, Any]]:
        ordered = Job(subject="torch.optim:SGD", rule="sgd", level="quick", lanes=lanes, only=["rule.*", "state.*"])
        return [check.model_dump(exclude={"seconds"}, mode="json") for check in run(ordered, coordinator).checks]

    assert outcome(1) == outcome(3)


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script's file in a fresh process."""
    (folder / "script.py").write_text(textwrap.dedent(code))
    return subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, check=False)


def test_a_script_without_a_main_guard_certifies_a_class_of_its_own(tmp_path: Path) -> None:
    done = python(IN_A_SCRIPT.format(only=ALL), tmp_path)
    assert (done.stdout, done.stderr) == ("certified\n", "")


def test_a_notebook_certifies_a_class_of_its_own(tmp_path: Path) -> None:
    cell = IN_A_SCRIPT.format(only=ALL)
    done = python(f"import __main__\ndel __main__.__file__\nexec({cell!r}, vars(__main__))\n", tmp_path)
    assert (done.stdout, done.stderr) == ("certified\n", "")


def test_a_test_certifies_a_class_of_its_own() -> None:
    class Mine(torch.optim.SGD):  # type: ignore[misc, name-defined]
        """Half the step that it should take."""

        def step(self, closure: Any = None) -> Any:
            before = [p.detach().clone() for group in self.param_groups for p in group["params"]]
            loss = super().step(closure)
            with torch.no_grad():
                for old, p in zip(before, [p for group in self.param_groups for p in group["params"]], strict=True):
                    p.copy_((p + old) / 2)
            return loss

    certificate = fiducial.certify(Mine, "sgd", level="quick", only=[ALL], jobs=1)
    assert certificate.verdict == "not-certified"
    assert found(certificate)[ALL][0] is Status.FAILED


@pytest.mark.parametrize(("words", "status"), [
    (["bad.py:Hangs=sgd", "--timeout", "1", "--only", FIRST], 1),
    (["bad.py:StuckAtBirth=sgd", "--build-timeout", "2"], 3),
    (["torch.optim:SGD", "--only", ALL], 0),
    (["torch.optim:SGD", "--set", "momentun=0.9"], 2),
])
def test_exit_statuses_from_the_shell(folder: Path, words: list[str], status: int) -> None:
    done = subprocess.run([sys.executable, "-m", "fiducial", "certify", "--level", "quick", *words], cwd=folder,
                          capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
