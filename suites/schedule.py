"""Which check may run next, and what became of each: the same answer whatever the number of lanes and their order.

A check that rests on one that failed, errored or is blocked is blocked. The checks stand in one fixed order, in which a
check follows those that it rests on; the second loss (a crash, a hang, a kill) in *that* order blocks the later checks
that need a step, even where another lane has measured them already.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from fiducial.checks.evidence import Evidence, Status
from fiducial.suites.jobs import CheckInfo

BAD = {Status.FAILED: "failed", Status.ERROR: "could not be judged", Status.BLOCKED: "is blocked"}
MOST_LOSSES = 2


def selected(checks: Sequence[CheckInfo], globs: Sequence[str]) -> list[CheckInfo]:
    """The checks whose id matches one of the globs; all of them when there is none."""
    return [check for check in checks if not globs or any(fnmatchcase(check.id, glob) for glob in globs)]


def ordered(checks: Sequence[CheckInfo]) -> list[CheckInfo]:
    """The checks in the given order, each moved behind those that it rests on. Raises ValueError for a circle."""
    result: list[CheckInfo] = []
    waiting = list(checks)
    while waiting:
        left = {check.id for check in waiting}
        ready = next((check for check in waiting if not left.intersection(check.rests_on)), None)
        if ready is None:
            raise ValueError(f"checks rest on each other in a circle: {', '.join(sorted(left))}")
        waiting.remove(ready)
        result.append(ready)
    return result


class Board:
    """The checks of one subject, the raw outcomes so far, and who runs what."""

    def __init__(self, checks: Sequence[CheckInfo]) -> None:
        self.checks = ordered(checks)
        self._raw = {check.id: check.outcome(Status.NOT_APPLICABLE, check.reason) for check in checks if check.reason}
        self._lost: dict[str, str] = {}
        self._running: dict[str, str] = {}  # check id → stream
        self._owner: dict[str, int] = {}  # stream → the lane that holds its recordings
        self._decided: dict[str, Evidence] = {}
        self._decide()

    @property
    def done(self) -> bool:
        """Whether every check is decided."""
        return len(self._decided) == len(self.checks)

    @property
    def decided(self) -> dict[str, Evidence]:
        """What is known so far, by check id."""
        return dict(self._decided)

    def take(self, lane: int) -> CheckInfo | None:
        """A check that may run now, marked as running: of a stream of this lane if there is one, else of a free one."""
        ready = [check for check in self.checks if self._ready(check)]
        if not ready:
            return None
        check = min(ready, key=lambda check: self._distance(check, lane))
        self._running[check.id] = check.stream
        self._owner[check.stream] = lane
        return check

    def settle(self, evidence: Evidence, *, lost: str | None = None) -> None:
        """Record what a check found; `lost` says how the subject's process was lost over it, if it was."""
        self._running.pop(evidence.id, None)
        self._raw[evidence.id] = evidence
        if lost:
            self._lost[evidence.id] = lost
        self._decide()

    def give_up(self, check: CheckInfo) -> None:
        """Hand a check back that this lane cannot run."""
        self._running.pop(check.id, None)
        self._owner.pop(check.stream, None)

    def _ready(self, check: CheckInfo) -> bool:
        free = check.id not in self._decided and check.stream not in self._running.values()
        return free and all(self._known(other) for other in check.rests_on)

    def _known(self, check_id: str) -> bool:
        """Decided, or no part of this run."""
        return check_id in self._decided or all(check.id != check_id for check in self.checks)

    def _distance(self, check: CheckInfo, lane: int) -> int:
        owner = self._owner.get(check.stream)
        return 0 if owner == lane else 1 if owner is None else 2

    def _decide(self) -> None:
        """Derive, in the fixed order, what is decided; blocked checks need no outcome of their own."""
        self._decided.clear()
        losses: list[str] = []
        for check in self.checks:
            evidence = self._judge(check, losses)
            if evidence is not None:
                self._decided[check.id] = evidence
                if check.id in self._lost and evidence.status is not Status.BLOCKED:
                    losses.append(f"{check.id}: {self._lost[check.id]}")

    def _judge(self, check: CheckInfo, losses: Sequence[str]) -> Evidence | None:
        if check.reason:
            return self._raw[check.id]
        for other in check.rests_on:
            found = self._decided.get(other)
            if found is not None and found.status in BAD:
                return check.outcome(Status.BLOCKED, f"rests on {other}, which {BAD[found.status]}")
        if check.needs_step and len(losses) >= MOST_LOSSES:
            return check.outcome(Status.BLOCKED, f"the subject's process was lost twice ({'; '.join(losses)})")
        return self._raw.get(check.id)
