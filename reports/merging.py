"""Certificates of one subject from several devices as one record: each check once, with its status on every device."""

from __future__ import annotations

from collections.abc import Sequence

from fiducial.checks.evidence import Budget, Certificate, Environment, Evidence, Status, Subject, summarize, verdict

# What a check comes to where devices disagree: the first of these that any of them says.
WORST = (Status.FAILED, Status.ERROR, Status.BLOCKED, Status.KNOWN, Status.PASSED, Status.NOT_APPLICABLE)


def joined(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Certificates of the same subject merged, others as they are, in the order in which each subject came first.

    Raises ValueError where two speak of one subject on one device.
    """
    groups: dict[str, list[Certificate]] = {}
    for certificate in certificates:
        groups.setdefault(_identity(certificate), []).append(certificate)
    return [merged(group) for group in groups.values()]


def merged(certificates: Sequence[Certificate]) -> Certificate:
    """One certificate of a subject that was certified on several devices; one alone is returned as it is.

    Raises ValueError where they speak of different subjects, rules or settings, or twice of one device.
    """
    first, *others = certificates
    if not others:
        return first
    _must_be_of_one(certificates)
    devices = [each.environment.device for each in certificates]
    found = {device: {check.id: check for check in each.checks}
             for device, each in zip(devices, certificates, strict=True)}
    ids = sorted({check.id for each in certificates for check in each.checks})
    checks = [_of_all({device: by[name] for device, by in found.items() if name in by}) for name in ids]
    judged = verdict(checks, decisive=first.decisive)
    return first.model_copy(update={
        "checks": checks, "summary": summarize(checks),
        "verdict": "error" if any(each.verdict == "error" for each in certificates) else judged,
        "reason": "; ".join(f"{device}: {each.reason}" for device, each in zip(devices, certificates, strict=True)
                            if each.reason) or None,
        "deviation": next((each.deviation for each in certificates if each.deviation), None),
        "budget": Budget(seed=first.budget.seed, level=first.budget.level,
                         false_alarm=sum(each.budget.false_alarm for each in certificates)),
        "environment": _environment([each.environment for each in certificates]),
        "started": min(each.started for each in certificates), "seconds": sum(each.seconds for each in certificates)})


def _identity(certificate: Certificate) -> str:
    """What two certificates share that may be merged: subject, settings, way and rule."""
    subject: Subject = certificate.subject
    return repr((subject.path, sorted(subject.settings.items()), subject.way, certificate.rule))


def _must_be_of_one(certificates: Sequence[Certificate]) -> None:
    if len({_identity(each) for each in certificates}) > 1:
        named = ", ".join(dict.fromkeys(f"{each.subject.path} held against {each.rule}" for each in certificates))
        raise ValueError(f"certificates must speak of one subject with its settings and rule, got {named}")
    devices = [each.environment.device for each in certificates]
    if len(set(devices)) < len(devices):
        raise ValueError(f"certificates must be of different devices, got {', '.join(devices)}")


def _of_all(found: dict[str, Evidence]) -> Evidence:
    """One check: the evidence of the device on which it came out worst, and how it came out on each."""
    worst = min(found.values(), key=lambda check: WORST.index(check.status))
    return worst.model_copy(update={
        "by_device": {device: check.status for device, check in found.items()},
        "stale": any(check.stale for check in found.values()),
        "examples": sum(check.examples for check in found.values()),
        "seconds": sum(check.seconds for check in found.values())})


def _environment(environments: Sequence[Environment]) -> Environment:
    """What all share as it is; what differs with its device before it."""
    fields = {}
    for name in ("python", "numpy", "scipy", "hypothesis", "framework", "platform"):
        told = [(each.device, getattr(each, name)) for each in environments]
        values = {value for _, value in told}
        fields[name] = told[0][1] if len(values) == 1 else "; ".join(f"{device}: {value}" for device, value in told)
    return Environment(**fields, device=", ".join(each.device for each in environments),
                       threads=max(each.threads for each in environments))
