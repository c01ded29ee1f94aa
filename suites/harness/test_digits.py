"""The digits: a net made of the references alone reads at least 97 % of those that it has never seen."""

import importlib.util
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiducial.suites.demonstrations import digits

pytest.importorskip("sklearn")


def recorded(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What a run prints."""
    assert digits.main(list(arguments)) == 0
    return json.loads(capsys.readouterr().out)


def test_each_optimizer_reads_at_least_97_percent(capsys: pytest.CaptureFixture[str]) -> None:
    found = recorded(capsys)
    assert (found["trained_on"], found["held_out"]) == (1348, 449)
    assert [run["optimizer"] for run in found["runs"]] == ["sgd", "adam", "rmsprop"]
    for run in found["runs"]:
        assert run["accuracy"] >= 0.97
        assert run["losses"][-1] < 0.02 < run["losses"][0]


def test_a_run_is_drawn_and_reproducible(
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(digits, "EPOCHS", 2)
    pictures = [tmp_path / "first.svg", tmp_path / "second.svg"]
    first, second = (recorded(capsys, "--optimizer", "sgd", "--seed", "3", "--out", str(path)) for path in pictures)
    assert first["runs"][0]["losses"] == second["runs"][0]["losses"]
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    words = " ".join(ET.parse(pictures[0]).getroot().itertext())
    assert "sgd" in words
    assert "epoch" in words


def test_what_is_held_out_is_not_trained_on() -> None:
    data = digits.load(0)
    trained, held = ({row.tobytes() for row in x} for x in (data.x, data.held_x))
    assert len(trained & held) <= 1797 - len(np.unique(np.concatenate([data.x, data.held_x]), axis=0))
    assert abs(float(data.x.mean())) < 1e-15


@pytest.mark.parametrize(("package", "arguments", "sentence"), [
    ("sklearn", [], "the digits come with scikit-learn: pip install scikit-learn\n"),
    ("matplotlib", ["--out", "loss.svg"], "a picture needs matplotlib: pip install 'fiducial[plots]'\n"),
])
def test_a_missing_package_is_named(package: str, arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else found(name))
    assert digits.main(arguments) == 2
    assert capsys.readouterr().err == sentence


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--seed", "-1"], "argument --seed: must be a whole number of at least 0, got '-1'"),
    (["--out", "loss.png"], "--out: must be a file name ending in .svg in a folder that exists, got 'loss.png'"),
])
def test_a_bad_argument_is_refused_in_one_sentence(arguments: list[str], sentence: str,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        digits.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(sentence)
