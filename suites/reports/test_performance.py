"""The performance page: what was timed is read from every kind of record, and drawn where it belongs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fiducial.benchmarks import formats, history, store
from fiducial.reports import performance, speeds
from fiducial.reports.site import build
from fiducial.suites.reports.samples import HOSTILE, hostile

BENCH = {"schema": "fiducial.bench/1", "subjects": [{
    "subject": "my:<Adam>", "settings": {"lr": "0.1"}, "verdict": "not certified: 2 checks failed (rule adam)",
    "rows": [{"layout": "few large", "contestant": name, "state_bytes_per_parameter": 8.0, "peak_bytes": 2**20,
              "seconds": {"median": 2e-3, "lowest": 1e-3, "highest": 3e-3},
              "subject_over_it": {"median": 1.5, "lowest": 1.4, "highest": 1.6}} for name in ("subject", "fused")]}]}


def points(name: str = "suite.time_step(adam)", *, place: str = "machine") -> list[store.Point]:
    """Twenty quiet commits, then twenty that take twice as long."""
    return [store.Point(name, "seconds", (value, value * 1.01), f"commit{day:04}", 1.7e9 + 86400 * day, place)
            for day, value in enumerate([*[1e-3 + 1e-6 * k for k in range(20)], *[2e-3 + 1e-6 * k for k in range(20)]])]


def stored(file: Path, *lists: list[store.Point]) -> Path:
    store.append(file, [each.row() for every in lists for each in every])
    return file


def test_a_store_is_read_as_its_owner_reads_it(tmp_path: Path) -> None:
    file = stored(tmp_path / "store.jsonl", points())
    ours, torn = speeds.of_store(file.read_text())
    theirs = store.points(store.read(file)[0])
    assert torn == 0
    assert [(each.benchmark, each.value, each.low, each.high, each.commit, each.where) for each in ours] == [
        (each.benchmark, each.value, each.low, each.high, each.commit, each.fingerprint) for each in theirs]


def test_a_result_of_asv_is_read_as_its_owner_reads_it() -> None:
    data = json.loads(formats.asv(points()[:1]))
    (ours,), (theirs,) = speeds.of_asv(data), formats.read_asv(data, {})
    assert (ours.benchmark, ours.value, ours.commit, ours.time) == (
        theirs.benchmark, theirs.value, theirs.commit, theirs.time)


def test_what_failed_in_asv_has_no_point() -> None:
    data: dict[str, Any] = {"commit_hash": "c", "date": 1000, "params": {"machine": "m"}, "result_columns": [
        "result", "params"], "results": {"a.time_x": [[1.0, None, float("nan")], [["1", "2", "3"]]], "a.time_y": [None],
                                         "a.track_z": [[3]]}}
    assert [(each.benchmark, each.unit) for each in speeds.of_asv(data)] == [("a.time_x(1)", "seconds"),
                                                                            ("a.track_z", "")]


def test_benchmarks_of_one_name_share_a_chart_and_places_do_not() -> None:
    names = [f"suite.time_step({name})" for name in ("adam", "torch", "sgd")]
    every = [each for name in names for each in points(name)] + points(place="another")
    rows = [speeds.Point(each.benchmark, each.unit, each.value, each.low, each.high, each.commit, each.time,
                         each.fingerprint) for each in every]
    found = performance.charts(rows, None)
    assert [(chart.where, [line.name for line in chart.lines]) for chart in found] == [
        ("another", names[:1]), ("machine", sorted(names))]
    for mark in found[1].lines[0].marks:
        assert 0 <= mark.x <= performance.WIDTH
        assert 0 <= mark.y <= performance.HEIGHT
    assert found[0].lines[0].marks[0].y > found[0].lines[0].marks[-1].y  # slower stands higher


def test_a_change_is_marked_where_it_is() -> None:
    rows, _ = speeds.of_store("\n".join(json.dumps({"schema": store.SCHEMA, **each.row()}) for each in points()))
    ((line,),) = [chart.lines for chart in performance.charts(rows, history.changes)]
    (turn,) = line.turns
    assert turn.said == "1.99 times from commit0020 on"
    assert (turn.worse, turn.x) == (True, line.marks[20].x)


def test_the_page_says_verdict_and_peers(tmp_path: Path) -> None:
    stored(tmp_path / "store.jsonl", points())
    (tmp_path / "bench.json").write_text(json.dumps(BENCH))
    found = build([str(tmp_path)], str(tmp_path / "out"), compare=lambda old, new: [], changes=history.changes)
    assert found.problems == []
    text = (tmp_path / "out" / "performance.html").read_text()
    assert '<td class="failed">not certified: 2 checks failed (rule adam)</td>' in text
    assert "my:&lt;Adam&gt; lr=0.1" in text
    assert "1.50 (1.40 to 1.60)" in text
    assert "1.99 times from commit0020 on" in text


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("s.jsonl", '{"schema": "fiducial.store/1", "kind": "po', "has 1 line that cannot be read; the others are shown"),
    ("s.jsonl", '{"schema": "other/1"}\n[]\n', "has 2 lines that cannot be read; the others are shown"),
    ("a.json", '{"result_columns": [], "results": {}, "commit_hash": "c"}', "breaks its schema: 'params'"),
    ("b.json", '{"schema": "fiducial.bench/1"}', "breaks its schema: 'subjects'"),
])
def test_what_is_spoilt_is_said(name: str, content: str, sentence: str, tmp_path: Path) -> None:
    stored(tmp_path / "good.jsonl", points())
    (tmp_path / name).write_text(content)
    found = build([str(tmp_path)], str(tmp_path / "out"), compare=lambda old, new: [])
    assert found.problems == [f"{tmp_path / name} {sentence}"]
    assert (tmp_path / "out" / "performance.html").exists()


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_stay_words(kind: str, tmp_path: Path) -> None:
    text = HOSTILE[kind].encode("utf-8", "replace").decode()
    row = {"schema": store.SCHEMA, "kind": "point", "benchmark": text, "unit": text, "values": [1.0], "commit": text,
           "time": 1e30, "fingerprint": text}
    (tmp_path / "s.jsonl").write_text(json.dumps(row))
    (tmp_path / "c.json").write_text(hostile(text).model_dump_json(by_alias=True))
    assert build([str(tmp_path)], str(tmp_path / "out"), compare=lambda old, new: []).problems == []
    page = (tmp_path / "out" / "performance.html").read_text(encoding="utf-8")
    assert page.count("<script>") == 1
    assert len(page) < 100_000


@pytest.mark.parametrize(("value", "unit", "said"), [
    (1.5, "seconds", "1.5 s"), (2e-3, "seconds", "2 ms"), (3.21e-6, "s", "3.21 µs"), (4e-9, "seconds", "4 ns"),
    (12345.0, "instructions", "1.234e+04 instructions"), (2.0, "", "2")])
def test_a_figure_is_told_with_its_unit(value: float, unit: str, said: str) -> None:
    assert performance.told(value, unit) == said
