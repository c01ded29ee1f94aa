"""How often certify errs: MUSTs that fail on torch's optimizers, over many seeds.

    python -m fiducial.benchmarks.desk.false_alarms [--runs 1000] [--subjects torch.optim:Adam …] [--json FILE]
    python -m fiducial.benchmarks.desk.false_alarms --findings [--json FILE]

Runs      so many certificates in all at level standard, shared evenly by the subjects, each under a seed of its own, in
          warm processes (`suites.selftest.alarms`). A MUST that fails is a false alarm, unless it is one of torch's own
          findings. The bound is the exact (Clopper-Pearson) one-sided 95 % bound of the rate of certificates with a
          false alarm. With --json every batch is written as it ends, and a later call goes on where the record stopped;
          it begins again where the sources have changed.
Findings  each listed finding once more with its script, which needs torch alone: it has to exit with 1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from fiducial.benchmarks.desk.machine import Row, environment, table
from fiducial.suites.selftest.alarms import SUBJECTS, Tally, findings, in_a_process


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
            found = judge(Job(subject=subject, seed=entry["seed"]), check)
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
