"""What runs in the process of a subject that is no optimizer: load it, judge one claim."""

from __future__ import annotations

import functools
from typing import Any

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Evidence, Status, Subject, recorded
from fiducial.suites import subjects
from fiducial.suites.jobs import CheckInfo, Job, Loaded, Refusal, unpickled
from fiducial.suites.reproduction.kinds import script
from fiducial.suites.rules import registry
from fiducial.suites.rules.kinds import KindRule
from fiducial.suites.subjects_of_kinds import adapt

FALSE_ALARM = 1e-6  # the chance of a false alarm over all random claims of a run


def load(job: Job) -> Loaded:
    """Import the subject, and list the claims that apply to it. Raises Refusal."""
    from fiducial.suites.worker import environment, expected_failures

    thing, rule, adapted = _bound(job.model_dump_json())
    package, version = subjects.distribution(thing)
    framework = (getattr(thing, "__module__", None) or "").partition(".")[0]
    subject = Subject(path=job.subject, kind=rule.kind, framework=framework if framework == "torch" else "numpy",
                      package=package, version=version, hyperparameters=recorded(job.settings),
                      settings=recorded(job.settings), source_sha256=subjects.source_sha256(thing))
    known = expected_failures(job, job.settings, version)
    checks = [CheckInfo(id=c.id, claim=c.claim, severity=c.severity, rests_on=list(c.rests_on), stream=c.id,
                        reason=c.applies(adapted), known=known.get(c.id))
              for c in rule.claims if c.quick or job.level != "quick"]
    return Loaded(subject=subject, rule=rule.name, checks=checks, environment=environment(job),
                  decisive=rule.claims[0].id, false_alarm=FALSE_ALARM if any(c.random for c in rule.claims) else 0.0)


def judge(job: Job, check_id: str) -> Evidence:
    """Run one claim."""
    _, rule, adapted = _bound(job.model_dump_json())
    claim = next(claim for claim in rule.claims if claim.id == check_id)
    alpha = share(rule.claims)
    if check_id not in job.known:
        return claim.examine(adapted, seed=job.seed, level=job.level, alpha=alpha,
                             reproduce=functools.partial(script, claim, rule.definition, adapted, job.subject))
    found = claim.examine(adapted, seed=job.seed, level=job.level, alpha=alpha, shrinks=False)
    if found.status is not Status.PASSED:
        return found
    return claim.examine(adapted, seed=job.known[check_id].get("seed", 0), alpha=alpha, shrinks=False)


def share(claims: tuple[Claim, ...]) -> float:
    """Each random claim's part of the false-alarm budget."""
    return FALSE_ALARM / max(1, sum(claim.random for claim in claims))


def rule_of(job: Job) -> KindRule | None:
    """The rule that the job names, or that the subject's path names; None if it is an optimizer's, or none."""
    return registry.find(job.rule or job.subject, job.subject)


@functools.lru_cache(maxsize=1)
def _bound(text: str) -> tuple[Any, KindRule, Any]:
    """The subject of a job, its rule, and the subject behind its adapter."""
    job = Job.model_validate_json(text)
    if job.device != "cpu":
        raise Refusal(f"this version certifies on the CPU only, got --device {job.device}: use --device cpu", 2)
    rule = rule_of(job)
    assert rule is not None, "the worker asked for it"
    thing = subjects.at_home(unpickled(job.pickled)) if job.pickled is not None else subjects.find(job.subject)
    return thing, rule, adapt(thing, rule, job.settings, job.subject)
