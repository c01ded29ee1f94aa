"""The pytest door, from outside: each test runs a pytest of its own on real subjects."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

WRONG = """
import torch

class Ascends(torch.optim.SGD):
    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad, alpha=group["lr"])

class CannotBeBuilt(torch.optim.SGD):
    def __init__(self, params, lr=0.1):
        raise OSError("no such thing")
"""
DECORATED = """
import torch
from fiducial import parametrize_with_checks
from wrong import Ascends

@parametrize_with_checks([torch.optim.SGD, "wrong.py:Ascends=sgd"], level="quick")
def test_contract(check):
    check()
"""


def run(folder: Path, *words: str) -> tuple[int, str]:
    """A pytest in a folder of its own, without this project's settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", *words], cwd=folder,
                          capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return tmp_path


def test_each_check_is_a_test(folder: Path) -> None:
    status, said = run(folder, "--certify", "torch.optim:SGD=sgd", "--certify-level", "quick", "--junit-xml=found.xml")
    assert status == 0, said
    assert re.search(r"\b\d{2,3} passed", said), said
    cases = ElementTree.parse(folder / "found.xml").getroot().iter("testcase")
    case = next(case for case in cases if case.get("name") == "rule.follows-definition")
    assert case.get("classname") == "torch.optim:SGD=sgd"
    assert {each.get("name") for each in case.iter("property")} == {"measured", "allowed", "examples", "severity"}


def test_a_wrong_subject_fails_in_a_few_lines_and_only_its_failures_run_again(folder: Path) -> None:
    chosen = ("--certify", "wrong.py:Ascends=sgd", "--certify-level", "quick")
    status, said = run(folder, *chosen, "-k", "rule.follows-definition or closure.called-once")
    assert status == 1
    assert "1 failed, 1 passed" in said or "1 failed, 1 skipped" in said, said
    assert re.search(r"rule\.follows-definition fails for wrong\.py:Ascends\n  claim     \S", said), said
    assert "replay    fiducial certify wrong.py:Ascends=sgd --only rule.follows-definition" in said
    assert "Traceback" not in said
    status, said = run(folder, *chosen, "--lf")
    assert status == 1
    assert re.search(r"1 failed, \d+ deselected", said), said


def test_a_broken_convention_is_a_warning_unless_strict(folder: Path) -> None:
    chosen = ("--certify", "torch.optim:AdamW", "-k", "construction.refuses-infinity")
    status, said = run(folder, *chosen)
    assert status == 0, said
    assert "FiducialWarning: SHOULD construction.refuses-infinity" in said
    status, said = run(folder, *chosen, "--certify-strict")
    assert status == 1, said
    assert "1 failed" in said


def test_a_subject_that_cannot_be_built_is_one_failure(folder: Path) -> None:
    status, said = run(folder, "--certify", "wrong.py:CannotBeBuilt=sgd", "--certify-level", "quick")
    assert status == 1
    assert re.search(r"1 failed, \d+ skipped", said), said
    assert "it raised OSError: no such thing" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("table", "words", "sentence"), [
    ("", ("--certify", "torch.optim:AdamW=adamv"), "no rule is named adamv, did you mean adam"),
    ("", ("--certify", "torch.optim:AdamW", "--certify-level", "full"), "level must be quick, standard or deep"),
    ("", ("--certify-listed",), "lists no subjects"),
    ('subjets = ["torch.optim:SGD"]', ("--certify-listed",), "there is no key subjets; the nearest is subjects"),
    ('subjects = [{subject = "torch.optim:SGD", ruel = "sgd"}]', ("--certify-listed",), "the nearest is rule"),
    ("level = 3", ("--certify-listed",), "level: Input should be"),
    ("level = [", ("--certify-listed",), "pyproject.toml"),
])
def test_a_wrong_call_is_one_sentence(folder: Path, table: str, words: tuple[str, ...], sentence: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n[tool.fiducial]\n{table}\n")
    status, said = run(folder, *words)
    assert status in (3, 4), said
    assert sentence in said
    assert "Traceback" not in said


def test_the_users_pyproject_lists_subjects(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\n[tool.fiducial]\nlevel = "quick"\n'
        'subjects = [{subject = "torch.optim:SGD", settings = {momentum = 0.9}}]\n')
    status, said = run(folder, "--certify-listed", "-k", "first-step", "-vv")
    assert status == 0, said
    assert "torch.optim:SGD(momentum=0.9)::rule.first-step-follows-definition" in said


def test_a_test_of_ones_own_is_given_every_check(folder: Path) -> None:
    (folder / "test_mine.py").write_text(DECORATED)
    status, said = run(folder, "-k", "follows-definition", "test_mine.py")
    assert status == 1, said
    assert "FAILED test_mine.py::test_contract[wrong.py:Ascends-rule.follows-definition]" in said
    assert "FAILED test_mine.py::test_contract[SGD-" not in said
    assert "Traceback" not in said


def test_under_xdist_a_subject_is_certified_once(folder: Path) -> None:
    (folder / "counted.py").write_text(
        "import torch, pathlib\n"
        "pathlib.Path(__file__).with_name('imports.txt').open('a').write('x')\n"
        "SGD = torch.optim.SGD\n")
    status, said = run(folder, "-n", "2", "--certify", "counted.py:SGD", "--certify-level", "quick")
    assert status == 0, said
    one_run = (folder / "imports.txt").read_text()
    assert 1 <= len(one_run) <= 1 + (os.cpu_count() or 1)  # one import a process of one run


def test_nothing_of_ours_is_imported_until_an_option_is_used(folder: Path) -> None:
    (folder / "test_one.py").write_text(
        "import sys\n\ndef test_one():\n"
        "    ours = {name for name in sys.modules if name.startswith('fiducial')}\n"
        "    assert ours == {'fiducial', 'fiducial.suites', 'fiducial.suites.plugin'}\n")
    status, said = run(folder, "test_one.py")
    assert status == 0, said


def test_the_plugin_takes_less_than_20_ms() -> None:
    code = "import pytest, time; t = time.perf_counter(); import fiducial.suites.plugin; print(time.perf_counter() - t)"
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
             for _ in range(5)]
    assert sorted(times)[2] < 0.020
