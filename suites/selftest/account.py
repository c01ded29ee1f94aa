"""The account: mutants are drawn and judged, sound classes are certified, and a record is kept that can be resumed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from fiducial.suites.jobs import Refusal
from fiducial.suites.selftest import alarms, candidates, definitions
from fiducial.suites.selftest.lanes import Task, outcomes
from fiducial.suites.selftest.outcomes import Outcome, kills, score
from fiducial.suites.selftest.shown import progress, show

SCHEMA = "fiducial.selftest/1"
SHARE_OF_MUTANTS = 0.75  # of the time, where it is limited; the rest goes to the sound classes
FIRST_SEED = 100_000  # of the sound classes' certificates: no other run of ours draws from here on
AT_A_TIME = 2  # certificates of one process


@dataclass(frozen=True)
class Wanted:
    """What is asked for; seconds and file may be left open."""

    seed: int
    level: str
    mutants: int
    terms: int
    clean: int
    seconds: float | None
    jobs: int
    file: str | None


def held_to_account(wanted: Wanted, promised: float) -> int:
    """Judge, certify, print, and keep the record: 0 as promised; 1 where too many were missed, or one alarm was false.

    Raises Refusal for a file that is no record of this, or cannot be written.
    """
    account = Account(wanted)
    output = Console(stderr=wanted.file == "-", highlight=False, markup=False, soft_wrap=True)
    account.judge()
    account.certify()
    record = account.record()
    if wanted.file == "-":
        print(json.dumps(record, indent=1, ensure_ascii=False))
    show(record, output)
    missed = record["counted"] > 0 and record["found"] / record["counted"] < promised
    return int(missed or record["alarms"]["with_a_false_alarm"] > 0)


class Account:
    """What was judged so far: from a file, if that holds the record of the same run, and into it."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.began = time.perf_counter()
        self.file = Path(wanted.file) if wanted.file and wanted.file != "-" else None
        before = read(self.file) if self.file is not None else {}
        same = all(before.get(name) == value for name, value in self._run().items())
        self.outcomes = [Outcome.model_validate(row) for row in before["mutants"]] if before and same else []
        self.seconds = float(before["seconds"]) if before and same else 0.0
        self.tally = alarms.Tally(before.get("alarms"), wanted.level)

    def _run(self) -> dict[str, Any]:
        """What has to be equal for a run to be gone on with."""
        return {"schema": SCHEMA, "seed": self.wanted.seed, "level": self.wanted.level, "sources": alarms.sources()}

    def judge(self) -> None:
        """Judge the mutants that are missing."""
        done = {outcome.task for outcome in self.outcomes}
        tasks: list[Task] = [*candidates.drawn(self.wanted.seed)[:self.wanted.mutants],
                             *definitions.drawn(self.wanted.seed, self.wanted.terms)]
        left = [task for task in tasks if task.id not in done]
        if not left:
            return
        judged = outcomes(left, seed=self.wanted.seed, level=self.wanted.level, jobs=self.wanted.jobs,
                          deadline=self._deadline(SHARE_OF_MUTANTS if self.wanted.clean else 1.0))
        with progress("mutants", len(left)) as advance, closing(judged) as found:
            for outcome in found:
                self.outcomes.append(outcome)
                self.keep()
                advance(1)

    def certify(self) -> None:
        """Certify sound classes under the seeds that are missing."""
        share = -(-self.wanted.clean // len(alarms.SUBJECTS))
        first = FIRST_SEED + 1000 * self.wanted.seed
        batches = [(subject, seeds) for subject in alarms.SUBJECTS if share
                   for seeds in self.tally.missing(subject, share, first, AT_A_TIME)]
        with progress("certificates", sum(len(seeds) for _, seeds in batches)) as advance:
            for subject, rows in self._certified(batches):
                self.tally.add(subject, rows)
                self.keep()
                advance(len(rows))

    def _certified(self, batches: list[tuple[str, list[int]]]) -> Iterator[tuple[str, list[alarms.Row]]]:
        """Batches as they end, until the time is over."""
        listed, deadline = alarms.findings(), self._deadline(1.0)

        def judged(subject: str, seeds: list[int]) -> list[alarms.Row]:
            if deadline is not None and time.perf_counter() > deadline:
                return []
            return alarms.in_a_process(subject, seeds, listed.get(subject, {}), self.wanted.level)

        with ThreadPoolExecutor(self.wanted.jobs) as pool:
            asked = {pool.submit(judged, subject, seeds): subject for subject, seeds in batches}
            for future in as_completed(asked):
                yield asked[future], future.result()

    def _deadline(self, share: float) -> float | None:
        return None if self.wanted.seconds is None else self.began + share * self.wanted.seconds

    def record(self) -> dict[str, Any]:
        """Everything so far, as data."""
        families = sorted({outcome.family for outcome in self.outcomes})
        return {**self._run(), "seconds": round(self.seconds + time.perf_counter() - self.began, 1),
                **score(self.outcomes),
                "families": {family: score([one for one in self.outcomes if one.family == family])
                             for family in families},
                "checks": kills(self.outcomes), "alarms": self.tally.record(),
                "mutants": [outcome.model_dump() for outcome in self.outcomes]}

    def keep(self) -> None:
        """Write the record, in one go."""
        if self.file is not None:
            part = self.file.with_suffix(f"{self.file.suffix}.part")
            part.write_text(json.dumps(self.record(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            part.replace(self.file)


def read(file: Path) -> dict[str, Any]:
    """The record in a file; an empty one where there is no file. Raises Refusal."""
    if not file.parent.is_dir():
        raise Refusal(f"{file} cannot be written: there is no folder {file.parent}; create it first", 2)
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise Refusal(f"{file} holds no record of selftest: name another file, lest it be overwritten", 2)
    return found
