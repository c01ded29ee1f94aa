"""A site is built out of what can be read, says what cannot, and is renewed where something has changed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fiducial.checks.evidence import Certificate, Status
from fiducial.reports import formats, releases
from fiducial.reports.site import LIST, Built, build
from fiducial.suites import cli
from fiducial.suites.difference import difference
from fiducial.suites.reports.samples import HOSTILE, certificate, evidence, failed, hostile, usual

CATALOGUE = {"schema": "fiducial.catalogue/1", "rows": [
    {"section": 1, "row": "<sigmoid>", "grade": "L", "bindings": [
        {"claims": {"passed": 3, "judged": 3}, "mutants": {"rejected": 2, "tried": 2}, "gradient": True,
         "head_to_head": {"torch:sigmoid": {"failed": [], "known": []}}, "formulations": ["tanh"], "worked_out": []}]},
    {"section": 1, "row": "tanh", "grade": "L", "bindings": []}],
    "errata": [{"printed": "2λw", "right": "λw", "check": "follows_definition", "refuted": True,
                "sample": {"x": 1.0}, "measured": 1.0, "allowed": 1e-15}]}


def compare(before: Certificate, after: Certificate) -> Sequence[releases.Change]:
    return difference(before, after).changes


def written(folder: Path, name: str, record: Certificate | dict[str, Any]) -> Path:
    """A record in a file of the folder `in`."""
    file = folder / "in" / name
    file.parent.mkdir(exist_ok=True)
    data = record if isinstance(record, dict) else record.model_dump(mode="json", by_alias=True)
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def built(folder: Path) -> Built:
    """The site of everything in `in`."""
    return build([str(folder / "in")], str(folder / "out"), compare=compare)


def pages(folder: Path) -> dict[str, float]:
    """The pages of the site with the times at which they were written."""
    home = folder / "out"
    return {str(file.relative_to(home)): file.stat().st_mtime_ns for file in home.rglob("*.html")}


def test_a_site_has_a_page_for_everything(tmp_path: Path) -> None:
    written(tmp_path, "one.json", usual())
    several = [certificate(evidence(), version=version, path="pack.age:SGD") for version in ("1.0", "1.1")]
    written(tmp_path, "several.json", {"schema": "fiducial.certificates/1", "certificates": [
        each.model_dump(mode="json", by_alias=True) for each in several]})
    written(tmp_path, "catalogue.json", CATALOGUE)
    found = built(tmp_path)
    assert found.problems == []
    assert found.said.endswith("index.html: 3 certificates, 7 pages written, 0 as they were")
    assert {name for name in pages(tmp_path) if "/" not in name} == {"index.html", "checks.html", "releases.html",
                                                                    "catalogue.html"}
    assert "&lt;sigmoid&gt;" in (tmp_path / "out" / "catalogue.html").read_text()
    assert "2 of 3 certified" in (tmp_path / "out" / "index.html").read_text()


def test_only_what_has_changed_is_written_again(tmp_path: Path) -> None:
    written(tmp_path, "one.json", usual())
    written(tmp_path, "two.json", certificate(evidence(), path="pack.age:SGD"))
    built(tmp_path)
    first = pages(tmp_path)
    assert built(tmp_path).said.endswith("0 pages written, 4 as they were")
    assert pages(tmp_path) == first
    written(tmp_path, "two.json", certificate(failed("rule.follows-definition"), path="pack.age:SGD"))
    assert built(tmp_path).said.endswith("3 pages written, 1 as they were")
    second = pages(tmp_path)
    assert second.keys() == first.keys()
    assert [name for name in first if first[name] == second[name]] == [next(n for n in first if "Adam" in n)]


def test_a_page_whose_result_is_gone_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    gone = written(tmp_path, "one.json", usual())
    written(tmp_path, "two.json", certificate(evidence(), path="pack.age:SGD"))
    built(tmp_path)
    (tmp_path / "out" / "c" / "mine.html").write_text("mine")
    gone.unlink()
    built(tmp_path)
    assert [name for name in pages(tmp_path) if "Adam" in name] == []
    assert (tmp_path / "out" / "c" / "mine.html").read_text() == "mine"


def test_a_forged_list_takes_nothing_away_outside(tmp_path: Path) -> None:
    written(tmp_path, "one.json", usual())
    built(tmp_path)
    (tmp_path / "kept.html").write_text("kept")
    forged = {"schema": "fiducial.site/1", "pages": {"../kept.html": "x", "c/../../kept.html": "x"}}
    (tmp_path / "out" / LIST).write_text(json.dumps(forged))
    built(tmp_path)
    assert (tmp_path / "kept.html").read_text() == "kept"


@pytest.mark.parametrize(("content", "sentence"), [
    (b'{"schema": "fiducial.certificate/1", "subj', "is cut off: write it again"),
    (b"", "is cut off: write it again"),
    (b"not json\n{}", "is no JSON (line 1)"),
    (b"\xff\xfe\x00", "is no JSON"),
    (b"[" * 100_000, "is no JSON"),
    (b"[1, 2]", "is no record of fiducial's: it names no schema"),
    (b'{"schema": ["a"]}', "is no record of fiducial's: it names no schema"),
    (b'{"schema": "somebody/2"}', "follows somebody/2, of which no page is made"),
    (b'{"schema": "fiducial.certificate/0"}',
     "follows fiducial.certificate/0, and this release reads fiducial.certificate/1: write it again"),
    (b'{"schema": "fiducial.certificate/1"}', "breaks its schema at subject: Field required"),
    (b'{"schema": "fiducial.certificates/1"}', "breaks its schema: 'certificates'"),
    (b'{"schema": "fiducial.catalogue/1", "rows": [{}]}', "breaks its schema: 'bindings'"),
])
def test_what_cannot_be_read_is_said_in_one_sentence_and_the_rest_is_built(
        content: bytes, sentence: str, tmp_path: Path) -> None:
    written(tmp_path, "good.json", usual())
    (tmp_path / "in" / "bad.json").write_bytes(content)
    found = built(tmp_path)
    assert found.problems == [f"{tmp_path / 'in' / 'bad.json'} {sentence}"]
    index = (tmp_path / "out" / "index.html").read_text()
    assert "What is missing" in index
    assert "pack.age:Adam" in index


def test_a_folder_without_results_and_a_file_that_is_absent(tmp_path: Path) -> None:
    good = written(tmp_path, "good.json", usual())
    (tmp_path / "empty").mkdir()
    given = [str(good), str(tmp_path / "empty"), str(tmp_path / "absent.json")]
    assert build(given, str(tmp_path / "out"), compare=compare).problems == [
        f"{tmp_path / 'empty'} holds no results: it is a folder without a .json file",
        f"{tmp_path / 'absent.json'} cannot be read (No such file or directory)"]
    with pytest.raises(ValueError, match=r"there is nothing to show; .* holds no results"):
        build([str(tmp_path / "empty")], str(tmp_path / "none"), compare=compare)
    assert not (tmp_path / "none").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = str(written(tmp_path, "good.json", usual()))
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"file cannot be written \(Not a directory\); choose another folder"):
        build([good], str(tmp_path / "file"), compare=compare)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(ValueError, match=r"out cannot be written \(permission denied\); choose another folder"):
        build([good], str(tmp_path / "out"), compare=compare)


def test_a_page_of_somebody_else_is_not_written_over(tmp_path: Path) -> None:
    written(tmp_path, "good.json", usual())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").write_text("mine")
    with pytest.raises(ValueError, match=r"holds an index\.html that is not ours"):
        built(tmp_path)
    assert (tmp_path / "out" / "index.html").read_text() == "mine"


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_words_stay_in_their_pages(kind: str, tmp_path: Path) -> None:
    text = HOSTILE[kind].encode("utf-8", "replace").decode()  # a file holds no lone surrogates
    written(tmp_path, "hostile.json", hostile(text))
    assert built(tmp_path).problems == []
    assert all(name.count("/") <= 1 and len(name) < 100 for name in pages(tmp_path))
    for file in (tmp_path / "out").rglob("*.html"):
        assert file.read_text(encoding="utf-8").count("<script>") == 1
        assert file.stat().st_size < 1_000_000


def test_releases_follow_each_other_and_the_newest_certificate_counts() -> None:
    older = [certificate(evidence(), version=version, started=f"2026-01-0{day}") for version, day in
             (("1.9", 1), ("1.10", 2), ("odd", 3))]
    again = certificate(failed("rule.follows-definition"), version="1.10", started="2026-01-05")
    found = releases.compared([*older, again, certificate(evidence(), path="pack.age:SGD")], compare)
    assert [(step.before, step.after, [pair.word for pair in step.pairs]) for step in found] == [
        ("odd", "1.9", ["changed"]), ("1.9", "1.10", ["worse"])]


def test_a_release_in_which_nothing_changed() -> None:
    twins = [certificate(evidence(), version=version) for version in ("1", "2")]
    (step,) = releases.compared(twins, lambda before, after: [])
    assert step.pairs[0].word == "same"


def test_without_jinja_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = str(written(tmp_path, "good.json", usual()))
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'fiducial\[report\]'"):
        build([good], str(tmp_path / "out"), compare=compare)


def called(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit status of the command line."""
    monkeypatch.setattr(sys, "argv", ["fiducial", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_the_command_builds_and_says_what_is_missing(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    good = str(written(tmp_path, "good.json", usual()))
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    out = str(tmp_path / "out")
    assert called(monkeypatch, "report", good, "--site", out) == 0
    assert called(monkeypatch, "report", good, str(bad), "--site", out) == 3
    said = capsys.readouterr()
    assert said.err == f"fiducial: {bad} is cut off: write it again\n"
    assert said.out.splitlines()[-1] == f"{out}/index.html: 1 certificate, 2 pages written, 1 as they were"
    assert called(monkeypatch, "report", str(bad), "--site", out) == 2
    assert called(monkeypatch, "report", good, "--site", out, "--html", str(tmp_path / "x.html")) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "fiducial: --site is no format of one file: ask for it by itself"


def test_the_command_writes_every_form(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    good = str(written(tmp_path, "good.json", usual()))
    options = {"html": "a.html", "junit": "b.xml", "sarif": "c.sarif", "markdown": "d.md", "badge": "e.svg", "csv": "f"}
    words = [word for kind, file in options.items() for word in (f"--{kind}", str(tmp_path / file))]
    assert called(monkeypatch, "report", good, *words) == 0
    assert all((tmp_path / file).stat().st_size > 100 for file in options.values())
    assert called(monkeypatch, "report", good, "--html", str(tmp_path / "x"), "--csv", str(tmp_path / "x")) == 2
    assert called(monkeypatch, "report", good, "--html", str(tmp_path)) == 2
    assert capsys.readouterr().err.splitlines() == [
        "fiducial: two formats cannot be written into one file: give each its own",
        f"fiducial: {tmp_path} cannot be written: it is a folder; name a file in it"]


@pytest.mark.slow
def test_a_survey_of_500_subjects_and_80_checks_is_built_in_half_a_minute(tmp_path: Path) -> None:
    import time

    for index in range(500):
        checks = [evidence(f"family{place % 12}.check-{place}", Status.FAILED if (index + place) % 29 == 0 else
                           Status.PASSED, reason="parameter 0 after step 1") for place in range(80)]
        written(tmp_path, f"{index}.json", certificate(*checks, path=f"pack.age:Optimizer{index}"))
    begun = time.perf_counter()
    assert built(tmp_path).said.endswith("502 pages written, 0 as they were")
    assert time.perf_counter() - begun < 30
