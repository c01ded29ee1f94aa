"""Two releases of one package beside each other: what changed in each subject that both have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from packaging.version import InvalidVersion, Version

from fiducial.checks.evidence import Certificate


class Change(Protocol):
    """One thing that differs between two certificates: what, before and after, and worse, better or changed."""

    @property
    def what(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def direction(self) -> str: ...


class Pair(NamedTuple):
    """A subject in two releases that follow each other."""

    before: Certificate
    after: Certificate
    changes: Sequence[Change]

    @property
    def word(self) -> str:
        """What the changes come to."""
        directions = {change.direction for change in self.changes}
        return next((word for word in ("worse", "better", "changed") if word in directions), "same")


class Step(NamedTuple):
    """From one release of a package to the next."""

    package: str
    before: str
    after: str
    pairs: list[Pair]


def compared(certificates: Sequence[Certificate],
             compare: Callable[[Certificate, Certificate], Sequence[Change]]) -> list[Step]:
    """Every step between releases that follow each other, the newest certificate of each release counting."""
    subjects: dict[tuple[str, ...], dict[str, Certificate]] = defaultdict(dict)
    for each in sorted(certificates, key=lambda each: each.started):
        if each.subject.package and each.subject.version:
            subjects[_identity(each)][each.subject.version] = each
    steps: dict[tuple[str, str, str], list[Pair]] = defaultdict(list)
    for releases in subjects.values():
        for old, new in pairwise(sorted(releases, key=_version)):
            pair = Pair(releases[old], releases[new], compare(releases[old], releases[new]))
            steps[str(pair.after.subject.package), old, new].append(pair)
    ordered = sorted(steps.items(), key=lambda step: (step[0][0], _version(step[0][2])))
    return [Step(*key, pairs) for key, pairs in ordered]


def _identity(certificate: Certificate) -> tuple[str, ...]:
    subject = certificate.subject
    return (str(subject.package), subject.path, repr(sorted(subject.settings.items())), str(subject.way),
            str(certificate.rule), certificate.environment.device)


def _version(text: str) -> tuple[bool, Version | str]:
    """The order of releases; what is no version comes first, by its letters."""
    try:
        return True, Version(text)
    except InvalidVersion:
        return False, text
