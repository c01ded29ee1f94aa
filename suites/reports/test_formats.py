"""SARIF, the summary, the badge and the sheet say what the certificate says, in the form that their readers ask for."""

from __future__ import annotations

import csv
import io
import json
import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from fiducial.checks.evidence import Certificate, Severity, Status
from fiducial.reports import badge, formats, markdown, sarif, sheet, verdicts, words
from fiducial.reports.pages import anchor
from fiducial.reports.scale import scale
from fiducial.suites.reports.samples import certificate, evidence, failed, usual

jsonschema = pytest.importorskip("jsonschema")
# What code scanning asks of a SARIF file, in our words: OASIS SARIF 2.1.0, sections 3.13, 3.14, 3.19, 3.27 and 3.28.
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
RESULT = {"type": "object", "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
          "properties": {"level": {"enum": ["none", "note", "warning", "error"]}, "message": TEXT,
                         "ruleIndex": {"type": "integer", "minimum": 0},
                         "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                         "suppressions": {"type": "array", "items": {
                             "required": ["kind"], "properties": {"kind": {"enum": ["inSource", "external"]}}}},
                         "locations": {"type": "array", "minItems": 1, "items": {
                             "required": ["physicalLocation"], "properties": {"physicalLocation": {
                                 "required": ["artifactLocation", "region"], "properties": {
                                     "artifactLocation": {"required": ["uri"]},
                                     "region": {"properties": {"startLine": {"type": "integer", "minimum": 1}}}}}}}}}}
RULE = {"type": "object", "required": ["id", "shortDescription"],
        "properties": {"shortDescription": TEXT, "help": TEXT}}
RULES = {"type": "array", "items": RULE, "uniqueItems": True}
RUN = {"type": "object", "required": ["tool", "results"], "properties": {
    "tool": {"required": ["driver"], "properties": {"driver": {
        "required": ["name", "rules"], "properties": {"rules": RULES}}}},
    "invocations": {"type": "array", "items": {"required": ["executionSuccessful"]}},
    "results": {"type": "array", "items": RESULT}}}
SARIF = {"type": "object", "required": ["version", "runs"], "properties": {
    "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN}}}
# https://shields.io/badges/endpoint-badge, in our words.
ENDPOINT = {"type": "object", "required": ["schemaVersion", "label", "message"], "properties": {
    "schemaVersion": {"const": 1}, "label": {"type": "string"}, "message": {"type": "string", "minLength": 1},
    "color": {"enum": ["brightgreen", "red", "lightgrey"]}}}


def unbuilt() -> Certificate:
    return certificate(path="my/file.py:Step", verdict="error", reason="no module named torch")


def run(*certificates: Certificate) -> dict[str, Any]:
    found = json.loads(sarif.sarif(certificates))
    jsonschema.validate(found, SARIF)
    return dict(found["runs"][0])


def test_sarif_holds_what_failed_and_what_is_known() -> None:
    found = run(usual(), unbuilt())
    told = {(each["ruleId"], each["level"], "suppressions" in each) for each in found["results"]}
    assert told == {("state.survives-reload", "error", False), ("construction.refuses-infinity", "warning", False),
                    ("state.survives-pickle", "error", False), ("gradient.left-untouched", "error", True),
                    ("subject.loads", "error", False)}
    rules = found["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in found["results"]] == [True] * 5
    assert [each["executionSuccessful"] for each in found["invocations"]] == [True, False]
    assert len({each["partialFingerprints"]["fiducial/v1"] for each in found["results"]}) == 5


def test_sarif_without_failures_has_no_results() -> None:
    assert run(certificate(evidence()))["results"] == []


def test_an_entry_that_is_stale_is_an_error() -> None:
    (result,) = run(certificate(evidence("a.b", severity=Severity.MAY, stale=True)))["results"]
    assert (result["level"], "take it off the list" in result["message"]["text"]) == ("error", True)


@pytest.mark.parametrize(("path", "file"), [
    ("pack.age.module:Class", "pack/age/module.py"), ("my/file.py:Step", "my/file.py"), ("./a b.py:F", "a%20b.py"),
    ("../up.py:F", "up.py"), ("/root/x.py:F", "root/x.py"), ("torch:Adam", "torch.py"),
])
def test_a_subject_stands_in_a_file(path: str, file: str) -> None:
    assert sarif.file_of(path) == file


def test_a_schema_that_is_broken_would_be_found() -> None:
    broken = json.loads(sarif.sarif([usual()]))
    del broken["runs"][0]["results"][0]["locations"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SARIF)


def test_a_summary_says_verdict_failures_and_cure() -> None:
    text = markdown.markdown([usual()])
    assert text.startswith("## ❌ not certified, 1 known failure: `pack.age:Adam`\n")
    assert "| MUST failed | `state.survives-reload` | The claim. | 0.001 | 1e-12 |" in text
    assert "- Run it again: `fiducial certify pack.age:Adam=adam --only state.survives-reload" in text
    assert "How to mend it: write &#96;p.add&#95;(x)&#96; in place." in text


def test_a_summary_of_several_counts_them() -> None:
    assert markdown.markdown([usual(), certificate(evidence())]).startswith("**1 of 2 certified**\n")


def test_a_summary_stops_before_a_page_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "LARGEST", 3000)
    text = markdown.markdown([usual()] * 4)
    assert len(text.encode()) < 3200
    assert text.endswith("certificates more do not fit on this page.")


@pytest.mark.parametrize(("certificates", "message", "colour"), [
    ([certificate(evidence())], "certified: adam", "brightgreen"),
    ([certificate(failed("rule.follows-definition"))], "not certified", "red"),
    ([unbuilt()], "error", "red"),
    ([certificate(evidence(), evidence("a.b", Status.KNOWN))], "certified, 1 known failure: adam", "brightgreen"),
    ([certificate(evidence("a.b"))], "no MUST failed", "brightgreen"),  # the decisive check was not run
    ([certificate(evidence())] * 2, "2 of 2 certified", "brightgreen"),
    ([certificate(evidence()), unbuilt()], "1 of 2 certified", "red"),
    ([], "nothing was run", "lightgrey"),
])
def test_a_badge_says_the_verdict(certificates: list[Certificate], message: str, colour: str) -> None:
    endpoint = json.loads(badge.endpoint(certificates))
    jsonschema.validate(endpoint, ENDPOINT)
    assert (endpoint["message"], endpoint["color"]) == (message, colour)
    picture = ElementTree.fromstring(badge.svg(certificates))
    assert picture.findtext("{http://www.w3.org/2000/svg}title") == f"fiducial: {message}"


def contrast(colour: str) -> float:
    """Of white on a colour (WCAG 2.2, 1.4.3)."""
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("colour", badge.COLOURS.values())
def test_a_badge_can_be_read(colour: str) -> None:
    assert contrast(colour) >= 4.5


def test_a_sheet_has_a_line_for_each_check() -> None:
    rows = list(csv.DictReader(io.StringIO(sheet.sheet([usual(), unbuilt()]))))
    assert [row["check"] for row in rows] == [*(check.id for check in usual().checks), ""]
    assert (rows[1]["measured"], rows[1]["allowed"], rows[-1]["reason"]) == ("4e-13", "1e-12", "no module named torch")
    assert list(rows[0]) == list(sheet.COLUMNS)


@pytest.mark.parametrize(("kind", "file", "begins"), [
    ("html", "x.html", "<!doctype html>"), ("junit", "x.xml", "<?xml"), ("sarif", "x", "{"), ("markdown", "x", "## "),
    ("badge", "x.svg", "<svg"), ("badge", "x.json", '{"schemaVersion": 1'), ("csv", "x.csv", "subject,"),
])
def test_each_option_writes_its_form(kind: str, file: str, begins: str) -> None:
    assert formats.export(kind, file)([usual()]).startswith(begins)


def test_a_page_without_jinja_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"an HTML page needs Jinja2: pip install 'fiducial\[report\]'"):
        formats.export("html", "x.html")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="it is a folder; name a file in it"):
        formats.target(str(tmp_path))
    assert formats.target(str(tmp_path / "absent" / "x")) == str(tmp_path / "absent" / "x")


@pytest.mark.parametrize(("measured", "allowed", "said"), [
    (0.0, 0.0, "exact"), (1.0, 0.0, "1"), (math.nan, 1.0, "nan"), (0.5, 2.0, "25 %"), (3.0, 2.0, "1.5 times"),
    (None, None, ""),
])
def test_a_share_is_spoken(measured: float | None, allowed: float | None, said: str) -> None:
    assert words.share(measured, allowed) == said


def test_hidden_characters_are_spelt_out_and_long_texts_are_cut() -> None:
    assert words.shown("a\u202eb\x1b[0m") == "a\\u202eb\\x1b[0m"
    assert words.shown("x" * 10, 4) == "xxxx … (6 characters more)"
    assert words.shown("Größe β₁ 学习 ✓\n\t") == "Größe β₁ 学习 ✓\n\t"


@pytest.mark.parametrize(("measured", "allowed"), [
    (1e-3, 1e-12), (1.0, 0.0), (math.nan, 1e-9), (math.inf, 0.0), (0.0, 0.0), (5e-324, 1.0), (1e308, 1e-308),
    (1.0, math.inf),
])
def test_a_scale_keeps_order_and_stays_in_the_drawing(measured: float, allowed: float) -> None:
    drawn = scale(measured, allowed)
    assert 0 < min(drawn.measured, drawn.allowed) <= max(drawn.measured, drawn.allowed) < 440
    assert (drawn.measured <= drawn.allowed) is drawn.holds is (measured <= allowed)
    places = [tick.x for tick in drawn.ticks]
    assert places == sorted(places)
    assert len(places) <= 8


def test_an_anchor_is_the_name_where_it_can_be() -> None:
    assert anchor("check", "rule.follows-definition") == "check-rule.follows-definition"
    assert anchor("check", "a b") != anchor("check", "a c")


def test_the_word_is_the_terminals() -> None:
    from fiducial.suites.terminal import counts, headline

    for each in (usual(), certificate(evidence()), certificate(evidence("a.b")), unbuilt()):
        assert headline(each, {}).plain.startswith(verdicts.word(each) + "  ")
        assert counts(each) == verdicts.counts(each)
