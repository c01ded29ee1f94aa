"""Which known rule, dialect or variant does a subject follow? Nothing is claimed beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from rich.text import Text

from fiducial.checks.evidence import Certificate, Deviation, Environment, Record, Status, Subject
from fiducial.suites.certify import ordered, served
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.runner import Coordinator, run
from fiducial.suites.series import Output
from fiducial.suites.terminal import clean, progress

WORKER = "fiducial.suites.worker_of_identity"
ANY = "sgd"  # a job must name a rule until the worker is known that asks for none
STATUS = {"identified": 0, "unknown": 1, "error": 3}


class Near(Record):
    """A rule that holds while some options, which it does not know, are left alone."""

    rule: str
    but_for: list[str]


class Identification(Record):
    """What a subject was found to be; several variants where nothing that it takes tells them apart."""

    schema_: Literal["fiducial.identification/1"] = Field(default="fiducial.identification/1", alias="schema")
    subject: Subject
    verdict: Literal["identified", "unknown", "error"]
    variants: list[Deviation] = Field(default_factory=list)
    near: Near | None = None
    reason: str | None = None
    runs: int = 0
    seed: int
    environment: Environment
    started: str
    seconds: float
    fiducial: str

    @property
    def names(self) -> list[str]:
        """The names of the variants."""
        return [told.name for told in self.variants]


def job_of(subject: str | Callable[..., Any], *, settings: Mapping[str, Any], seed: int = 0, timeout: float = 30.0,
           memory: str | int = "4G", build_timeout: float = 120.0) -> Job | Certificate:
    """The job that asks for a subject's name; a certificate of failure for an object that cannot be carried.

    Raises Refusal for a wrong call.
    """
    job = ordered(subject, ANY, settings=dict(settings), level="quick", seed=seed, jobs=1, timeout=timeout,
                  memory=memory, device="cpu", only=[], build_timeout=build_timeout)
    return job.model_copy(update={"rule": None, "worker": WORKER}) if isinstance(job, Job) else job


def read(certificate: Certificate) -> Identification:
    """The identification that the worker's one check holds."""
    found = next(iter(certificate.checks), None)
    sample = found.sample if found else {}
    verdict: Literal["identified", "unknown", "error"] = (
        "error" if certificate.verdict == "error" or found is None else
        "identified" if found.status is Status.PASSED else "unknown")
    return Identification(
        subject=certificate.subject, verdict=verdict, variants=sample.get("variants", []), near=sample.get("near"),
        reason=certificate.reason or (found.reason if found else None), runs=found.examples if found else 0,
        seed=certificate.budget.seed, environment=certificate.environment, started=certificate.started,
        seconds=certificate.seconds, fiducial=certificate.fiducial)


def identify(subject: str | Callable[..., Any], *, settings: Mapping[str, Any] | None = None, seed: int = 0,
             timeout: float = 30.0, memory: str | int = "4G") -> Identification:
    """Find out, in a process of its own, which known rule a subject follows.

    subject   "package.module:Attr", "path/file.py:Attr", or a class or factory itself
    settings  keyword arguments of the constructor;  seed  of every draw
    timeout   seconds for the whole search;  memory  "4G", "512M" or bytes, above what the subject has when ready

    Raises ValueError with one sentence for a wrong call. A subject that cannot be imported or built gives the verdict
    "error".
    """
    try:
        job = job_of(subject, settings=settings or {}, seed=seed, timeout=timeout, memory=memory)
        return read(job if isinstance(job, Certificate) else served(job))
    except Refusal as refusal:
        raise ValueError(refusal.sentence) from None


def identify_path(job: Job | Certificate, coordinator: Coordinator, output: Output) -> int:
    """Identify the subject of one job, show and write what was found; return the exit status."""
    assert isinstance(job, Job), "a path can always be carried"
    with progress(job.subject, output.progress) as follow:
        found = read(run(job, coordinator, follow))
    for line in told(found, job.settings):
        output.table.print(line)
    if output.record:
        text = found.model_dump_json(by_alias=True, indent=2)
        if output.record == "-":
            print(text)
        else:
            Path(output.record).write_text(f"{text}\n", encoding="utf-8")
    return STATUS[found.verdict]


def told(found: Identification, settings: Mapping[str, Any]) -> list[Text]:
    """The names in one line, and what they mean; or why there is none."""
    given = f" ({clean(', '.join(f'{name}={value}' for name, value in settings.items()))})" if settings else ""
    subject, end = f"{clean(found.subject.path)}{given}", f"   {found.seconds:.1f} s"
    if found.verdict == "identified":
        head = Text.assemble((subject, "bold"), "  follows ", (clean(" = ".join(found.names)), "bold green"), end)
        same = ["  nothing that it takes tells these names apart"] if len(found.names) > 1 else []
        lines = [f"  {clean(v.name) + ':  ' if same else ''}{clean(v.description)}{_used(v)}" for v in found.variants]
        return [head, *(Text(line) for line in [*same, *lines])]
    words = "cannot be loaded" if found.verdict == "error" else "follows no known variant"
    head = Text.assemble((subject, "bold"), "  ", (words, "bold red"), end)
    reason = [f"  {clean(found.reason)}"] if found.reason else []
    near = [f"  it follows {found.near.rule} while {', '.join(found.near.but_for)} is left alone"] if found.near else []
    return [head, *(Text(line) for line in [*reason, *near])]


def _used(variant: Deviation) -> str:
    return f"  (used by: {clean(variant.who)})" if variant.who else ""
