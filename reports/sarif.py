"""SARIF 2.1.0, for code-scanning views: each failed check is a result, each known failure a suppressed one.

A certificate names a subject by its path, and knows of no line: a result stands at the first line of path/file.py, or
of package/module.py, where a module lies by convention.

Source   OASIS, Static Analysis Results Interchange Format version 2.1.0, 2020.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from fiducial.checks.evidence import Certificate, Evidence, Severity, Status
from fiducial.reports import verdicts, words
from fiducial.reports.view import command

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.MUST: "error", Severity.SHOULD: "warning", Severity.MAY: "note"}
UNBUILT = "subject.loads"
Json = dict[str, Any]


def sarif(certificates: Sequence[Certificate]) -> str:
    """One run over all subjects."""
    found = [(certificate, check) for certificate in certificates for check in certificate.checks if _told(check)]
    claims = {check.id: check for _, check in found}
    index = {check_id: place for place, check_id in enumerate([*claims, UNBUILT])}
    results = [_result(certificate, check, index) for certificate, check in found]
    results += [_unbuilt(certificate, index) for certificate in certificates if certificate.verdict == "error"]
    version = words.shown(certificates[0].fiducial, 40) if certificates else ""
    driver = {"name": "fiducial", "version": version, "rules": [
        *map(_rule, claims.values()), {"id": UNBUILT, "shortDescription": {"text": "The subject can be built."}}]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "automationDetails": {"id": "fiducial/"},
           "invocations": [_invocation(each) for each in certificates], "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _told(check: Evidence) -> bool:
    """Whether a check is a result: what is blocked stands behind the failure that blocks it."""
    return check.stale or check.status in (Status.FAILED, Status.ERROR, Status.KNOWN)


def _rule(check: Evidence) -> Json:
    rule: Json = {"id": words.shown(check.id), "shortDescription": {"text": words.shown(check.claim)},
                  "defaultConfiguration": {"level": LEVELS[check.severity]},
                  "properties": {"tags": [words.shown(check.id.partition(".")[0]), check.severity.value]}}
    if check.mend:
        rule["help"] = {"text": f"How to mend it: {words.shown(check.mend)}"}
    return rule


def _result(certificate: Certificate, check: Evidence, index: dict[str, int]) -> Json:
    said = list(_said(certificate, check))
    result = {"ruleId": words.shown(check.id), "ruleIndex": index[check.id],
              "level": "error" if check.stale else LEVELS[check.severity],
              **_place(certificate, check.id), "message": {"text": "\n".join(said)}}
    if check.status is Status.KNOWN:
        result["suppressions"] = [{"kind": "external", "justification": words.shown(check.reason or "")}]
    return result


def _said(certificate: Certificate, check: Evidence) -> Iterator[str]:
    yield f"{words.shown(verdicts.name(certificate))}: {words.shown(check.claim)}"
    if check.stale:
        yield "Listed as a known failure, and passed: take it off the list."
    if check.status is Status.FAILED and check.measured is not None:
        yield f"measured {words.number(check.measured)}, allowed {words.number(check.allowed)}"
    if check.reason:
        yield words.shown(check.reason)
    yield f"Run it again: {words.shown(command(certificate, check))}"


def _unbuilt(certificate: Certificate, index: dict[str, int]) -> Json:
    text = f"{words.shown(certificate.subject.path)} could not be built: {words.shown(certificate.reason or '')}"
    return {"ruleId": UNBUILT, "ruleIndex": index[UNBUILT], "level": "error", **_place(certificate, UNBUILT),
            "message": {"text": text}}


def _place(certificate: Certificate, check_id: str) -> Json:
    """Where a result stands, and what makes it the same one in the next run."""
    identity = f"{verdicts.name(certificate)} {check_id}"
    place = {"physicalLocation": {"artifactLocation": {"uri": file_of(certificate.subject.path)},
                                  "region": {"startLine": 1}},
             "logicalLocations": [{"fullyQualifiedName": words.shown(certificate.subject.path)}]}
    return {"locations": [place], "partialFingerprints": {
        "fiducial/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()}}


def file_of(path: str) -> str:
    """The file in which a subject stands, as a relative address."""
    module = words.shown(path.rpartition(":")[0] or path, 200)
    file = module if module.endswith(".py") else f"{module.replace('.', '/')}.py"
    return quote(re.sub(r"^(\.{0,2}/)+", "", file))


def _invocation(certificate: Certificate) -> Json:
    ran = {"executionSuccessful": certificate.verdict != "error"}
    stamp = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(\+00:00|Z)", certificate.started)
    return {**ran, "startTimeUtc": f"{stamp[1]}Z"} if stamp else ran
