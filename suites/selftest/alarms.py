"""False alarms, counted: MUSTs that fail on torch's own optimizers, certified over and over under fresh seeds.

A failed MUST is a false alarm unless it is one of torch's own findings, which are listed with their reasons in
`suites/certification/torch.toml`. Each batch of seeds is judged in a fresh process, warm from the second seed on.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fiducial.suites.selftest.scores import CONFIDENCE, upper_bound

SUBJECTS = [f"torch.optim:{name}" for name in (
    "SGD", "ASGD", "Adagrad", "Adadelta", "RMSprop", "Rprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adafactor",
    "SparseAdam", "Muon", "LBFGS")]
BATCH = 10
Row = dict[str, Any]
Known = dict[str, dict[str, Any]]  # check id → entry of `suites.known`
DECIDE_NOTHING = {"harness", "selftest"}  # folders of suites in which no verdict is decided


def findings() -> dict[str, Known]:
    """Torch's own failures by subject: those that are no false alarms."""
    from fiducial.suites.known import read

    home = Path(importlib.import_module("fiducial.suites.certification").__path__[0])
    return {subject: {check: entry.model_dump() for check, entry in entries.items()}
            for subject, entries in read(str(home / "torch.toml")).items()}


def judge_seed(subject: str, seed: int, known: Known, level: str = "standard") -> Row:
    """Every check of one subject under one seed, in this process."""
    from fiducial.suites.jobs import Job
    from fiducial.suites.worker import judge, load

    job, start = Job(subject=subject, seed=seed, known=known, level=level), time.process_time()
    found = [judge(job, check.id) for check in load(job).checks if check.reason is None]
    musts = [each for each in found if each.severity == "MUST" and each.examples]
    failed = [each.id for each in musts if each.status in ("failed", "error")]
    return {"seed": seed, "cpu_seconds": round(time.process_time() - start, 2), "musts": len(musts),
            "failed": [check for check in failed if check not in known],
            "findings": [check for check in failed if check in known]}


def in_a_process(subject: str, seeds: Sequence[int], known: Known, level: str = "standard") -> list[Row]:
    """Judge seeds one after the other in one fresh process. Raises RuntimeError where it fails."""
    code = ("import json, sys; from fiducial.suites.selftest.alarms import judge_seed\n"
            "subject, seeds, known, level = json.load(sys.stdin)\n"
            "for seed in seeds: print('row', json.dumps(judge_seed(subject, seed, known, level)))")
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps([subject, list(seeds), known, level]),
                          text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{subject} could not be judged: {done.stderr.strip()}")
    lines = (line.partition(" ") for line in done.stdout.splitlines())
    return [json.loads(text) for word, _, text in lines if word == "row"]


def sources() -> str:
    """A fingerprint of what decides a verdict: the sources of definitions, checks and suites, tests apart."""
    digest = hashlib.sha256()
    for room in ("reference", "checks", "suites"):
        home = Path(importlib.import_module(f"fiducial.{room}").__path__[0])
        for path in sorted(home.rglob("*.py")):
            if not path.name.startswith("test_") and not DECIDE_NOTHING & set(path.parts):
                digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


class Tally:
    """The record of the runs: a row a subject, and what follows from all of them."""

    def __init__(self, before: Mapping[str, Any] | None, level: str = "standard") -> None:
        now = sources()
        going_on = before is not None and (before["sources"], before["level"]) == (now, level)
        self._sources, self._level = now, level
        self._rows: dict[str, Row] = {row["subject"]: row for row in before["subjects"]} if before and going_on else {}

    def missing(self, subject: str, runs: int, first: int = 0, batch: int = BATCH) -> Iterator[list[int]]:
        """Batches of the `runs` seeds from the first on that a subject has not been judged under."""
        done = set(self._row(subject)["seeds"])
        left = [seed for seed in range(first, first + runs) if seed not in done]
        return (left[k : k + batch] for k in range(0, len(left), batch))

    def add(self, subject: str, judged: Sequence[Row]) -> None:
        """A batch that has ended."""
        row = self._row(subject)
        row["seeds"] = sorted([*row["seeds"], *(one["seed"] for one in judged)])
        row["musts"] += sum(one["musts"] for one in judged)
        row["warm_cpu_seconds"] += [one["cpu_seconds"] for one in judged[1:]]
        row["failed"] += [{"seed": one["seed"], "checks": one["failed"]} for one in judged if one["failed"]]
        for check in (check for one in judged for check in one["findings"]):
            row["findings"][check] = row["findings"].get(check, 0) + 1

    def _row(self, subject: str) -> Row:
        return self._rows.setdefault(subject, {"subject": subject, "seeds": [], "musts": 0, "warm_cpu_seconds": [],
                                               "failed": [], "findings": {}})

    def record(self) -> Row:
        """Everything so far, as data."""
        runs, bad = (sum(len(row[name]) for row in self._rows.values()) for name in ("seeds", "failed"))
        return {"sources": self._sources, "level": self._level, "certificates": runs, "with_a_false_alarm": bad,
                "musts": sum(row["musts"] for row in self._rows.values()), "confidence": CONFIDENCE,
                "upper_bound": upper_bound(bad, runs), "subjects": list(self._rows.values())}
