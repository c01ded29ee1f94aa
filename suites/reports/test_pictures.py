"""Pictures: each is drawn from a record of a run, the same from the same one, and what cannot be drawn is said."""

from __future__ import annotations

import copy
import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import gradient_descent
from fiducial.reports import pictures
from fiducial.reports.site import build
from fiducial.suites import cli, rules
from fiducial.suites.demonstrations import curves, ulps, walks
from fiducial.suites.demonstrations.pictures import MADE, record
from fiducial.suites.jobs import Refusal
from fiducial.suites.reports.samples import HOSTILE

drawings = pytest.importorskip("fiducial.reports.drawings")
SVG = "{http://www.w3.org/2000/svg}"
FEW = {"valley": ["sgd", "adam"], "saddle": ["sgd"], "rosenbrock": ["adam"], "schedules": ["cosine", "step"],
       "depth": ["kaiming_normal"], "loss": ["adam"], "grid": ["sgd", "adam"], "ulps": ["torch.optim:Adam"]}
QUICK = ("valley", "saddle", "rosenbrock", "schedules", "depth")


@pytest.fixture(scope="module")
def records() -> dict[str, dict[str, Any]]:
    return {name: record(name, FEW[name], seed=0) for name in QUICK}


@pytest.mark.parametrize("name", QUICK)
def test_a_record_is_drawn_alike_each_time(name: str, records: dict[str, Any]) -> None:
    again = json.loads(json.dumps(records[name], allow_nan=False))
    text = pictures.svg(records[name])
    assert pictures.svg(again) == text
    assert len(ElementTree.fromstring(text).findall(f".//{SVG}path")) > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FEW if name not in QUICK])
def test_a_picture_of_dearer_runs_is_drawn(name: str) -> None:
    ElementTree.fromstring(pictures.svg(record(name, FEW[name], seed=0)))


def test_every_picture_has_a_drawing_and_no_drawing_lacks_runs() -> None:
    assert MADE.keys() == drawings.DRAWN.keys() == FEW.keys()


def test_a_walk_is_the_definitions() -> None:
    land = walks.LANDSCAPES["valley"]
    found = walks.walked(walks.walker("sgd"), land)
    x = np.array(land.start)
    for place, height in zip(found["path"][:20], found["loss"], strict=False):
        assert (x == place).all()
        assert land.value(x) == height
        x, _ = gradient_descent.step(x, land.slope(x), gradient_descent.init(x), lr=found["rate"])


def test_of_all_rates_the_best_is_taken_and_a_leap_is_none() -> None:
    land = walks.LANDSCAPES["rosenbrock"]
    longest = land.stride * max(np.subtract(land.high, land.low))
    path = np.array(walks.walked(walks.walker("adam"), land)["path"])
    assert len(path) == land.steps + 1
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() <= longest
    assert walks.best(land, lambda rate: lambda x: x + 3.0) is None


@pytest.mark.slow
def test_a_class_walks_as_its_rule_does() -> None:
    land = walks.LANDSCAPES["valley"]
    ours, theirs = (walks.walked(walks.walker(name), land) for name in ("adam", "torch.optim:Adam"))
    assert ours["rate"] == theirs["rate"]
    assert np.allclose(ours["path"], theirs["path"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("text", "path", "settings"), [
    ("adam", "adam", {}), ("torch.optim:SGD(lr=0.1, momentum=0.9)", "torch.optim:SGD", {"lr": 0.1, "momentum": 0.9}),
    ("m:A(betas=(0.9, 0.99), name='x')", "m:A", {"betas": (0.9, 0.99), "name": "x"}),
])
def test_a_subject_is_named_with_its_settings(text: str, path: str, settings: dict[str, Any]) -> None:
    assert walks.walker(text) == walks.Walker(text, path, settings)


@pytest.mark.parametrize(("picture", "subjects", "sentence"), [
    ("vally", [], "no picture is named vally; did you mean valley? "),
    ("valley", ["nosuch"], "nosuch is neither a rule nor package.module:Attr"),
    ("valley", ["adam(foo=1)"], "adam has no option foo; its options are lr, "),
    ("valley", ["adam(lr=__import__('os'))"], "a subject of a picture is NAME or NAME(option=literal), got adam(lr=__"),
    ("schedules", ["cosin"], "no schedule is named cosin; there are step; "),
    ("depth", ["x"], "no start is named x"),
    ("ulps", ["adam"], "a class such as torch.optim:Adam is held against its definition, got adam"),
    ("ulps", ["my:Thing"], "my:Thing names no rule"),
])
def test_a_wrong_call_is_refused_in_one_sentence(picture: str, subjects: list[str], sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        record(picture, subjects, seed=0)
    assert refused.value.sentence.startswith(sentence)
    assert refused.value.exit_status == 2


@pytest.mark.slow
@pytest.mark.parametrize(("content", "sentence"), [
    ("import os; os._exit(3)", "s.py:A ended in an error (3): it said nothing"),
    ("class A:\n    def __init__(self, *a, **k): raise ValueError('no')", "s.py:A cannot be built: ValueError: no"),
    ("1/0", "importing s.py raised ZeroDivisionError"),
])
def test_a_subject_that_fails_is_said_in_one_sentence(
        content: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.py").write_text(content)
    with pytest.raises(Refusal) as refused:
        record("valley", ["s.py:A"], seed=0)
    assert refused.value.sentence.startswith(sentence)
    assert refused.value.exit_status == 3


def test_the_distance_of_a_definition_from_itself_is_rounding() -> None:
    found = ulps.measured(walks.walker("torch.optim:Adam"), 0)
    assert max(found["float64"]) < 10 < len(found["float64"])
    group = {"lr": 0.5, "betas": (0.1, 0.2), "eps": None}
    rule = rules.find("adam")
    assert rule is not None
    assert ulps.of_subject(rule, group) == {"lr": 0.5, "beta1": 0.1, "beta2": 0.2}


def test_starts_do_to_a_signal_what_theory_says(records: dict[str, Any]) -> None:
    through = curves.depth(["kaiming_normal", "normal, 0.01"], 0)["squares"]["relu"]
    assert 0.1 < through["kaiming_normal"][-1] < 10  # preserved in the mean over nets
    assert through["normal, 0.01"][-1] < 1e-30  # each layer keeps a share of about 256 · 0.01² / 2


def test_a_schedule_is_its_definitions() -> None:
    rates = curves.schedules([], 0)["rates"]
    assert all(len(found) == curves.STEPS + 1 and 0 <= min(found) <= max(found) <= 0.1001 for found in rates.values())
    assert (rates["cosine"][0], rates["cosine"][50]) == pytest.approx((0.1, 0.05))


@pytest.mark.parametrize(("score", "label"), [
    (1.2, "better"), (1.0, "as good"), (0.6, "half as good"), (0.2, "worse"), (-3, "worse than staying")])
def test_a_score_has_a_colour(score: float, label: str) -> None:
    assert [said for _, colour, said in drawings.GRADES if colour == drawings.grade(score)] == [label]
    assert drawings.grade(None) == drawings.UNJUDGED


def test_walks_move(records: dict[str, Any], tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pictures.draw(records["saddle"], str(tmp_path / "s.gif"))
    with image.open(tmp_path / "s.gif") as moving:
        assert (moving.n_frames > 20, moving.is_animated) == (True, True)
    pictures.draw(records["valley"], str(tmp_path / "v.animated.svg"))
    root = ElementTree.parse(tmp_path / "v.animated.svg").getroot()
    assert len(root.findall(f".//{SVG}animateMotion")) == 2
    for each in root.findall(f".//{SVG}animate"):
        times, values = (str(each.get(name)).split(";") for name in ("keyTimes", "values"))
        assert len(times) == len(values)
        assert [float(time) for time in times] == sorted(map(float, times))
    with pytest.raises(ValueError, match=r"schedules has no steps to animate; draw it as \.svg or \.png"):
        pictures.draw(records["schedules"], str(tmp_path / "s.gif"))


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_drawn_as_words(kind: str, records: dict[str, Any], tmp_path: Path) -> None:
    found = copy.deepcopy(records["valley"])
    found["walks"][0]["name"] = HOSTILE[kind]
    pictures.draw(found, str(tmp_path / "x.animated.svg"))
    for text in (pictures.svg(found), (tmp_path / "x.animated.svg").read_text()):
        tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(text).iter()}
        assert not tags & {"script", "a", "image", "img", "foreignObject"}


@pytest.mark.parametrize("file", ["", "x.pdf", "x", "absent/x.svg", ".svg"])
def test_a_file_that_cannot_be_drawn_is_refused_before_anything_runs(file: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--out takes a file|there is no folder"):
        pictures.drawable(str(tmp_path / file) if "/" in file else file)


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"a picture needs matplotlib: pip install 'fiducial\[plots\]'"):
        pictures.drawable(str(tmp_path / "x.svg"))


def test_a_site_shows_pictures_and_says_which_are_spoilt(records: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(records["schedules"]))
    (tmp_path / "bad.json").write_text(json.dumps({"schema": "fiducial.picture/1", "picture": "valley"}))
    (tmp_path / "odd.json").write_text(json.dumps({"schema": "fiducial.picture/1", "picture": "nosuch"}))
    found = build([str(tmp_path)], str(tmp_path / "out"), compare=lambda old, new: [])
    assert [problem.partition(" cannot be drawn: ")[2][:40] for problem in found.problems] == [
        "the record of the picture valley is spoi", "no picture is named nosuch; the pictures"]
    assert (tmp_path / "out" / "pictures.html").read_text().count("data:image/svg+xml;base64,") == 1


def test_the_command_draws_and_writes_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "x.png"
    words = ["plot", "schedules", "cosine", "--out", str(out), "--json", str(tmp_path / "x.json")]
    monkeypatch.setattr(sys, "argv", ["fiducial", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    assert out.read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "x.json").read_text())["picture"] == "schedules"
