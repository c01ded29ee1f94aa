"""How often certify errs: MUSTs that fail on torch's optimizers, over many seeds.

    python -m fiducial.benchmarks.desk.false_alarms [--runs 1000] [--subjects torch.optim:Adam …] [--json FILE]
    python -m fiducial.benchmarks.desk.false_alarms --findings [--json FILE]

Runs      so many certificates in all at level standard, shared evenly by the subjects, each under a seed of its own, in
          warm processes of BATCH seeds. A MUST that fails is a false alarm, unless it is one of torch's own findings,
          which are listed with their reasons in `suites/certification/torch.toml`. The bound is the exact
          (Clopper-Pearson) one-sided 95 % bound of the rate of certificates with a false alarm. With --json every
          batch is written as it ends, and a later call goes on where the record stopped; it begins again where the
          sources have changed.
Findings  each listed finding once more with its script, which needs torch alone: it has to exit with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from scipy import special

from fiducial.benchmarks.desk.machine import Row, environment, table

SUBJECTS = [f"torch.optim:{name}" for name in (
    "SGD", "ASGD", "Adagrad", "Adadelta", "RMSprop", "Rprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adafactor",
    "SparseAdam", "Muon", "LBFGS")]
CONFIDENCE = 0.95
BATCH = 10
Known = dict[str, dict[str, Any]]  # check id → entry of `suites.known`


def findings() -> dict[str, Known]:
    """Torch's own failures by subject: those that are no false alarms."""
    from fiducial.suites.known import read

    home = Path(importlib.import_module("fiducial.suites.certification").__path__[0])
    return {subject: {check: entry.model_dump() for check, entry in entries.items()}
            for subject, entries in read(str(home / "torch.toml")).items()}


def judge_seed(subject: str, seed: int, known: Known) -> Row:
    """Every check of one subject under one seed, in this process."""
    from fiducial.suites.jobs import Job
    from fiducial.suites.worker import judge, load

    job, start = Job(subject=subject, seed=seed, known=known), time.process_time()
    found = [judge(job, check.id) for check in load(job).checks if check.reason is None]
    musts = [each for each in found if each.severity == "MUST" and each.examples]
    failed = [each.id for each in musts if each.status in ("failed", "error")]
    return {"seed": seed, "cpu_seconds": round(time.process_time() - start, 2), "musts": len(musts),
            "failed": [check for check in failed if check not in known],
            "findings": [check for check in failed if check in known]}


def in_a_process(subject: str, seeds: Sequence[int], known: Known) -> list[Row]:
    """Judge seeds one after the other in one fresh process. Raises RuntimeError where it fails."""
    code = ("import json, sys; from fiducial.benchmarks.desk.false_alarms import judge_seed\nsubject, seeds, known = "
            "json.load(sys.stdin)\nfor seed in seeds: print('row', json.dumps(judge_seed(subject, seed, known)))")
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps([subject, list(seeds), known]), text=True,
                          capture_output=True, check=False)
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
            if not path.name.startswith("test_") and "harness" not in path.parts:
                digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def upper_bound(failed: int, runs: int) -> float:
    """The exact one-sided 95 % bound of a rate of which `failed` in `runs` were seen; 1 where all or none were run."""
    return float(special.betaincinv(failed + 1, runs - failed, CONFIDENCE)) if failed < runs else 1.0


class Tally:
    """The record of the runs: a row a subject, and what follows from all of them."""

    def __init__(self, before: Row | None) -> None:
        now = sources()
        going_on = before is not None and before["sources"] == now
        self._sources = now
        self._rows: dict[str, Row] = {row["subject"]: row for row in before["subjects"]} if before and going_on else {}

    def missing(self, subject: str, runs: int) -> Iterator[list[int]]:
        """Batches of the seeds below `runs` that a subject has not been judged under."""
        done = set(self._row(subject)["seeds"])
        left = [seed for seed in range(runs) if seed not in done]
        return (left[k : k + BATCH] for k in range(0, len(left), BATCH))

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
        return {"sources": self._sources, "level": "standard", "certificates": runs, "with_a_false_alarm": bad,
                "musts": sum(row["musts"] for row in self._rows.values()), "confidence": CONFIDENCE,
                "upper_bound": upper_bound(bad, runs), "subjects": list(self._rows.values())}


def run(subjects: Sequence[str], runs: int, jobs: int, file: Path | None, before: Row) -> Row:
    """Judge what is missing, batch by batch, and write the record after each."""
    tally, listed = Tally(before.get("alarms")), findings()
    share = -(-runs // len(subjects))
    batches = sorted(((subject, seeds) for subject in subjects for seeds in tally.missing(subject, share)),
                     key=lambda batch: batch[1][0])  # every subject in turn, lest a short run know one only
    with ThreadPoolExecutor(jobs) as pool, progress() as bar:
        task = bar.add_task("certificates", total=sum(len(seeds) for _, seeds in batches))
        asked: dict[Future[list[Row]], tuple[str, int]] = {
            pool.submit(in_a_process, subject, seeds, listed.get(subject, {})): (subject, len(seeds))
            for subject, seeds in batches}
        for future in as_completed(asked):
            subject, count = asked[future]
            tally.add(subject, future.result())
            save(file, {**before, "environment": environment(), "alarms": tally.record()})
            bar.advance(task, count)
    return {**before, "environment": environment(), "alarms": tally.record()}


def progress() -> Progress:
    """A bar on standard error, where there is a terminal."""
    console = Console(stderr=True)
    return Progress(*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn(), console=console,
                    disable=not console.is_terminal)


def save(file: Path | None, record: Row) -> None:
    """Write the record, in one go."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(file)


def shown() -> list[Row]:
    """Each listed finding with the exit status of its script, which needs torch alone."""
    from fiducial.suites.jobs import Job
    from fiducial.suites.worker import judge

    rows = []
    for subject, known in findings().items():
        for check, entry in known.items():
            found = judge(Job(subject=subject), check)
            done = subprocess.run([sys.executable, "-I", "-c", found.reproduction or ""], capture_output=True,
                                  check=False)
            rows.append({"subject": subject, "check": check, "status": str(found.status),
                         "script_exits_with": done.returncode if found.reproduction else None,
                         "reason": entry["reason"]})
    return rows


def show(record: Row, console: Console) -> None:
    """Print what a record holds."""
    if "alarms" in record:
        found = record["alarms"]
        console.print(table("false alarms", [
            {"subject": row["subject"], "seeds": len(row["seeds"]), "MUSTs judged": row["musts"],
             "false alarms": len(row["failed"]), "of torch's own": sum(row["findings"].values()),
             "warm CPU seconds": round(statistics.median(row["warm_cpu_seconds"] or [0.0]), 1)}
            for row in found["subjects"]]))
        console.print(f"{found['with_a_false_alarm']} of {found['certificates']} certificates with a false alarm; at "
                      f"95 % confidence the rate is at most {found['upper_bound']:.2g}")
    if "findings" in record:
        console.print(table("torch's own", record["findings"]))


def main(arguments: list[str] | None = None) -> int:
    """Judge, print, and write the record; 1 where something failed that is not listed, or a script shows nothing."""
    parser = argparse.ArgumentParser(description="How often certify errs.")
    parser.add_argument("--subjects", nargs="+", default=SUBJECTS, metavar="SUBJECT")
    parser.add_argument("--runs", type=int, default=1000, help="certificates in all")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--findings", action="store_true", help="run the scripts of torch's own failures instead")
    parser.add_argument("--json", type=Path, help="write the record here; what it holds already is kept")
    given = parser.parse_args(arguments)
    there = given.json is not None and given.json.exists()
    before = json.loads(given.json.read_text(encoding="utf-8")) if there else {"schema": "fiducial.desk.alarms/1"}
    if given.findings:
        record = {**before, "findings": shown()}
        save(given.json, record)
    else:
        record = run(given.subjects, given.runs, given.jobs, given.json, before)
    show(record, Console())
    unseen = any(row["script_exits_with"] != 1 for row in record.get("findings", []))
    return int(unseen or record.get("alarms", {}).get("with_a_false_alarm", 0) > 0)


if __name__ == "__main__":
    sys.exit(main())
