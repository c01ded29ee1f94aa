"""The gate from the call to the exit status, on a project whose benchmarks read a clock of their own.

Its functions cost what the version says, to the last bit: no verdict here hangs on how busy the machine is.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fiducial.benchmarks.gate.command import call
from fiducial.benchmarks.gate.configuration import read
from fiducial.benchmarks.gate.decision import SCREEN, Rule
from fiducial.suites.jobs import Refusal

SPEED = """
import toy

now = 0.0


class Clocked:
    number = 1
    timer = staticmethod(lambda: now)

    def passes(self, seconds):
        global now
        now += seconds

    def time_steady(self):
        self.passes(1.0)

    def time_worse(self):
        self.passes(toy.WORSE)

    def time_better(self):
        self.passes(1 / toy.WORSE)

    def time_a_little_worse(self):
        self.passes(1 + (toy.WORSE - 1) / 10)


class Parameters:
    number = 1
    timer = staticmethod(lambda: now)
    params = ([1, 2], ["a", "b"])

    def time_one_of_four(self, n, name):
        Clocked().passes(toy.WORSE if (n, name) == (2, "a") else 1.0)


class Skipped:
    def setup(self):
        raise NotImplementedError("needs a GPU")

    def time_never(self):
        pass


def track_size():
    return toy.WORSE
"""
FAILS = """
import os, time
import toy


def time_raises():
    raise ValueError("on purpose")


def time_dies():
    os._exit(3)


def time_new():
    toy.new()


class Hangs:
    timeout = 0.3

    def time_hangs(self):
        time.sleep(60)


def peakmem_fine():
    pass
"""
ALPHA = 0.2  # the clock draws nothing, so a few pairs will do
Run = Callable[..., tuple[int, dict[str, Any]]]


def project(folder: Path, source: str, **files: str) -> Path:
    """A version: a package `toy`, and asv's benchmarks of it."""
    for place in (folder / "toy", folder / "benchmarks"):
        place.mkdir(parents=True)
    (folder / "toy" / "__init__.py").write_text(source, encoding="utf-8")
    (folder / "benchmarks" / "__init__.py").write_text("", encoding="utf-8")
    for name, text in files.items():
        (folder / "benchmarks" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with base, head (20 % worse) and broken versions."""
    home = tmp_path_factory.mktemp("versions")
    project(home / "base", "WORSE = 1.0\n", speed=SPEED, fails=FAILS, absent="import nothing_of_this_name")
    project(home / "head", "WORSE = 1.2\ndef new(): pass\n", speed=SPEED, fails=FAILS,
            absent="import nothing_of_this_name")
    (home / "pyproject.toml").write_text(f"[tool.fiducial.gate]\nalpha = {ALPHA}\n", encoding="utf-8")
    return home


@pytest.fixture
def gate(versions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the gate in the folder of the versions; status and record."""
    monkeypatch.chdir(versions)

    def run(*sides: str, **options: Any) -> tuple[int, dict[str, Any]]:
        base, head = (*sides, None, None)[:2]
        status = call(base, head, json=str(tmp_path / "record.json"), **options)
        return status, json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))

    return run


def words(record: dict[str, Any]) -> dict[str, str]:
    """Benchmark → verdict."""
    return {each["name"].removeprefix("speed."): each["verdict"] for each in record["benchmarks"]}


def test_what_is_slower_is_said_and_nothing_else(gate: Run) -> None:
    status, record = gate("base", "head", bench=["speed"])
    assert status == 1
    assert words(record) == {
        "Clocked.time_steady": "same", "Clocked.time_worse": "slower", "Clocked.time_better": "faster",
        "Clocked.time_a_little_worse": "same", "Parameters.time_one_of_four(1, 'a')": "same",
        "Parameters.time_one_of_four(1, 'b')": "same", "Parameters.time_one_of_four(2, 'a')": "slower",
        "Parameters.time_one_of_four(2, 'b')": "same", "Skipped.time_never": "not measured", "track_size": "slower"}
    worse = next(each for each in record["benchmarks"] if each["name"] == "speed.Clocked.time_worse")
    assert worse["ratio"] == pytest.approx(1.2)
    assert len(worse["screened"]) == SCREEN
    assert worse["p"] <= Rule(ALPHA).share
    assert len(worse["confirmed"]) == Rule(ALPHA).confirming(4)


def test_a_version_is_as_fast_as_itself(gate: Run) -> None:
    status, record = gate("head", "head", bench=["speed.Clocked"], strict=True)
    assert (status, set(words(record).values())) == (0, {"same"})


def test_each_failure_is_told_and_the_rest_is_measured(gate: Run) -> None:
    chosen = ["fails.(Hangs|peakmem|time_raises|time_dies)", "absent", "time_steady"]
    status, record = gate("head", "head", bench=chosen)
    reasons = {each["name"]: each["reason"] for each in record["benchmarks"] if each["verdict"] == "failed"}
    assert status == 3
    assert reasons["fails.time_raises"].startswith("ValueError: on purpose")
    assert reasons["fails.time_dies"] == "its process ended with status 3"
    assert reasons["fails.Hangs.time_hangs"] == "it took more than 0.3 s"
    assert "nothing_of_this_name" in reasons["benchmarks.absent"]
    assert words(record)["Clocked.time_steady"] == words(record)["fails.peakmem_fine"] == "same"


def test_a_benchmark_that_is_new_is_no_failure(gate: Run) -> None:
    status, record = gate("base", "head", bench=["time_new", "time_steady"])
    assert (status, words(record)["fails.time_new"]) == (0, "not measured")


@pytest.mark.parametrize("pattern", ["Skipped", "no such benchmark"])
def test_nothing_measured_is_never_a_pass(gate: Run, pattern: str) -> None:
    assert gate("base", "head", bench=[pattern])[0] == 4


def test_identical_code_is_held_against_itself(gate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    status, record = gate("head", bench=["Clocked.time_steady"], selftest=2)
    assert (status, record["selftest"]["red"], record["selftest"]["comparisons"]) == (0, 0, 2)
    assert record["selftest"]["red_below"] == pytest.approx(1 - 0.05 ** (1 / 2))
    assert "0 of 2 runs on identical code were red" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "options", "sentence"), [
    ((), {}, "give two versions"),
    (("base",), {}, "give two versions"),
    (("base", "head"), {"selftest": 3}, "leave HEAD out"),
    (("base", "head"), {"inject": 0.1}, "needs --selftest"),
    (("base", "nowhere"), {}, "nowhere is no folder"),
    (("base", "head"), {"bench": ["("]}, "is no regular expression"),
    (("base", "head"), {"config": "absent.toml"}, "there is no file absent.toml"),
    (("base", "base/toy"), {}, "has no benchmarks in benchmarks"),
])
def test_a_wrong_call_says_what_is_wrong(gate: Run, words: tuple[str, ...], options: dict[str, Any],
                                         sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        gate(*words, **options)
    assert sentence in refused.value.sentence
    assert refused.value.exit_status == 2


@pytest.mark.parametrize(("table", "sentence"), [
    ("minimun = 0.1", "no key 'minimun', did you mean minimum?"),
    ("minimum = '5 %'", "minimum must be a number, got '5 %'"),
    ("minimum = -1", "minimum must be positive, got -1"),
    ("alpha = 2", "alpha must lie between 0 and 1, got 2"),
    ("select = 'x'", "select must be a list of texts"),
    ("select = ['(']", "is no regular expression"),
    ("qqq = 1", "no key 'qqq'; known are benchmarks, "),
    ("alpha = ", "is no TOML"),
])
def test_a_wrong_configuration_says_what_is_wrong(tmp_path: Path, table: str, sentence: str) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(f"[tool.fiducial.gate]\n{table}\n", encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        read(str(file))
    assert sentence in refused.value.sentence
    assert refused.value.exit_status == 2


def test_a_configuration_is_read(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text("[tool.fiducial.gate]\nminimum = 0.1\nselect = ['a']\n", encoding="utf-8")
    assert (read(str(file)).minimum, read(str(file)).select) == (0.1, ("a",))


def repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git repository with two commits, the second 20 % worse, and a tag on each."""
    project(folder, "WORSE = 1.0\n", speed=SPEED)
    monkeypatch.chdir(folder)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]

    def commit(tag: str) -> None:
        for command in (["add", "-A"], ["commit", "-q", "-m", tag], ["tag", tag]):
            subprocess.run(["git", *identity, *command], cwd=folder, check=True, capture_output=True)

    subprocess.run(["git", "init", "-q"], cwd=folder, check=True, capture_output=True)
    commit("first")
    (folder / "toy" / "__init__.py").write_text("WORSE = 1.2\n", encoding="utf-8")
    commit("second")
    (folder / "pyproject.toml").write_text("[build-system]\nrequires = []\nbuild-backend = 'none_of_these'\n",
                                           encoding="utf-8")
    commit("broken")


def test_commits_are_compared_and_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path / "repository", monkeypatch)
    assert call("first", "second", bench=["Clocked.time_worse"]) == 1
    with pytest.raises(Refusal) as unknown:
        call("first", "secnd")
    assert unknown.value.sentence == "secnd is neither a folder nor a commit, did you mean second?"
    with pytest.raises(Refusal) as unbuilt:
        call("first", "broken")
    assert unbuilt.value.sentence.startswith("broken does not build: ")
    assert unbuilt.value.exit_status == 3
    trees = subprocess.run(["git", "worktree", "list"], check=True, capture_output=True, text=True).stdout
    status = subprocess.run(["git", "status", "--porcelain"], check=True, capture_output=True, text=True).stdout
    assert (len(trees.splitlines()), status) == (1, "")


def test_a_package_of_another_place_is_no_version(versions: Path, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that reaches for the package elsewhere would hold a version against itself."""
    elsewhere = tmp_path / "elsewhere" / "toy"
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").write_text("WORSE = 1.0\n", encoding="utf-8")
    reaching = f"import sys\nsys.path.insert(0, {str(elsewhere.parent)!r})\nimport toy\ndef time_it(): pass\n"
    project(tmp_path / "head", "WORSE = 1.2\n", speed=reaching)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refusal) as refused:
        call(str(versions / "base"), "head")
    assert "toy was imported from" in refused.value.sentence
    assert refused.value.exit_status == 3
