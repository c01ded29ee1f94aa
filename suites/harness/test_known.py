"""Known failures: listed ones do not count, and a list that has rotted fails the run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fiducial.checks.evidence import Evidence, Severity, Status
from fiducial.suites.jobs import Known, Refusal
from fiducial.suites.known import applicable, read, settled, table

INFINITY = "construction.refuses-infinity"
ADAMW = '[known."torch.optim:AdamW"]\n'


def entry(**fields: Any) -> dict[str, Any]:
    return {"torch.optim:AdamW": {INFINITY: {"reason": "torch takes it", **fields}}}


def certify(folder: Path, text: str, *words: str) -> tuple[int, str, str]:
    """`fiducial certify` of AdamW at level quick, with a list of known failures."""
    (folder / "known.toml").write_text(text)
    done = subprocess.run([sys.executable, "-m", "fiducial", "certify", "torch.optim:AdamW", "--level", "quick",
                           "--known-failures", "known.toml", *words], cwd=folder, capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_listed_failure_is_known_and_said_beside_the_verdict(tmp_path: Path) -> None:
    text = f'{ADAMW}"{INFINITY}" = {{reason = "torch takes it", link = "https://example.org/1"}}\n'
    status, said, _ = certify(tmp_path, text, "--json", "found.json")
    assert status == 0
    assert said.startswith("certified, 1 known failure  torch.optim:AdamW")
    record = json.loads((tmp_path / "found.json").read_text())
    found = next(check for check in record["checks"] if check["id"] == INFINITY)
    assert found["status"] == "known"
    assert found["reason"] == "torch takes it (https://example.org/1)"
    assert record["summary"]["known"] == 1


def test_a_listed_failure_that_passes_fails_the_run(tmp_path: Path) -> None:
    status, said, _ = certify(tmp_path, f'{ADAMW}"rule.zero-rate-moves-nothing" = {{reason = "it did once"}}\n')
    assert status == 1
    assert said.startswith("not certified")
    assert "passing now: rule.zero-rate-moves-nothing; remove the entries" in said


@pytest.mark.parametrize(("text", "sentence"), [
    (ADAMW + '"rule.follows-defintion" = {reason = "x"}', "which is no check; the nearest is rule.follows-definition"),
    (ADAMW + f'"{INFINITY}" = {{link = "https://example.org"}}', "reason is left out: say why it fails"),
    (ADAMW + f'"{INFINITY}" = {{reason = ""}}', "reason"),
    (ADAMW + f'"{INFINITY}" = {{reason = "x", vresions = "<2"}}', "the nearest is versions"),
    (ADAMW + f'"{INFINITY}" = {{reason = "x", versions = "soon"}}', "no version specifier"),
    ('[knwon."torch.optim:AdamW"]', "there is no key knwon"),
    ("[known", "is no TOML file"),
])
def test_a_bad_list_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "known.toml").write_text(text)
    with pytest.raises(Refusal, match=sentence) as refusal:
        read(str(tmp_path / "known.toml"))
    assert refusal.value.exit_status == 2
    assert "\n" not in refusal.value.sentence.partition("TOML file")[0]


def test_a_missing_list_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        read(str(tmp_path / "absent.toml"))


@pytest.mark.parametrize(("fields", "applies"), [
    ({}, True), ({"when": {"foreach": True}}, True), ({"when": {"foreach": False}}, False),
    ({"when": {"absent": None}}, False), ({"versions": "<2.14"}, True), ({"versions": ">=2.14"}, False),
    ({"versions": "<2.14", "when": {"foreach": False}}, False),
])
def test_an_entry_speaks_of_some_settings_and_versions(fields: dict[str, Any], applies: bool) -> None:
    entries = table(entry(**fields), "here")["torch.optim:AdamW"]
    assert bool(applicable(entries, {"foreach": True}, "2.13.0+cpu")) is applies


@pytest.mark.parametrize(("status", "becomes", "stale"), [
    (Status.FAILED, Status.KNOWN, False), (Status.ERROR, Status.KNOWN, False), (Status.PASSED, Status.PASSED, True),
    (Status.NOT_APPLICABLE, Status.NOT_APPLICABLE, False),
])
def test_what_an_entry_makes_of_evidence(status: Status, becomes: Status, stale: bool) -> None:
    found = settled(Evidence(id=INFINITY, claim="", severity=Severity.SHOULD, status=status), Known(reason="x"))
    assert (found.status, found.stale) == (becomes, stale)
