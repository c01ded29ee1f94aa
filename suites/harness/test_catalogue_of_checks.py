"""The catalogue: every published id still exists, and every check says its claim, its tolerance and what it rejects."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import fiducial.reports
from fiducial.checks.claims import Claim
from fiducial.checks.contract import CHECKS, Check
from fiducial.checks.docstrings import PARTS, claim_of, part
from fiducial.suites.catalogue import claims
from fiducial.suites.jobs import Job
from fiducial.suites.worker import load

IDS = Path(fiducial.reports.__path__[0]) / "ids.json"
FAMILIES = {"construction", "rule", "gradient", "closure", "state", "groups", "hooks", "behaviour", "resources",
            "dtype", "path", "device", "value", "invariance", "distribution", "mode"}
LAST_LINE = 79
Row = dict[str, Any]


def lines(text: str) -> set[int]:
    """The lines of the contract that a text such as "1-3, 7" names."""
    ends = [part.partition("-") for part in text.split(", ")]
    return {line for first, _, last in ends for line in range(int(first), int(last or first) + 1)}


# The contract's severity by line; 40, 45 and 49 each hold claims of two severities.
SEVERITIES = {
    "MUST": lines("11-13, 15-18, 20, 22, 26, 28-34, 36-38, 40, 41, 43, 45, 49, 50, 51, 53-61"),
    "SHOULD": lines("1-10, 14, 19, 21, 23-25, 27, 35, 39, 40, 42, 44, 45, 46-49, 52, 62-67"),
    "MAY": lines("68-79"),
}
# Claims that stand beside their line's: no number comes out wrong where they fail, so they are reported at SHOULD.
REPORTED = {
    "rule.every-option-matters": "an option without effect is reported; a wrong value is options-follow-definition's",
    "rule.empty-tensors-pass-through": "an exception on an empty tensor changes no number",
    "path.default-is-one-of-them": "a default without a name of its own changes no number",
    "groups.listed-options-are-read": "options that the rule itself leaves to the constructor, such as Adagrad's start",
}
# What level standard owes at least.
OWED = lines("1-8, 11-13, 15-22, 24-26, 33-37, 39, 40, 44, 45, 48-51, 54-62")


def published() -> dict[str, Row]:
    """The rows of reports/ids.json by id."""
    return {row["id"]: row for row in json.loads(IDS.read_text(encoding="utf-8"))["checks"]}


def row(check: Check) -> Row:
    """A check as it is published."""
    return {"id": check.id, "severity": str(check.severity), "line": check.line} | (
        {} if check.quick else {"quick": False})


def unpublished(rows: Mapping[str, Row], checks: list[Check]) -> list[str]:
    """How a file and the checks disagree, one sentence each."""
    now = {check.id: row(check) for check in checks}
    gone = [f"{name} was published and is gone: an id is never removed" for name in rows.keys() - now.keys()]
    new = [f"add to reports/ids.json: {json.dumps(now[name])}" for name in now.keys() - rows.keys()]
    changed = [f"{name} is published as {rows[name]}, and is {now[name]}"
               for name in rows.keys() & now.keys() if rows[name] != now[name]]
    return sorted(gone + new + changed)


def test_the_file_lists_every_check_and_no_other() -> None:
    assert unpublished(published(), CHECKS) == []


def test_the_file_is_sorted_and_names_each_id_once() -> None:
    rows = json.loads(IDS.read_text(encoding="utf-8"))["checks"]
    assert [each["id"] for each in rows] == sorted({each["id"] for each in rows})


def test_a_removed_a_missing_and_a_changed_id_are_found() -> None:
    first, second, third = CHECKS[:3]
    rows = {first.id: row(first), second.id: row(second) | {"severity": "MAY"}}
    assert len(unpublished(rows, [second])) == 2
    assert unpublished({}, [third]) == [f"add to reports/ids.json: {json.dumps(row(third))}"]
    assert unpublished({first.id: row(first)}, [first]) == []


def test_the_file_lists_every_claim_of_the_other_kinds_and_no_other() -> None:
    """What `certify` can put into a certificate of a function, an initializer, a schedule …"""
    listed = json.loads(IDS.read_text(encoding="utf-8"))["claims"]
    now = [{"id": claim.id, "severity": str(claim.severity)} for _, claim in sorted(claims().items())]
    assert [row["id"] for row in listed if row not in now] == [], "an id is never removed, nor its severity changed"
    assert [row for row in now if row not in listed] == [], "add to reports/ids.json, under claims"
    assert listed == now


def form_faults(text: str) -> list[str]:
    """What a check's docstring lacks of: a claim on one line, a formula, and then the parts, in this order."""
    form = {"a claim on one line, with a full stop": r"\A\S.*\.\n\n", "a formula, indented": r"\n\n    +\S.*\n",
            **{name: rf"\n{name:<7}  \S" for name in PARTS}}
    places = [(name, re.search(pattern, text)) for name, pattern in form.items()]
    missing = [f"no {name}" for name, found in places if found is None]
    order = [found.start() for _, found in places if found is not None]
    return missing + (["not in order"] if order != sorted(order) else [])


def doc(check: Check) -> str:
    """The docstring that `fiducial explain` prints."""
    return inspect.getdoc(check.judge) or ""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_docstring_has_claim_formula_tolerance_mutant_cure_and_use(check: Check) -> None:
    assert form_faults(doc(check)) == []


@pytest.mark.parametrize("claim", claims().values(), ids=list(claims()))
def test_a_claim_of_the_other_kinds_has_them_too(claim: Claim) -> None:
    assert form_faults(inspect.getdoc(claim.judge) or "") == []


@pytest.mark.parametrize("lacking", ["claim", "formula", *PARTS])
def test_a_docstring_that_lacks_a_part_is_found(lacking: str) -> None:
    parts = {"claim": "One is one.\n\n", "formula": "    1 = 1\n\n", "Allowed": "Allowed  nothing.\n",
             "Rejects": "Rejects  two.\n", "Mend": "Mend     take one away.\n", "Cares": "Cares    who counts.\n"}
    assert form_faults("".join(parts.values())) == []
    assert form_faults("".join(text for name, text in parts.items() if name != lacking)) != []


def one(f: Any) -> None:
    """One is one.

        1 = 1

    Allowed  nothing.
    Mend     take one away,
             and look again.
    Cares    who counts.
    """


def test_a_part_is_read_to_the_next_one() -> None:
    assert claim_of(one) == "One is one."
    assert part(one, "Mend") == "take one away, and look again."
    assert part(one, "Cares") == "who counts."
    assert part(one, "Rejects") is None


def id_fault(name: str, function: str) -> str | None:
    """What is wrong with an id: it is a known family, a dot, and the function's name with hyphens."""
    family, _, words = name.partition(".")
    if family not in FAMILIES:
        return f"{family} is no family"
    right = re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", words) and words == function.replace("_", "-")
    return None if right else "is no claim"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_id_is_a_family_and_the_name_of_the_function(check: Check) -> None:
    assert id_fault(check.id, getattr(check.judge, "__name__", "")) is None


@pytest.mark.parametrize(("name", "function"), [
    ("rules.follows-definition", "follows_definition"), ("rule.follows_definition", "follows_definition"),
    ("rule.Follows-definition", "Follows_definition"), ("rule.", ""), ("rule.follows", "follows_definition"),
])
def test_a_bad_id_is_found(name: str, function: str) -> None:
    assert id_fault(name, function) is not None


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_severity_is_the_contracts(check: Check) -> None:
    allowed = {severity for severity, where in SEVERITIES.items() if check.line in where}
    if check.id in REPORTED:
        assert allowed == {"MUST"}, f"{check.id} is no exception"
        allowed = {"SHOULD"}
    assert str(check.severity) in allowed, f"line {check.line} of the contract says {' or '.join(sorted(allowed))}"


def test_the_contract_gives_every_line_a_severity() -> None:
    assert set.union(*SEVERITIES.values()) == lines(f"1-{LAST_LINE}")
    assert SEVERITIES["MUST"] & SEVERITIES["SHOULD"] == {40, 45, 49}


def test_every_owed_line_has_a_check() -> None:
    assert sorted(OWED - {check.line for check in CHECKS}) == []


def test_a_sound_subject_meets_at_least_70_checks_at_level_standard() -> None:
    """Those that apply to the very subject, not those that are listed."""
    loaded = load(Job(subject="torch.optim:AdamW"))
    assert len([check for check in loaded.checks if check.reason is None]) >= 70
