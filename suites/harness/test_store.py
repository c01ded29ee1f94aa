"""The store loses nothing; points go out in other people's formats and come back; history knows noise from change."""

from __future__ import annotations

import csv
import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fiducial.benchmarks import formats, history, store
from fiducial.benchmarks.gate import keeping
from fiducial.benchmarks.store import Point
from fiducial.suites.jobs import Refusal

POINTS = [Point('speed.time_step("a\\b", 1000)', "seconds", (1.5e-5, 1.4e-5, 1.7e-5), "abc123", 1763668800.5, "f"),
          Point("memory.peakmem_step", "bytes", (3e7, 3e7), "abc123", 1763668800.5, "f")]
BMF = {"type": "object", "additionalProperties": {
    "type": "object", "propertyNames": {"maxLength": 64}, "additionalProperties": {
        "type": "object", "required": ["value"], "additionalProperties": False,
        "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")}}}}
GITHUB = {"type": "array", "items": {
    "type": "object", "required": ["name", "unit", "value"], "additionalProperties": False,
    "properties": {"name": {"type": "string"}, "unit": {"type": "string"}, "value": {"type": "number"},
                   "range": {"type": "string"}, "extra": {"type": "string"}}}}
SAMPLE = re.compile(r'^(\w+)\{(\w+="(\\.|[^"\\])*",?)+\} \S+ \d+(\.\d+)?$')


def test_what_was_stored_is_read(tmp_path: Path) -> None:
    file = tmp_path / "store.jsonl"
    store.append(file, [POINTS[0].row()])
    store.append(file, [POINTS[1].row(), {"kind": "selftest", "runs": 3}])
    rows, torn = store.read(file)
    assert (store.points(rows), torn, rows[-1]["runs"]) == (POINTS, 0, 3)
    assert all(len(line) < 1024 for line in file.read_bytes().splitlines())


def test_a_torn_line_costs_itself_alone(tmp_path: Path) -> None:
    file = tmp_path / "store.jsonl"
    store.append(file, [POINTS[0].row()])
    with file.open("a", encoding="utf-8") as lines:
        lines.write('{"schema": "fiducial.st')
    store.append(file, [POINTS[1].row()])
    rows, torn = store.read(file)
    assert (store.points(rows), torn) == (POINTS, 1)


FILL = """
import resource, signal, sys
from fiducial.benchmarks import store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    store.append(sys.argv[1], [{"kind": "point", "long": "x" * 5000}] * 3)
except OSError as error:
    sys.exit(7)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE") or not hasattr(signal, "SIGXFSZ"), reason="no such limit")
def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    """A limit on the size of files ends the write in its middle, as a full disk does."""
    file = tmp_path / "store.jsonl"
    store.append(file, [POINTS[0].row()])
    before = file.read_bytes()
    done = subprocess.run([sys.executable, "-c", FILL, str(file), str(len(before) + 6000)], check=False,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert (done.returncode, file.read_bytes()) == (7, before)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_the_gate_says_that_nothing_was_lost() -> None:
    with pytest.raises(Refusal) as refused:
        keeping._appended("/dev/full", [{"kind": "point"}])
    assert "what was stored before is untouched" in refused.value.sentence
    assert refused.value.exit_status == 3


def test_bencher_and_github_take_what_is_written() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    bmf, github = json.loads(formats.bmf(POINTS)), json.loads(formats.github(POINTS))
    jsonschema.validate(bmf, BMF)
    jsonschema.validate(github, GITHUB)
    latency = bmf[POINTS[0].benchmark]["latency"]
    assert latency == {"value": pytest.approx(15e3), "lower_value": pytest.approx(14e3),
                       "upper_value": pytest.approx(17e3)}
    assert [each["value"] for each in github] == [1.5e-5, 3e7]


def test_openmetrics_is_well_formed() -> None:
    lines = formats.openmetrics(POINTS).split("\n")
    assert lines[-2:] == ["# EOF", ""]
    samples = [line for line in lines if line and not line.startswith("#")]
    assert len(samples) == len(POINTS)
    for line in samples:
        match = SAMPLE.match(line)
        assert match is not None, line
        unit = next(text.split()[3] for text in lines if text.startswith(f"# UNIT {match[1]} "))
        assert match[1].endswith(f"_{unit}")


def test_csv_has_a_row_a_point() -> None:
    rows = list(csv.DictReader(formats.table([*POINTS, Point("=HYPERLINK()", "s", (1.0,), "", 0.0)]).splitlines()))
    assert [row["benchmark"] for row in rows[:2]] == [point.benchmark for point in POINTS]
    assert float(rows[0]["value"]) == POINTS[0].value
    assert rows[2]["benchmark"].startswith("'=")


@pytest.mark.parametrize("name", ["asv", "pytest"])
def test_results_of_others_come_back(name: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(formats.WRITERS[name](POINTS), encoding="utf-8")
    found = formats.read(file)
    assert [(p.benchmark, p.values, p.commit) for p in found] == [(p.benchmark, p.values, p.commit) for p in POINTS]
    assert [p.time for p in found] == pytest.approx([p.time for p in POINTS], abs=1e-3)


def test_asv_reads_what_is_written(tmp_path: Path) -> None:
    results = pytest.importorskip("asv.results")
    file = tmp_path / "machine" / "result.json"
    file.parent.mkdir()
    file.write_text(formats.asv(POINTS), encoding="utf-8")
    found = results.Results.load(str(file), machine_name="fiducial")
    assert found.commit_hash == "abc123"
    assert found.get_result_value(POINTS[0].benchmark, []) == [POINTS[0].value]


ASV: dict[str, Any] = {
    "commit_hash": "abc", "date": 1000, "params": {"machine": "m"}, "version": 2,
    "result_columns": ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b",
                       "stats_q_25", "stats_q_75", "number", "repeat", "samples"],
    "results": {"a.time_x": [[1.0, None, 3.0], [["'u'", "'v'", "'w'"]], "1", 0, 0, None, None, None, None, None, None,
                             [[1.0, 2.0], None, None]],
                "a.track_y": [[7.0], [], "1"], "a.time_failed": [None, [], "1"]}}


def test_parameters_of_asv_stand_in_the_name(tmp_path: Path) -> None:
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine" / "abc-env.json").write_text(json.dumps(ASV), encoding="utf-8")
    (tmp_path / "benchmarks.json").write_text(json.dumps({"a.track_y": {"unit": "bytes"}, "version": 2}),
                                              encoding="utf-8")
    found = formats.read(tmp_path / "machine" / "abc-env.json")
    assert [(p.benchmark, p.values, p.unit) for p in found] == [
        ("a.time_x('u')", (1.0, 2.0), "seconds"), ("a.time_x('w')", (3.0,), "seconds"), ("a.track_y", (7.0,), "bytes")]


@pytest.mark.parametrize("text", ["[]", "{}", "no"])
def test_anything_else_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.json is"):
        formats.read(tmp_path / "x.json")


@pytest.mark.parametrize(("words", "sentence"), [
    (["svg=x"], "--export takes FORMAT=FILE with one of bmf, "),
    (["csv"], "--export takes FORMAT=FILE"),
    (["csv=none/x.csv"], "there is no folder none"),
])
def test_a_file_that_cannot_be_written_is_refused_first(words: list[str], sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        keeping.check("", words)
    assert sentence in refused.value.sentence


def test_a_lasting_change_is_found_where_it_happened() -> None:
    rng = np.random.default_rng(0)
    values = np.exp(0.01 * rng.standard_normal(45)) * np.repeat([1.0, 1.1, 0.9], 15)
    found = history.changes(list(values))
    assert [change.place for change in found] == [15, 30]
    assert [change.ratio for change in found] == pytest.approx([1.1, 0.9 / 1.1], rel=0.02)


def test_a_change_too_small_or_a_series_too_short_is_none() -> None:
    assert history.changes([1.0] * 20 + [1.01] * 20) == []
    assert history.changes([1.0] * 5 + [2.0] * 5) == []


def test_shuffled_series_have_few_changes() -> None:
    rng = np.random.default_rng(0)
    stored = [Point(f"b{k}", "seconds", (float(value),), "c", float(t), "f") for k in range(5)
              for t, value in enumerate(np.exp(0.1 * rng.standard_t(2, 40)))]
    hits, runs = history.false_alarms(stored, 200, alpha=0.001)
    assert stats.binomtest(hits, runs, 0.001, alternative="greater").pvalue > 1e-6


def test_a_threshold_is_what_a_benchmark_does_by_itself() -> None:
    moves = [1.0, 1.02, 1.0, 1.03, 1.0, 1.01, 1.0, 1.02, 1.0]
    low, high = np.quantile(np.abs(np.diff(np.log(moves))), [0.25, 0.75])
    assert history.threshold(moves) == pytest.approx(np.expm1(high + 3 * (high - low)))
    assert history.threshold(moves[:7]) is None
    stored = [Point("a", "seconds", (value,), "c", float(t), mark) for mark in "fg" for t, value in enumerate(moves)]
    assert history.thresholds(stored, "f") == {"a": history.threshold(moves)}


def test_the_command_prints_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "store.jsonl"
    store.append(file, [Point("speed.time_x", "seconds", (1.0 + (t >= 10),), f"commit{t:02}", float(t), "f").row()
                        for t in range(20)])
    history.main([str(file), "--shuffled", "3"])
    out = capsys.readouterr().out
    assert "commit10" in out
    assert "2.000" in out
    assert "of 3 shuffled series" in out
