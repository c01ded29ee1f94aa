"""Subjects one after another: certificates shown and written as they come, and the exit status that follows."""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from fiducial.checks.evidence import SCHEMA, SCHEMA_OF_SEVERAL, Certificate, Status, absent
from fiducial.suites.certify import ordered
from fiducial.suites.declarations import Declaration
from fiducial.suites.jobs import Event, Job, LoadedEvent, Refusal
from fiducial.suites.known import read as read_known
from fiducial.suites.runner import Coordinator, Interrupted, run
from fiducial.suites.terminal import progress, show

WAYS = ("tensor-lr", "compiled")  # paths that no flag of a constructor chooses
COMPILING = 300.0  # seconds that a check has at least where every run is compiled


@dataclass(frozen=True)
class Output:
    """Where a series is shown and written: table, progress, and the file of the record ("-": standard output)."""

    table: Console
    progress: Console
    record: str | None = None
    exports: Mapping[str, Callable[[Sequence[Certificate]], str]] = field(default_factory=dict)  # by file

    @classmethod
    def to(cls, record: str | None, exports: Mapping[str, Callable[[Sequence[Certificate]], str]] | None = None,
           ) -> Output:
        """The table on standard output, unless the record is to stand there alone. Raises Refusal for a bad path."""
        for file in (*([record] if record and record != "-" else []), *(exports or {})):
            if not Path(file).parent.is_dir():
                raise Refusal(f"{file} cannot be written: there is no folder {Path(file).parent}; create it first", 2)
        plain: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True}
        return cls(Console(stderr=record == "-", **plain), Console(stderr=True, **plain), record, exports or {})

    def write(self, measured: Sequence[Measured], *, several: bool, last: bool) -> None:
        """Write what there is so far; one subject is one object. Standard output takes the record only once."""
        for file, export in self.exports.items():
            Path(file).write_text(f"{export([each.certificate for each in measured])}\n", encoding="utf-8")
        if self.record and measured and (last or self.record != "-"):
            text = record(measured, several=several)
            if self.record == "-":
                print(text)
            else:
                Path(self.record).write_text(f"{text}\n", encoding="utf-8")


class Measured(NamedTuple):
    """A certificate, and the settings that the call gave, with their tuples."""

    certificate: Certificate
    settings: dict[str, Any]

    def data(self) -> dict[str, Any]:
        """The certificate as JSON."""
        return self.certificate.model_dump(mode="json", by_alias=True)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Measured:
        """The reverse of `data`; JSON made lists of the tuples. Raises ValueError for what is no certificate."""
        certificate = Certificate.model_validate(data)
        given = certificate.subject.settings.items()
        return cls(certificate, {name: tuple(v) if isinstance(v, list) else v for name, v in given})


def record(measured: Sequence[Measured], *, several: bool) -> str:
    """The JSON of one certificate, or of several in the order of the call."""
    data = [each.data() for each in measured]
    whole = {"schema": SCHEMA_OF_SEVERAL, "certificates": data} if several else data[0]
    return json.dumps(whole, indent=2, allow_nan=False)


def certify_all(jobs: Sequence[Job], coordinator: Coordinator, output: Output, *, paths: str, deep: bool) -> int:
    """Certify every job on the paths that are asked for, and return the exit status.

    paths  "default", "all" that a subject offers, or the name of one
    deep   shows all paths too; they decide the status only where they were asked for
    """
    series = Series(coordinator, output, several=len(jobs) > 1, all_devices=any(job.device == "all" for job in jobs))
    for job in [on for each in jobs for on in on_devices(each)]:
        if paths not in ("default", "all"):
            series.add(on_path(job, paths))
            continue
        for path in series.add(job.model_copy(update={"offers": paths == "all" or deep})):
            series.add(on_path(job, path), counts=paths == "all", spared=True)
    series.close()
    return series.status


def on_path(job: Job, path: str) -> Job:
    """The job on one path: a flag is a setting, any other path is a way of handing the settings over."""
    if path in WAYS:
        timeout = max(job.timeout, COMPILING) if path == "compiled" else job.timeout
        return job.model_copy(update={"way": path, "timeout": timeout})
    return job.model_copy(update={"settings": {**job.settings, path: True}})


def on_devices(job: Job) -> list[Job]:
    """The job on its device; on each where all are asked for."""
    if job.device != "all":
        return [job]
    return [job.model_copy(update={"device": device}) for device in ("cpu", "cuda")]


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

    def __init__(self, coordinator: Coordinator, output: Output, *, several: bool, all_devices: bool = False) -> None:
        self.status = 0
        self._all_devices = all_devices  # one that is absent then decides nothing
        self._coordinator = coordinator
        self._output = output
        self._several = several
        self._measured: list[Measured] = []

    def add(self, job: Job, *, counts: bool = True, spared: bool = False) -> list[str]:
        """Certify one job and show it; return the paths of its own that it offers. Raises Interrupted.

        spared  whether it decides nothing where all of it needs what is not here, such as a compiler
        """
        offered: list[str] = []

        try:
            with progress(job.subject, self._output.progress) as advance:

                def follow(event: Event) -> None:
                    if isinstance(event, LoadedEvent):
                        offered.extend(path for path in event.loaded.paths if path not in job.settings)
                    advance(event)

                certificate = run(job, self._coordinator, follow)
        except Interrupted as interruption:
            self._keep(Measured(interruption.certificate, job.settings))
            self.close()
            raise
        self._keep(Measured(certificate, job.settings))
        if counts and not ((spared or self._all_devices) and absent(certificate.checks)):
            self.status = max(self.status, {"certified": 0, "not-certified": 1, "error": 3}[certificate.verdict])
        return offered

    @property
    def failing(self) -> bool:
        """Whether some check, of whatever severity, did not pass."""
        bad = {Status.FAILED, Status.ERROR, Status.BLOCKED}
        return any(found.status in bad for each in self._measured for found in each.certificate.checks)

    def close(self) -> None:
        """Write the record where it goes to standard output."""
        if self._output.record == "-":
            self._output.write(self._measured, several=self._several or len(self._measured) > 1, last=True)

    def _keep(self, measured: Measured) -> None:
        self._measured.append(measured)
        record = self._output.record
        show(measured.certificate, self._output.table, measured.settings, record if record != "-" else None)
        self._output.write(self._measured, several=self._several or len(self._measured) > 1, last=False)


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


def jobs_of(subjects: Sequence[str], rule: str | None, *, known: str | None = None, **options: Any) -> list[Job]:
    """One job a subject; its rule is its own (SUBJECT=RULE), the common one, or the one its name names."""
    jobs = []
    table = read_known(known) if known else {}
    for subject in subjects:
        if subject.endswith(".toml"):
            jobs += listed_in(subject, rule, table, **options)
            continue
        path, _, own = subject.partition("=")
        job = ordered(path, own or rule, **options)
        assert isinstance(job, Job), "a path can always be carried"
        entries = {name: entry.model_dump() for name, entry in table.get(path, {}).items()}
        jobs.append(job.model_copy(update={"known": entries}))
    return jobs


def listed_in(file: str, rule: str | None, table: Mapping[str, Any], **options: Any) -> list[Job]:
    """A job for each subject of a subject file. Raises Refusal."""
    from fiducial.suites.subject_files import read

    jobs = []
    for name, (listed, failures) in read(file).items():
        settings = {**listed.settings, **options["settings"]}
        job = ordered(listed.subject, listed.rule or rule, **{**options, "settings": settings})
        assert isinstance(job, Job), "a path can always be carried"
        known = {**failures, **{check_id: entry.model_dump() for check_id, entry in table.get(name, {}).items()}}
        jobs.append(listed.on(job.model_copy(update={"known": known})))
    return jobs


def failures_of(file: str, check: str | None, **limits: Any) -> list[Job]:
    """The jobs that run the failures of a certificate's file again, or one check of it. Raises Refusal."""
    measured = read(file)
    if check is not None:
        _require(check, [found.id for each in measured for found in each.certificate.checks], file)
    jobs = []
    for each in measured:
        known = [found.id for found in each.certificate.checks]
        bad = [found.id for found in each.certificate.checks if found.status in (Status.FAILED, Status.ERROR)]
        only = bad if check is None else [name for name in known if name == check]
        if only or each.certificate.verdict == "error":
            jobs.append(again(each, only, **limits))
    return jobs


def scripts_of(file: str, check: str | None) -> list[str]:
    """The scripts that show the failures of a certificate's file without us, or one of them. Raises Refusal."""
    found = [each for measured in read(file) for each in measured.certificate.checks]
    if check is not None:
        _require(check, [each.id for each in found], file)
    scripts = [each.reproduction for each in found if each.reproduction and check in (None, each.id)]
    if not scripts:
        raise Refusal(f"{file} holds no script{f' for {check}' if check else ''}: scripts are written for checks that "
                      "failed, of subjects that can be imported", 2)
    return scripts


def again(measured: Measured, only: list[str], **limits: Any) -> Job:
    """The job of a certificate, with its subject, rule, settings, seed and level."""
    certificate = measured.certificate
    job = ordered(certificate.subject.path, certificate.rule, settings=measured.settings,
                  level=certificate.budget.level, seed=certificate.budget.seed, device=certificate.environment.device,
                  only=only, **limits)
    assert isinstance(job, Job), "a path can always be carried"
    return job.model_copy(update={"declaration": Declaration.model_validate(certificate.subject.declared),
                                   "way": certificate.subject.way or ""})


def read(file: str) -> list[Measured]:
    """The certificates in a file, one or several. Raises Refusal for anything else."""
    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
        several = {SCHEMA: [data], SCHEMA_OF_SEVERAL: data.get("certificates")}[data["schema"]]
        return [Measured.read(each) for each in several]
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror}); pass a file that certify --json wrote", 2) from None
    except (ValueError, TypeError, KeyError, AttributeError):  # not JSON, no schema, or not what the schema says
        raise Refusal(f"{file} is no certificate; pass a file that certify --json wrote", 2) from None


def report_on(files: Sequence[str], output: Output,
              joined: Callable[[Sequence[Certificate]], list[Certificate]]) -> None:
    """Show the certificates of several files, those of one subject joined, and write them. Raises Refusal."""
    measured = [each for file in files for each in read(file)]
    settings = {id(each.certificate.subject): each.settings for each in measured}
    try:
        found = joined([each.certificate for each in measured])
    except ValueError as error:
        raise Refusal(str(error), 2) from None
    together = [Measured(certificate, settings[id(certificate.subject)]) for certificate in found]
    for each in together:
        show(each.certificate, output.table, each.settings)
    output.write(together, several=len(together) > 1, last=True)


def _require(check: str, known: Sequence[str], file: str) -> None:
    if check not in known:
        near = difflib.get_close_matches(check, known, n=1, cutoff=0)
        raise Refusal(f"{file} has no check {check}" + (f"; the nearest is {near[0]}" if near else ""), 2)
