"""Counting instructions: the difference of two processes, a gate at half a percent, a reason where none are counted."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from fiducial.benchmarks.gate import instructions
from fiducial.benchmarks.gate.command import call
from fiducial.benchmarks.gate.instructions import Uncounted, count, of_a_call
from fiducial.benchmarks.gate.pairing import Arena, Figures
from fiducial.benchmarks.gate.session import Version

BASE, HEAD = Version("base", ()), Version("head", ())
SPEED = """
import toy

def time_work():
    toy.work()
"""
WORK = """
def work():
    for _ in range({turns}):
        pass
"""


@pytest.fixture
def arena(tmp_path: Path) -> Arena:
    """Two versions that nobody starts."""
    return Arena({"base": BASE, "head": HEAD}, tmp_path, tmp_path, random.Random(0))


def test_what_both_processes_share_cancels(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "counted", lambda _, side, name, calls: 1_000_000 + 1000 * calls)
    assert of_a_call(arena, BASE, "x") == 1000.0


@pytest.mark.parametrize(("head", "word"), [
    (1000.0, "same"), (1004.0, "same"), (1010.0, "slower"), (990.0, "faster")])
def test_half_a_percent_is_the_line(arena: Arena, monkeypatch: pytest.MonkeyPatch, head: float, word: str) -> None:
    monkeypatch.setattr(instructions, "of_a_call", lambda _, side, name: head if side is HEAD else 1000.0)
    result = count([Figures("x", "time", "seconds", 60.0)], arena, lambda line: None)
    assert [each.word for each in result.verdicts] == [word]
    assert result.status(strict=False) == int(word == "slower")


def test_what_stands_out_is_counted_again(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = iter([1010.0, 1001.0])
    monkeypatch.setattr(instructions, "of_a_call", lambda _, side, name: next(heads) if side is HEAD else 1000.0)
    assert count([Figures("x", "time", "seconds", 60.0)], arena, lambda line: None).verdicts[0].word == "same"


def test_a_process_that_fails_is_a_failure_of_its_side(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Arena, side: Version, name: str) -> float:
        if side.label == name:
            raise Uncounted("ValueError: no")
        return 1000.0

    monkeypatch.setattr(instructions, "of_a_call", fails)
    figures = [Figures(side, "time", "seconds", 60.0) for side in ("head", "base")]
    assert [each.word for each in count(figures, arena, lambda line: None).verdicts] == ["failed", "not measured"]


def versions(home: Path, base: int, head: int) -> None:
    """Two projects whose work is a loop of so many turns."""
    for name, turns in (("base", base), ("head", head)):
        for folder, file, text in (("toy", "__init__", WORK.format(turns=turns)), ("benchmarks", "__init__", ""),
                                   ("benchmarks", "speed", SPEED)):
            (home / name / folder).mkdir(parents=True, exist_ok=True)
            (home / name / folder / f"{file}.py").write_text(text, encoding="utf-8")


def test_without_valgrind_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    versions(tmp_path, 10, 10)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert call("base", "head", instructions=True) == 4
    assert "nothing was measured: valgrind is not installed" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(instructions.absent() is not None, reason="valgrind is not installed")
@pytest.mark.parametrize(("head", "status"), [(20_000, 0), (20_200, 1)])
def test_one_percent_is_found_and_nothing_else(head: int, status: int, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    versions(tmp_path, 20_000, head)
    monkeypatch.chdir(tmp_path)
    assert call("base", "head", instructions=True, json="record.json") == status
    found = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))["benchmarks"][0]
    assert found["ratio"] == pytest.approx(head / 20_000, abs=2e-3)
