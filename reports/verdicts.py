"""What a certificate comes to in a few words: the same ones in every format."""

from __future__ import annotations

from fiducial.checks.evidence import Certificate, Severity, Status

BAD = (Status.FAILED, Status.ERROR)
MARKS = {"passed": "✓", "failed": "✗", "error": "!", "blocked": "⊘", "known": "◆", "not-applicable": "–"}


def whole(certificate: Certificate) -> bool:
    """Whether the decisive check was among those that were run; `--only` may have left it out."""
    return any(found.id == certificate.decisive for found in certificate.checks)


def word(certificate: Certificate) -> str:
    """The verdict, known failures beside it."""
    if certificate.verdict == "certified":
        said = "certified" if whole(certificate) else "no MUST failed"
    else:
        said = {"not-certified": "not certified"}.get(certificate.verdict, "error")
    known = certificate.summary.known
    return f"{said}, {known} known failure{'s' if known > 1 else ''}" if known else said


def relation(certificate: Certificate) -> str:
    """How subject and rule stand to each other."""
    return "follows" if certificate.verdict == "certified" and whole(certificate) else "held against"


def name(certificate: Certificate) -> str:
    """The subject with its settings and its rule, in one line."""
    subject = certificate.subject
    told = [*(f"{key}={value}" for key, value in subject.settings.items()), *filter(None, (subject.way,))]
    if certificate.environment.device != "cpu":
        told.append(f"on {certificate.environment.device}")
    rule = f" {relation(certificate)} {certificate.rule}" if certificate.rule else ""
    return f"{subject.path} ({', '.join(told)}){rule}" if told else f"{subject.path}{rule}"


def counts(certificate: Certificate) -> str:
    """How many passed, and how many of each severity did not."""
    parts = [f"{certificate.summary.passed} passed"]
    for severity in Severity:
        of_it = [found.status for found in certificate.checks if found.severity is severity]
        parts += [f"{of_it.count(status)} {severity} {said}" for status, said in
                  ((Status.FAILED, "failed"), (Status.ERROR, "in error")) if status in of_it]
    summary = certificate.summary
    rest = (("blocked", summary.blocked), ("known", summary.known), ("not applicable", summary.not_applicable))
    return ", ".join([*parts, *(f"{count} {said}" for said, count in rest if count)])
