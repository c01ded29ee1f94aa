"""The asking side: start a coordinator, follow its events, and write what they say into a certificate."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

if TYPE_CHECKING:  # the coordinator is to start before these are imported
    from fiducial.checks.evidence import Certificate, Deviation, Environment, Evidence, Subject
    from fiducial.suites.jobs import CheckInfo, Event, Job, Loaded

START = "from fiducial.suites.coordinator import main; main()"
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
GRACE = 5.0  # seconds in which a coordinator may end its processes


class Coordinator:
    """A coordinator process: one at a time serves any number of jobs, one after another."""

    def __init__(self) -> None:
        self._diagnostics = tempfile.TemporaryFile()  # noqa: SIM115, it lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", START],  # -P: the current folder must not shadow a module of ours
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._diagnostics,
            env={**os.environ, **ALONE}, start_new_session=True)  # Ctrl-C reaches the asking side alone
        self._asked = False
        self._jobs = cast("BinaryIO", self._process.stdin)
        self._events = cast("BinaryIO", self._process.stdout)

    def __enter__(self) -> Coordinator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it can take a job."""
        return self._process.poll() is None

    def events(self, job: Job) -> Iterator[Event]:
        """Hand one job over and follow it. Raises Fault when the coordinator ends before the job does."""
        from fiducial.suites.jobs import EVENT, Fault, FaultEvent, FinishedEvent, RefusedEvent

        self._asked = True
        with contextlib.suppress(BrokenPipeError):  # reading then finds the end, and says why
            self._jobs.write(job.model_dump_json().encode() + b"\n")
            self._jobs.flush()
        for line in self._events:
            event = EVENT.validate_json(line)
            if isinstance(event, FaultEvent):
                raise Fault(event.traceback)
            yield event
            if isinstance(event, FinishedEvent | RefusedEvent):
                return
        raise Fault(f"the coordinator ended early (exit status {self._process.wait()})\n{self._said()}")

    def close(self) -> None:
        """End it and every process that it has started."""
        with contextlib.suppress(BrokenPipeError):
            self._jobs.close()
        try:
            self._process.wait(GRACE if self._asked else 0)  # without a job there is nothing but imports to end
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._events.close()
        self._diagnostics.close()

    def _said(self) -> str:
        self._diagnostics.seek(0)
        return self._diagnostics.read().decode(errors="replace")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a run; carries the certificate with what was measured until then."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__()
        self.certificate = certificate


def run(job: Job, coordinator: Coordinator, follow: Callable[[Event], object] = lambda event: None) -> Certificate:
    """Certify one subject, calling `follow` with each event.

    Raises Refusal (exit status 2) for a wrong call, Fault for a fault of ours, Interrupted for Ctrl-C. A subject that
    cannot be built gives a certificate with the verdict "error".
    """
    record = Record(job)
    try:
        for event in coordinator.events(job):
            record.add(event)
            follow(event)
    except KeyboardInterrupt:
        raise Interrupted(record.certificate(interrupted=True)) from None
    return record.certificate()


class Record:
    """What the events of one job have said so far."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._began = time.perf_counter()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._loaded: Loaded | None = None
        self._checks: dict[str, Evidence] = {}
        self._deviation: Deviation | None = None
        self._reason: str | None = None

    def add(self, event: Event) -> None:
        """Take one event in. Raises Refusal where the call was wrong."""
        from fiducial.suites.jobs import FinishedEvent, LoadedEvent, MeasuredEvent, Refusal, RefusedEvent

        match event:
            case LoadedEvent(loaded=loaded):
                self._loaded = loaded
            case MeasuredEvent(evidence=evidence):
                self._checks[evidence.id] = evidence
            case FinishedEvent(checks=checks, deviation=deviation):
                self._checks = {evidence.id: evidence for evidence in checks}
                self._deviation = deviation
            case RefusedEvent(sentence=sentence, exit_status=2):
                raise Refusal(sentence, 2)
            case RefusedEvent(sentence=sentence):
                self.refuse(sentence)

    def refuse(self, sentence: str) -> None:
        """The subject cannot be built, and this is why."""
        self._reason = sentence

    def certificate(self, *, interrupted: bool = False) -> Certificate:
        """The certificate; a check that an interruption left unmeasured is blocked."""
        from fiducial.checks.evidence import DECISIVE, Budget, Certificate, absent, summarize

        checks = sorted([*self._checks.values(), *self._unmeasured()], key=lambda evidence: evidence.id)
        loaded, job = self._loaded, self._job
        budget = Budget(seed=job.seed, level=job.level, false_alarm=loaded.false_alarm if loaded else 0.0)
        told = self._reason or self._stale(checks) or absent(checks) or self._selection()
        return Certificate(
            subject=loaded.subject if loaded else unbuilt(job), rule=loaded.rule if loaded else job.rule,
            verdict=self._verdict(checks), reason="interrupted" if interrupted else told,
            summary=summarize(checks), checks=checks, deviation=self._deviation, budget=budget,
            decisive=loaded.decisive if loaded else DECISIVE,
            environment=loaded.environment if loaded else environment(job.device),
            started=self._started, seconds=time.perf_counter() - self._began, fiducial=version("fiducial"))

    def _verdict(self, checks: list[Evidence]) -> Literal["certified", "not-certified", "error"]:
        from fiducial.checks.evidence import verdict

        return verdict(checks, decisive=self._loaded.decisive) if self._loaded else "error"

    def _stale(self, checks: list[Evidence]) -> str | None:
        """The listed failures that pass now."""
        names = [found.id for found in checks if found.stale]
        return f"listed as known failures, but passing now: {', '.join(names)}; remove the entries" if names else None

    def _infos(self) -> list[CheckInfo]:
        return self._loaded.checks if self._loaded else []

    def _unmeasured(self) -> list[Evidence]:
        from fiducial.checks.evidence import Status

        return [info.outcome(Status.NOT_APPLICABLE, info.reason) if info.reason
                else info.outcome(Status.BLOCKED, "interrupted before it ran")
                for info in self._infos() if info.id not in self._checks]

    def _selection(self) -> str | None:
        if not self._job.only:
            return None
        return f"only the checks that {' '.join(self._job.only)} selects were run: {len(self._infos())}"


def unbuilt(job: Job) -> Subject:
    """The subject of a certificate without checks."""
    from fiducial.checks.evidence import Subject, recorded

    return Subject(path=job.subject, hyperparameters=recorded(job.settings), settings=recorded(job.settings))


def environment(device: str) -> Environment:
    """The versions as installed, without importing anything."""
    from fiducial.checks.evidence import Environment

    return Environment(python=platform.python_version(), numpy=installed("numpy"), scipy=installed("scipy"),
                       hypothesis=installed("hypothesis"), platform=platform.platform(), device=device, threads=1)


def installed(package: str) -> str:
    """The version of a distribution; "absent" where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
