"""`fiducial bench`: what is counted is counted right, the verdict stands beside the time, a refusal is one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from fiducial.benchmarks import bench, stepping
from fiducial.benchmarks.desk import references
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.series import Output

SHAPES = [(8, 16)] * 3
ROWS = [{"layout": "few large", "contestant": name, "seconds": seconds, "state_bytes_per_parameter": 8.0,
         "peak_bytes": 2**20} for name, seconds in (("subject", [2.0, 2.0, 9.0]), ("AdamW fused", [1.0, 4.0, 9.0]))]


def contestant(name: str, **settings: Any) -> stepping.Contestant:
    """One of torch's classes on small parameters, after two steps."""
    factory = getattr(torch.optim, name)
    found = stepping.Contestant(lambda held: factory(held, **settings), list(SHAPES), "cpu")
    found.step()
    found.step()
    return found


@pytest.mark.parametrize(("name", "settings", "kept"), [
    ("SGD", {"lr": 0.1}, 0), ("SGD", {"lr": 0.1, "momentum": 0.9}, 4), ("Adam", {}, 8),
    ("Adam", {"amsgrad": True}, 12)])
def test_state_is_counted_to_the_byte(name: str, settings: Mapping[str, Any], kept: int) -> None:
    found = contestant(name, **settings)
    counters = 4 * len(SHAPES) if name == "Adam" else 0
    assert found.state_bytes() == kept * 3 * 8 * 16 + counters


def test_an_optimizer_that_wants_a_closure_is_stepped() -> None:
    assert contestant("LBFGS").seconds("cpu") > 0


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells")
def test_peak_memory_holds_the_state() -> None:
    """Adam keeps 8 bytes a parameter, so a step needs at least as much, and 64 times it is no measure of it.

    In a fresh process, as in a bench: it forks, which no process may in which JAX has started its threads.
    """
    code = ("import torch; from fiducial.benchmarks import stepping; "
            "print(stepping.peak(lambda held: torch.optim.Adam(held), [(1024, 1024)], 'cpu'))")
    found = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert 8 * 2**20 <= found < 64 * 8 * 2**20


def test_contestants_share_each_round() -> None:
    factories = {"subject": lambda held: torch.optim.SGD(held, lr=0.1), **stepping.rivals("cpu")}
    rows = stepping.compete(factories, list(SHAPES), 3, "cpu", seed=0)
    assert [row["contestant"] for row in rows] == ["subject", *stepping.PATHS]
    assert all(len(row["seconds"]) == 3 and min(row["seconds"]) > 0 for row in rows)


def test_a_ratio_is_that_of_one_round() -> None:
    """Of the rounds 2/1, 2/4 and 9/9 the median is 1, which the ratio of the medians, 2/4, is not."""
    subject, fused = bench.summarized([ROWS, ROWS])
    assert subject["subject_over_it"]["median"] == 1.0
    assert fused["subject_over_it"] == {"median": 1.0, "lowest": 1.0, "highest": 1.0}
    assert fused["seconds"]["median"] == 4.0


@pytest.mark.parametrize(("text", "sentence"), [
    ("torch.optim:SparseAdam", "cannot step few large parameters"),
    ("torch.nn.functional:softmax", "is no optimizer"),
    ("nothing_here:X", "there is no module 'nothing_here'"),
])
def test_a_refusal_is_one_sentence(text: str, sentence: str) -> None:
    job = Job(subject=text, folder=".")
    found = stepping.answered(json.dumps({"job": json.loads(job.model_dump_json()), "rounds": 1, "memory": False}))
    assert sentence in found["refused"]
    assert found["status"] == 3


def test_a_record_is_shown_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench, "one_process", lambda *_, **__: {"rows": ROWS, "torch": "2"})
    monkeypatch.setattr(bench, "verdict", lambda job: "not certified: 2 checks failed (rule sgd)")
    file = tmp_path / "bench.json"
    assert bench.bench(["m:Mine"], Output.to(str(file)), settings={"lr": 0.1}) == 0
    record = json.loads(file.read_text(encoding="utf-8"))
    assert (record["schema"], record["subjects"][0]["verdict"][:13]) == ("fiducial.bench/1", "not certified")
    assert "m:Mine lr=0.1  not certified: 2 checks failed" in capsys.readouterr().out


def test_the_last_refusal_is_the_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuses(*_: object, **__: object) -> dict[str, Any]:
        raise Refusal("it cannot", 3)

    monkeypatch.setattr(bench, "one_process", refuses)
    assert bench.bench(["m:Mine"], Output.to(None), settings={}, certified=False) == 3
    assert "fiducial: it cannot" in capsys.readouterr().err


@pytest.mark.slow
def test_the_whole_command(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    assert bench.bench(["torch.optim:SGD"], Output.to(str(file)), settings={"momentum": 0.9}, rounds=3,
                       processes=2) == 0
    found = json.loads(file.read_text(encoding="utf-8"))["subjects"][0]
    assert found["verdict"].startswith("certified at level quick")
    assert [row["state_bytes_per_parameter"] for row in found["rows"] if row["contestant"] == "subject"] == [4.0, 4.0]


def test_passes_over_memory_are_counted_by_hand() -> None:
    """x - ηg: η g reads one array and writes one, the difference reads two and writes one."""
    assert references.traffic("gradient_descent") == (5, 2)


def test_what_torch_has_stands_beside_the_definitions() -> None:
    classes = {name for name, found in vars(torch.optim).items()
               if isinstance(found, type) and issubclass(found, torch.optim.Optimizer)} - {"Optimizer"}
    assert classes - {factory for factory, _ in references.PAIRS.values()} == {"LBFGS", "SparseAdam"}


def test_a_definition_is_timed_beside_torch() -> None:
    found = references.row("adam", 1000, 3, copied=1e-6)
    assert found["ours_ms"] > 0
    assert found["low"] <= found["ratio"] <= found["high"]
