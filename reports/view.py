"""A certificate as a page asks for it: what failed, what is known, what is blocked, and everything by family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from fiducial.checks.evidence import DECISIVE, Certificate, Evidence, Severity, Status, again
from fiducial.reports import verdicts, words

SPOKEN = {"error": "in error", "not-applicable": "not applicable"}  # after a number
LONGEST = 8000  # characters of a command
ORDER = [status.value for status in (Status.FAILED, Status.ERROR, Status.BLOCKED, Status.KNOWN, Status.PASSED,
                                     Status.NOT_APPLICABLE)]


class Part(NamedTuple):
    """The checks of one status, as a stretch of the bar from x on, in percent."""

    status: str
    number: int
    x: float
    width: float
    words: str


class Family(NamedTuple):
    """The checks whose ids begin alike."""

    name: str
    checks: list[Evidence]
    bad: bool
    words: str


class View:
    """One certificate."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.word = verdicts.word(certificate)
        self.relation = verdicts.relation(certificate)
        self.name = verdicts.name(certificate)
        self.good = certificate.verdict == "certified"
        self.day = certificate.started[:10]

    @cached_property
    def failures(self) -> list[Evidence]:
        """What failed or ended in an error: MUST before SHOULD before MAY, the decisive check first."""
        bad = [found for found in self.certificate.checks if found.status in verdicts.BAD]
        return sorted(bad, key=lambda found: (list(Severity).index(found.severity),
                                              found.id != self.certificate.decisive))

    @property
    def known(self) -> list[Evidence]:
        """Listed failures, and the entries that passed."""
        return [found for found in self.certificate.checks if found.status is Status.KNOWN or found.stale]

    @property
    def blocked(self) -> list[tuple[str, list[str]]]:
        """Ids of the blocked checks by their reason."""
        groups: dict[str, list[str]] = {}
        for found in self.certificate.checks:
            if found.status is Status.BLOCKED:
                groups.setdefault(found.reason or "", []).append(found.id)
        return list(groups.items())

    @property
    def unknown(self) -> bool:
        """Whether the subject departs from its rule in a way that is not known."""
        return any(found.id == DECISIVE and found.status is Status.FAILED for found in self.failures)

    @property
    def unjudged(self) -> str:
        """Why the decisive check was not judged."""
        return next((found.reason or "" for found in self.certificate.checks
                     if found.id == self.certificate.decisive and found.status is Status.NOT_APPLICABLE), "")

    @property
    def statuses(self) -> list[Part]:
        """How many checks ended in each status, the worst first."""
        counted = Counter(found.status.value for found in self.certificate.checks)
        total, x, parts = max(1, counted.total()), 0.0, []
        for status in filter(counted.__contains__, ORDER):
            width = 100 * counted[status] / total
            parts.append(Part(status, counted[status], round(x, 3), round(width, 3), self._spoken(status)))
            x += width
        return parts

    parts = statuses

    def _spoken(self, status: str) -> str:
        """A count with its severities where they matter: 2 failed (1 MUST, 1 SHOULD)."""
        of_it = [found.severity for found in self.certificate.checks if found.status.value == status]
        told = ", ".join(f"{of_it.count(each)} {each.value}" for each in Severity if each in of_it)
        said = f"{len(of_it)} {SPOKEN.get(status, status)}"
        return f"{said} ({told})" if status in ("failed", "error", "blocked") else said

    @property
    def families(self) -> list[Family]:
        """All checks in the order of the record."""
        groups: dict[str, list[Evidence]] = {}
        for found in self.certificate.checks:
            groups.setdefault(found.id.partition(".")[0], []).append(found)
        return [Family(name, checks, any(found.status in verdicts.BAD for found in checks), _tally(checks))
                for name, checks in groups.items()]

    def sample(self, found: Evidence) -> list[tuple[str, str]]:
        """The smallest sample, a line for each name; what was raised stands in the reason."""
        return [(name, words.spoken(value, exact=name in ("expected", "actual")))
                for name, value in found.sample.items() if name != "raised"]

    def again(self, found: Evidence) -> str:
        """The command that runs one check again."""
        return command(self.certificate, found)

    @property
    def facts(self) -> Iterator[tuple[str, Any]]:
        """Budget, seed, environment and subject, a line each; nothing that is not known."""
        certificate, subject, under = self.certificate, self.certificate.subject, self.certificate.environment
        chance = certificate.budget.false_alarm
        rows = [("False alarms", f"a chance of at most {chance:g} over the whole run" if chance else
                 "nothing was judged by chance"),
                ("Seed and level", f"{certificate.budget.seed}, {certificate.budget.level}"),
                ("Started", certificate.started), ("Took", words.seconds(certificate.seconds)),
                ("Python", under.python), ("Framework", under.framework or ""),
                ("NumPy, SciPy", f"{under.numpy}, {under.scipy}"), ("Hypothesis", under.hypothesis),
                ("Platform", under.platform), ("Device, threads", f"{under.device}, {under.threads}"),
                ("Kind", subject.kind),
                ("Parameters", ", ".join(f"{k} = {words.spoken(v)}" for k, v in subject.hyperparameters.items())),
                ("Declared", ", ".join(f"{k} = {words.spoken(v)}" for k, v in subject.declared.items())),
                ("Source, SHA-256", subject.source_sha256 or "")]
        return ((name, value) for name, value in rows if value)


def command(certificate: Certificate, found: Evidence) -> str:
    """The command that runs a check again; through the record where nobody could type it."""
    subject = certificate.subject
    told = [subject.path, certificate.rule, subject.way, found.id, certificate.budget.level, subject.settings]
    if sum(len(str(each)) for each in told) > LONGEST:
        return f"fiducial replay FILE {found.id[:200]}"
    return again(found.id, certificate)


def _tally(checks: Sequence[Evidence]) -> str:
    counted = Counter(found.status.value for found in checks)
    return ", ".join(f"{counted[status]} {SPOKEN.get(status, status)}" for status in ORDER if status in counted)
