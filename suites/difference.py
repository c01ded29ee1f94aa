"""Two certificates of one subject, before and after: what changed, and whether anything got worse."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from fiducial.checks.evidence import Certificate, Evidence, Status
from fiducial.suites.jobs import Refusal
from fiducial.suites.series import Measured

RANK = {Status.PASSED: 0, Status.KNOWN: 1, Status.NOT_APPLICABLE: 1, Status.BLOCKED: 2, Status.FAILED: 3,
        Status.ERROR: 4}
VERDICTS = ("certified", "not-certified", "error")
GROWN = 10.0  # a share of the tolerance that grew by so much is told

Direction = Literal["worse", "better", "changed"]


class Change(BaseModel):
    """One thing that differs: a check's status or share of its tolerance, a default, a version, the verdict."""

    what: str
    before: str
    after: str
    direction: Direction = "changed"


class Difference(BaseModel):
    """What changed between two certificates of one subject."""

    subject: str
    changes: list[Change] = Field(default_factory=list)

    @property
    def worse(self) -> bool:
        """Whether anything got worse."""
        return any(change.direction == "worse" for change in self.changes)


def differences(before: Sequence[Measured], after: Sequence[Measured]) -> list[Difference]:
    """Certificates matched by path and settings; a lone pair is matched whatever it is called. Raises Refusal."""
    if len(before) == len(after) == 1:
        pairs = [(before[0].certificate, after[0].certificate)]
    else:
        named = {_name(each): each.certificate for each in after}
        pairs = [(each.certificate, named[_name(each)]) for each in before if _name(each) in named]
    if not pairs:
        raise Refusal("the two files speak of no common subject: pass two certificates of one", 2)
    return [difference(*pair) for pair in pairs]


def _name(measured: Measured) -> tuple[str, str]:
    return measured.certificate.subject.path, repr(sorted(measured.settings.items()))


def difference(before: Certificate, after: Certificate) -> Difference:
    """Everything that changed, the verdict first."""
    changes = [*_verdict(before, after), *_checks(before, after), *_defaults(before, after), *_versions(before, after)]
    return Difference(subject=after.subject.path, changes=changes)


def _direction(before: int, after: int) -> Direction:
    return "changed" if before == after else "worse" if after > before else "better"


def _verdict(before: Certificate, after: Certificate) -> Iterator[Change]:
    if before.verdict != after.verdict:
        yield Change(what="verdict", before=before.verdict, after=after.verdict,
                     direction=_direction(VERDICTS.index(before.verdict), VERDICTS.index(after.verdict)))
    if before.rule != after.rule:
        yield Change(what="rule", before=str(before.rule), after=str(after.rule))
    named = [each.deviation.name if each.deviation else "none" for each in (before, after)]
    if named[0] != named[1]:
        yield Change(what="deviation", before=named[0], after=named[1])


def _checks(before: Certificate, after: Certificate) -> Iterator[Change]:
    """Checks whose status changed, that are gone or new, or that use far more of their tolerance."""
    old, new = ({check.id: check for check in each.checks} for each in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Change(what=name, before=old[name].status, after="absent")
        elif name not in old:
            bad = RANK[new[name].status] > 1
            yield Change(what=name, before="absent", after=new[name].status, direction="worse" if bad else "changed")
        else:
            yield from _check(old[name], new[name])


def _check(old: Evidence, new: Evidence) -> Iterator[Change]:
    if old.status != new.status:
        yield Change(what=new.id, before=old.status, after=new.status,
                     direction=_direction(RANK[old.status], RANK[new.status]))
    elif new.status is Status.PASSED and GROWN * _share(old) < _share(new):
        yield Change(what=f"{new.id}: share of its tolerance", before=f"{_share(old):.2g}", after=f"{_share(new):.2g}")


def _share(found: Evidence) -> float:
    """Measured over allowed; 0 where nothing is allowed and nothing was measured."""
    measured, allowed = found.measured or 0.0, found.allowed or 0.0
    return measured / allowed if allowed > 0 and math.isfinite(measured) else 0.0


def _defaults(before: Certificate, after: Certificate) -> Iterator[Change]:
    """Hyper-parameters that are new, gone, or have another value."""
    old, new = before.subject.hyperparameters, after.subject.hyperparameters
    for name in sorted(old.keys() | new.keys()):
        values = [repr(each[name]) if name in each else "absent" for each in (old, new)]
        if values[0] != values[1]:
            yield Change(what=f"hyper-parameter {name}", before=values[0], after=values[1])


def _versions(before: Certificate, after: Certificate) -> Iterator[Change]:
    rows = [("version", before.subject.version, after.subject.version)]
    rows += [(name, getattr(before.environment, name), getattr(after.environment, name))
             for name in ("python", "numpy", "framework", "device")]
    rows.append(("seed", str(before.budget.seed), str(after.budget.seed)))
    rows.append(("level", before.budget.level, after.budget.level))
    for what, old, new in rows:
        if old != new:
            yield Change(what=what, before=str(old), after=str(new))
