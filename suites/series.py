"""Subjects one after another: certificates shown and written as they come, and the exit status that follows."""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from fiducial.checks.evidence import SCHEMA, SCHEMA_OF_SEVERAL, Certificate, Certificates, Status
from fiducial.suites.certify import ordered
from fiducial.suites.jobs import Event, Job, LoadedEvent, Refusal
from fiducial.suites.runner import Coordinator, Interrupted, run
from fiducial.suites.terminal import progress, show


@dataclass(frozen=True)
class Output:
    """Where a series is shown and written: table, progress, and the file of the record ("-": standard output)."""

    table: Console
    progress: Console
    record: str | None = None

    @classmethod
    def to(cls, record: str | None) -> Output:
        """The table on standard output, unless the record is to stand there alone. Raises Refusal for a bad path."""
        if record and record != "-" and not Path(record).parent.is_dir():
            raise Refusal(f"--json {record}: there is no folder {Path(record).parent}; create it first", 2)
        plain: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True}
        return cls(Console(stderr=record == "-", **plain), Console(stderr=True, **plain), record)

    def write(self, certificates: Sequence[Certificate], *, several: bool) -> None:
        """Write the record of what there is so far; one subject is one object."""
        if self.record and certificates:
            text = record(certificates, several=several)
            if self.record == "-":
                print(text)
            else:
                Path(self.record).write_text(f"{text}\n", encoding="utf-8")


def record(certificates: Sequence[Certificate], *, several: bool) -> str:
    """The JSON of one certificate, or of several in the order of the call."""
    whole = Certificates(certificates=list(certificates)) if several else certificates[0]
    return whole.model_dump_json(by_alias=True, indent=2)


def certify_all(jobs: Sequence[Job], coordinator: Coordinator, output: Output, *, paths: bool, deep: bool) -> int:
    """Certify every job, and the paths of its own that it offers if they are asked for; return the exit status.

    The paths decide the status only where they were asked for (`paths`); level deep (`deep`) shows them all the same.
    """
    series = Series(coordinator, output, several=len(jobs) > 1 or paths or deep)
    for job in jobs:
        offered = series.add(job)
        for flag in offered if paths or deep else ():
            series.add(job.model_copy(update={"settings": {**job.settings, flag: True}}), counts=paths)
    series.close()
    return series.status


def replay_all(jobs: Sequence[Job], coordinator: Coordinator, output: Output) -> int:
    """Run the failures again; return 0 only when every one of them passes now, whatever its severity."""
    if not jobs:
        output.table.print("nothing failed in this certificate: there is nothing to replay")
    series = Series(coordinator, output, several=len(jobs) > 1)
    for job in jobs:
        series.add(job)
    series.close()
    return max(series.status, int(series.failing))


class Series:
    """The certificates so far."""

    def __init__(self, coordinator: Coordinator, output: Output, *, several: bool) -> None:
        self.status = 0
        self._coordinator = coordinator
        self._output = output
        self._several = several
        self._certificates: list[Certificate] = []

    def add(self, job: Job, *, counts: bool = True) -> list[str]:
        """Certify one job and show it; return the paths of its own that it offers. Raises Interrupted."""
        offered: list[str] = []

        try:
            with progress(job.subject, self._output.progress) as advance:

                def follow(event: Event) -> None:
                    if isinstance(event, LoadedEvent):
                        offered.extend(path for path in event.loaded.paths if path not in job.settings)
                    advance(event)

                certificate = run(job, self._coordinator, follow)
        except Interrupted as interruption:
            self._keep(interruption.certificate)
            self.close()
            raise
        self._keep(certificate)
        if counts:
            self.status = max(self.status, {"certified": 0, "not-certified": 1, "error": 3}[certificate.verdict])
        return offered

    @property
    def failing(self) -> bool:
        """Whether some check, of whatever severity, did not pass."""
        bad = {Status.FAILED, Status.ERROR, Status.BLOCKED}
        return any(found.status in bad for certificate in self._certificates for found in certificate.checks)

    def close(self) -> None:
        """Write the record where it goes to standard output, which takes it only once."""
        if self._output.record == "-":
            self._output.write(self._certificates, several=self._several)

    def _keep(self, certificate: Certificate) -> None:
        self._certificates.append(certificate)
        show(certificate, self._output.table)
        if self._output.record != "-":
            self._output.write(self._certificates, several=self._several)


def settings_of(assignments: Sequence[str]) -> dict[str, Any]:
    """NAME=LITERAL each: a Python literal, else a string. Raises Refusal."""
    found: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.isidentifier():
            raise Refusal(f"--set takes NAME=LITERAL such as lr=0.1, got {assignment}", 2)
        try:
            found[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            found[name] = text
    return found


def jobs_of(subjects: Sequence[str], rule: str | None, **options: Any) -> list[Job]:
    """One job a subject; its rule is its own (SUBJECT=RULE), the common one, or the one its name names."""
    jobs = []
    for subject in subjects:
        path, _, own = subject.partition("=")
        job = ordered(path, own or rule, **options)
        assert isinstance(job, Job), "a path can always be carried"
        jobs.append(job)
    return jobs


def failures_of(file: str, check: str | None, order: Callable[..., Job]) -> list[Job]:
    """The jobs that run the failures of a certificate's file again, or one check of it. Raises Refusal."""
    jobs = []
    certificates = read(file)
    if check is not None:
        _require(check, [found.id for certificate in certificates for found in certificate.checks], file)
    for certificate in certificates:
        bad = [found.id for found in certificate.checks if found.status in (Status.FAILED, Status.ERROR)]
        only = [found for found in bad if check in (None, found)] if check in (None, *bad) else [check]
        if only or certificate.verdict == "error":
            jobs.append(order(certificate, only))
    return jobs


def again(certificate: Certificate, only: list[str], **limits: Any) -> Job:
    """The job of a certificate, with its subject, rule, settings, seed and level. JSON made lists of tuples."""
    given = certificate.subject.hyperparameters
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    job = ordered(certificate.subject.path, certificate.rule, settings=settings, level=certificate.budget.level,
                  seed=certificate.budget.seed, device=certificate.environment.device, only=only, **limits)
    assert isinstance(job, Job), "a path can always be carried"
    return job


def read(file: str) -> list[Certificate]:
    """The certificates in a file, one or several. Raises Refusal for anything else."""
    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
        schema = data["schema"]
        if schema == SCHEMA_OF_SEVERAL:
            return Certificates.model_validate(data).certificates
        if schema == SCHEMA:
            return [Certificate.model_validate(data)]
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror}); pass a file that certify --json wrote", 2) from None
    except (ValueError, TypeError, KeyError):  # not JSON, not an object, no schema, or not what the schema says
        pass
    raise Refusal(f"{file} is no certificate; pass a file that certify --json wrote", 2)


def _require(check: str, known: Sequence[str], file: str) -> None:
    if check not in known:
        near = difflib.get_close_matches(check, known, n=1, cutoff=0)
        raise Refusal(f"{file} has no check {check}" + (f"; the nearest is {near[0]}" if near else ""), 2)
