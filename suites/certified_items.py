"""Checks as tests: a subject is certified once, when the first of its tests runs, and each test tells one check.

Under xdist the first worker that needs a certificate makes it, and the others wait for its file.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from fiducial.checks.evidence import Certificate, Evidence, Severity, Status
from fiducial.suites import rules
from fiducial.suites.certify import name_of, ordered, served
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.known import Entry, table
from fiducial.suites.listing import listed
from fiducial.suites.subject_files import Listed
from fiducial.suites.terminal import block, clean, number

LOADS = "loads"  # the test that says whether the subject could be built
BAD = (Status.FAILED, Status.ERROR, Status.BLOCKED)


class FiducialWarning(UserWarning):
    """A convention that a subject breaks (SHOULD), or a quality that it lacks (MAY)."""


class CheckFailed(AssertionError):
    """A check that a subject fails; its text is all that there is to say."""


@dataclass
class Certified:
    """One subject with the checks that are asked for; the certificate is made when it is first needed."""

    name: str
    job: Job
    strict: bool = False
    wanted: set[str] = field(default_factory=set)  # none: all
    _certificate: Certificate | None = None

    def certificate(self) -> Certificate:
        """The certificate; made once in a session, whatever the number of workers."""
        if self._certificate is None:
            job = self.job.model_copy(update={"only": sorted(self.wanted - {LOADS})})
            self._certificate = shared(job, lambda: served(job))
        return self._certificate

    def tell(self, check_id: str, properties: list[tuple[str, object]] | None = None) -> None:
        """Pass, fail, skip, xfail or warn, as the check's evidence says."""
        certificate = self.certificate()
        if certificate.verdict == "error":
            if check_id == LOADS:
                raise CheckFailed(f"{self.name}: {clean(certificate.reason or 'it could not be built')}")
            pytest.skip("the subject could not be built")
        if check_id == LOADS:
            return
        found = next((each for each in certificate.checks if each.id == check_id), None)
        if found is None:
            pytest.skip("this check is not part of the level, or not of this subject's kind")
        if properties is not None:
            properties += [("measured", number(found.measured)), ("allowed", number(found.allowed)),
                           ("examples", found.examples), ("severity", str(found.severity))]
        self._judge(found, certificate)

    def _judge(self, found: Evidence, certificate: Certificate) -> None:
        if found.status is Status.NOT_APPLICABLE:
            pytest.skip(found.reason or "not applicable")
        if found.stale:
            raise CheckFailed(f"{found.id}: {found.reason}")
        if found.status is Status.KNOWN:
            pytest.xfail(found.reason or "known")
        if found.status not in BAD:
            return
        text = told(found, certificate, self.job.settings)
        if found.severity is Severity.MUST or self.strict:
            raise CheckFailed(text)
        if found.status is not Status.BLOCKED:
            warnings.warn(FiducialWarning(f"{found.severity} {text}"), stacklevel=2)


def told(found: Evidence, certificate: Certificate, settings: dict[str, Any]) -> str:
    """A check that did not pass: the five lines and how to replay it; one line for a blocked one."""
    if found.status is Status.BLOCKED:
        return f"{found.id} is blocked for {certificate.subject.path}: {clean(found.reason or '')}"
    console = Console(width=200, file=None, no_color=True, highlight=False)
    with console.capture() as capture:
        console.print(block(found, certificate, settings), soft_wrap=True)
    return capture.get().rstrip()


class CheckItem(pytest.Item):
    """One check of one subject."""

    def __init__(self, *, certified: Certified, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.certified = certified
        self.add_marker(pytest.mark.xdist_group(certified.name))

    def runtest(self) -> None:
        """Tell what the certificate says of the check; only the checks that the session has chosen are run."""
        if not self.certified.wanted:
            mine = [item.name for item in self.session.items if getattr(item, "certified", None) is self.certified]
            everything = set(mine) >= set(checks_of(self.certified.job))
            self.certified.wanted = {LOADS} if everything else set(mine)
        self.certified.tell(self.name, self.user_properties)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text alone: a traceback of ours would tell nobody anything."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The headline of a failure."""
        return self.path, None, f"{self.certified.name}: {self.name}"


class Subject(pytest.Collector):
    """One subject, whose tests are its checks."""

    def collect(self) -> Sequence[pytest.Item]:
        """Nothing by itself: the items are handed to the session."""
        return []


def items_of(session: pytest.Session) -> Iterator[pytest.Item]:
    """A test for each check of each subject that the options ask for. Raises UsageError for a wrong call."""
    for certified in _guarded(lambda: subjects_of(session.config)):
        parent = Subject.from_parent(session, name=certified.name, nodeid=certified.name)
        yield from (CheckItem.from_parent(parent, name=check_id, certified=certified)
                    for check_id in (LOADS, *checks_of(certified.job)))


def _guarded(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Refusal as refusal:
        raise pytest.UsageError(refusal.sentence) from None


def subjects_of(config: pytest.Config) -> list[Certified]:
    """What the options and the user's pyproject.toml ask for. Raises Refusal."""
    settings = listed(config.rootpath / "pyproject.toml")
    wanted = [Listed.of(text) for text in config.getoption("certify")]
    if config.getoption("certify_listed"):
        if not settings.subjects:
            raise Refusal("--certify-listed: [tool.fiducial] of pyproject.toml lists no subjects", 2)
        wanted += settings.subjects
    level = config.getoption("certify_level") or settings.level
    seed = config.getoption("certify_seed")
    strict = config.getoption("certify_strict")
    failures = table(settings.known, "[tool.fiducial.known]") if settings.known else {}
    return [made(each, failures.get(each.subject, {}), level=level, seed=settings.seed if seed is None else seed,
                 strict=settings.strict if strict is None else strict) for each in wanted]


def made(wanted: Listed, failures: Mapping[str, Entry], *, level: str, seed: int, strict: bool) -> Certified:
    """A subject with its job. Raises Refusal."""
    job = ordered(wanted.subject, wanted.rule, settings=wanted.settings, level=level, seed=seed, jobs=None,
                  timeout=30.0, memory="4G", device="cpu", only=[])
    assert isinstance(job, Job), "a path can always be carried"
    known = {check_id: entry.model_dump() for check_id, entry in failures.items()}
    return Certified(wanted.name, wanted.on(job.model_copy(update={"known": known})), strict)


def checks_of(job: Job) -> list[str]:
    """The ids of the checks that a job may run. An optimizer's are read: to import them costs a second."""
    if job.rule is None or rules.find(job.rule) is not None or ":" in job.rule:
        published = json.loads(files("fiducial.reports").joinpath("ids.json").read_text("utf-8"))["checks"]
        return [row["id"] for row in published if row.get("quick", True) or job.level != "quick"]
    from fiducial.suites.rules import registry

    other = registry.find(job.rule, job.subject)
    return [claim.id for claim in other.claims if claim.quick or job.level != "quick"] if other else []


def shared(job: Job, make: Callable[[], Certificate]) -> Certificate:
    """The certificate of a job, made by one xdist worker for all; without xdist simply made."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return make()
    text = job.model_dump_json()
    file = Path(tempfile.gettempdir()) / f"fiducial-{run}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    with locked(file.with_suffix(".lock")):
        if not file.exists():
            certificate = make()
            file.write_text(certificate.model_dump_json(by_alias=True), encoding="utf-8")
            return certificate
    return Certificate.model_validate_json(file.read_text(encoding="utf-8"))


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; wait for whoever holds it."""
    while True:
        try:
            handle = os.open(file, os.O_CREAT | os.O_EXCL)
            break
        except FileExistsError:
            time.sleep(0.05)
    try:
        yield
    finally:
        os.close(handle)
        file.unlink()


@dataclass(frozen=True)
class CheckCase:
    """One check of one subject, to be called in a test of the user's own."""

    certified: Certified
    id: str

    def __call__(self) -> None:
        """Pass, fail, skip, xfail or warn, as the check's evidence says."""
        __tracebackhide__ = True
        text = None
        try:
            self.certified.tell(self.id)
        except CheckFailed as failed:
            text = str(failed)
        if text is not None:  # not while the other is handled, or both would be shown
            pytest.fail(text, pytrace=False)


def parametrize_with_checks(subjects: Sequence[Any], *, rule: str | None = None, level: str = "standard",
                            seed: int = 0, strict: bool = False) -> pytest.MarkDecorator:
    """Parametrize a test with every check of every subject; the test calls what it is given.

        @parametrize_with_checks([torch.optim.AdamW, "my_package:MyAdam=adam"])
        def test_contract(check):
            check()

    subjects  classes, paths, or "path=rule"; `rule` is for those without one of their own
    strict    a failed SHOULD or MAY fails its test; without, it is a FiducialWarning

    Raises ValueError with one sentence for a wrong call.
    """
    cases: list[Any] = []
    try:
        for subject in subjects:
            text, own = (subject.partition("=")[::2]) if isinstance(subject, str) else (subject, "")
            job = ordered(text, own or rule, settings={}, level=level, seed=seed, jobs=None, timeout=30.0,
                          memory="4G", device="cpu", only=[])
            if isinstance(job, Certificate):
                raise ValueError(job.reason)
            name = text if isinstance(text, str) else name_of(text).rpartition(":")[2]
            certified = Certified(f"{name}={job.rule}", job, strict)
            cases += [pytest.param(CheckCase(certified, check_id), id=f"{name}-{check_id}")
                      for check_id in (LOADS, *checks_of(job))]
    except Refusal as refusal:
        raise ValueError(refusal.sentence) from None
    return pytest.mark.parametrize("check", cases)
