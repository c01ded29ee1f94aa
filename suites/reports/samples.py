"""Certificates to report on: plain ones, and ones in which every text is hostile."""

from __future__ import annotations

from typing import Any

from fiducial.checks.evidence import (
    Budget,
    Certificate,
    Deviation,
    Environment,
    Evidence,
    Severity,
    Status,
    Subject,
    summarize,
    verdict,
)

ENVIRONMENT: dict[str, Any] = {"python": "3.11", "numpy": "2.4", "scipy": "1.17", "hypothesis": "6.170"}
HOSTILE = {
    "script": "</style></script><script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>",
    "attribute": "\"'` onmouseover=window.harmed=1 autofocus onfocus=window.harmed=1 x=\"",
    "link": "javascript:window.harmed=1 [x](javascript:window.harmed=1) <a href='javascript:window.harmed=1'>x</a>",
    "address": "https://example.invalid/\"onclick=\"window.harmed=1 http://example.invalid/a.png",
    "template": "{{ 7 * 7 }}{% include 'page.html' %}${alert(1)}",
    "direction": "evil\u202egpj.exe \u2066x\u2069 \u200b\ufeff \u061c",
    "terminal": "\x1b[31mred\x1b]0;title\x07 \x08\x00 \x9b5n",
    "broken": "\ud800 \udfff \ufffe",
    "markdown": "| a | b |\n|---|---|\n# head\n```\n<!-- --> @somebody #1 ![x](http://example.invalid/x.png)",
    "xml": "]]> & <!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "formula": "=HYPERLINK(\"http://example.invalid\")",
    "long": "x" * 1_000_000,
}


def evidence(name: str = "rule.follows-definition", status: Status = Status.PASSED, *,
             severity: Severity = Severity.MUST, **fields: Any) -> Evidence:
    """One check."""
    usual: dict[str, Any] = {"claim": "The claim.", "measured": 0.0, "allowed": 1e-12, "examples": 3, "seconds": 0.01}
    return Evidence(**{**usual, "id": name, "severity": severity, "status": status, **fields})


def failed(name: str, *, severity: Severity = Severity.MUST, **fields: Any) -> Evidence:
    """One check that failed, with everything that a failure has."""
    usual = {"measured": 1e-3, "reason": "parameter 0 after step 1", "mend": "write `p.add_(x)` in place.",
             "sample": {"steps": 2, "expected": 0.5, "parameter": {"dtype": "float64", "shape": [2], "strides": [1],
                                                                  "data": [0.5, "nan"]}},
             "reproduction": "import sys\nsys.exit(1)\n"}
    return evidence(name, Status.FAILED, severity=severity, **{**usual, **fields})


def certificate(*checks: Evidence, path: str = "pack.age:Adam", version: str = "1.0", **fields: Any) -> Certificate:
    """A certificate of these checks, with the verdict that follows from them."""
    subject = Subject(**{"path": path, "package": "pack", "version": version, **fields.pop("subject", {})})
    usual: dict[str, Any] = {"rule": "adam", "verdict": verdict(checks, decisive="rule.follows-definition"),
                             "started": "2026-01-02T03:04:05+00:00", "seconds": 5.0, "fiducial": "0.1.0"}
    return Certificate(**{**usual, "subject": subject, "summary": summarize(checks), "checks": list(checks),
                          "budget": Budget(), "environment": Environment(**ENVIRONMENT), **fields})


def usual() -> Certificate:
    """Every status once or more, in several families."""
    return certificate(
        evidence(), evidence("rule.is-linear-in-the-rate", measured=4e-13), failed("state.survives-reload"),
        failed("construction.refuses-infinity", severity=Severity.SHOULD, measured=1.0, allowed=0.0),
        evidence("state.survives-pickle", Status.ERROR, reason="the subject raised ValueError: no"),
        evidence("state.survives-deepcopy", Status.BLOCKED, reason="rests on state.survives-reload", examples=0),
        evidence("gradient.left-untouched", Status.KNOWN, reason="asked for (https://example.invalid/1)"),
        evidence("device.cuda-equals-cpu", Status.NOT_APPLICABLE, reason="no device: no CUDA device", examples=0,
                 measured=None, allowed=None))


def hostile(text: str, count: int = 1) -> Certificate:
    """Every text that a subject, a package or a forged record could choose is this one."""
    bad = [evidence(f"{text}.{index}{text}", Status.FAILED, claim=text, measured=float("nan"), reason=text, mend=text,
                    sample={text: text, "raised": text, "list": [text, {text: text}]}, reproduction=text,
                    rests_on=[text]) for index in range(count)]
    good = [evidence(f"{text}.known", Status.KNOWN, claim=text, reason=text),
            evidence(f"{text}.blocked", Status.BLOCKED, claim=text, reason=text),
            evidence("rule.follows-definition", Status.NOT_APPLICABLE, claim=text, reason=text)]
    environment = Environment(python=text, numpy=text, scipy=text, hypothesis=text, framework=text, platform=text,
                              device=text)
    subject = {"kind": text, "framework": text, "package": text, "settings": {text: text}, "way": text,
               "hyperparameters": {text: text}, "declared": {text: text}, "source_sha256": text}
    return certificate(*bad, *good, path=text, version=text, rule=text, reason=text, started=text, fiducial=text,
                       deviation=Deviation(name=text, description=text, who=text), budget=Budget(level=text),
                       environment=environment, subject=subject)
