"""What runs in the subject's process when nobody says which rule it follows: load it, and name it.

To the coordinator this is a worker with one check.
"""

from __future__ import annotations

import functools
from typing import Any

from fiducial.checks.evidence import Deviation, Evidence, Severity, Status, Subject, recorded
from fiducial.suites import subjects
from fiducial.suites.adapters import adapted, prepare
from fiducial.suites.family import identified
from fiducial.suites.jobs import CheckInfo, Job, Loaded, unpickled
from fiducial.suites.worker import environment

IDENTITY = CheckInfo(id="rule.is-known", claim="The subject follows a known rule, dialect or variant.",
                     severity=Severity.MUST)


def load(job: Job) -> Loaded:
    """Import and build the subject. Raises Refusal."""
    factory = _factory(job.model_dump_json())
    package, version = subjects.distribution(factory)
    adapter = adapted(factory, job.settings)
    subject = Subject(path=job.subject, framework=adapter.framework, package=package, version=version,
                      hyperparameters=recorded({**adapter.defaults, **job.settings}), settings=recorded(job.settings),
                      source_sha256=subjects.source_sha256(factory))
    return Loaded(subject=subject, rule=None, checks=[IDENTITY], environment=environment(job), decisive=IDENTITY.id)


def judge(job: Job, check_id: str) -> Evidence:
    """The names that explain the subject's runs, in the sample."""
    found = identified(_factory(job.model_dump_json()), job.settings, job.seed)
    evidence = IDENTITY.outcome(Status.PASSED if found.variants else Status.FAILED, found.reason or None)
    near = {"rule": found.near[0], "but_for": found.near[1]} if found.near else None
    return evidence.model_copy(update={"examples": found.runs, "sample": {
        "variants": [told.model_dump() for told in found.variants], "near": near}})


def deviation(job: Job) -> Deviation | None:
    """Nothing is claimed, so nothing deviates."""
    return None


@functools.lru_cache(maxsize=1)
def _factory(text: str) -> Any:
    """What builds the subject of a job."""
    job = Job.model_validate_json(text)
    prepare(job.subject)
    found = subjects.at_home(unpickled(job.pickled)) if job.pickled is not None else subjects.find(job.subject)
    return subjects.as_factory(found, job.subject, job.settings)
