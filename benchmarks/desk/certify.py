"""What certifying costs: wall and CPU seconds of `fiducial certify`. How often it errs: `false_alarms`, beside this.

    python -m fiducial.benchmarks.desk.certify [--repetitions 5] [--levels standard quick] [--json FILE]

Cost     each certificate from the shell, in a fresh process: the median over repetitions in alternation, so that a busy
         minute of the machine is shared by all. CPU seconds are those of the command and all that it started. Warm: CPU
         seconds of every check of one further seed in a process that has judged a seed before.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from fiducial.benchmarks.desk.machine import Row, environment, table
from fiducial.suites.selftest.alarms import SUBJECTS, in_a_process

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Become the parent of what our children leave behind, so that its CPU time is counted; False if there is no way.

    The fork server outlives the process that started it, and would else be no child of ours.
    """
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0


def reap() -> None:
    """Wait for every child that is left."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def cpu_of_children() -> float:
    """CPU seconds of all children that have been waited for, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def certify_once(subject: str, level: str, *, adopted: bool) -> Row:
    """One call from the shell: its seconds, and what its certificate holds. Raises RuntimeError if there is none."""
    command = [sys.executable, "-m", "fiducial", "certify", subject, "--level", level, "--json", "-"]
    before, start = cpu_of_children(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command[1:])} ended with {done.returncode}: {done.stderr.strip()}")
    reap()
    certificate = json.loads(done.stdout)
    judged = [check for check in certificate["checks"] if check["status"] != "not-applicable"]
    return {"seconds": seconds, "cpu_seconds": cpu_of_children() - before if adopted else None,
            "verdict": certificate["verdict"], "checks": len(certificate["checks"]), "judged": len(judged)}


def costs(subjects: Sequence[str], levels: Sequence[str], repetitions: int) -> list[Row]:
    """One row a subject and level: medians over repetitions in alternation, and the slowest call."""
    adopted = adopt_orphans()
    runs: dict[tuple[str, str], list[Row]] = {}
    for _ in range(repetitions):
        for level in levels:
            for subject in subjects:
                runs.setdefault((subject, level), []).append(certify_once(subject, level, adopted=adopted))
    return [_median_row(subject, level, rows) for (subject, level), rows in runs.items()]


def _median_row(subject: str, level: str, rows: Sequence[Row]) -> Row:
    cpu = [row["cpu_seconds"] for row in rows if row["cpu_seconds"] is not None]
    seconds = [row["seconds"] for row in rows]
    return {"subject": subject, "level": level, "repetitions": len(rows), "verdict": rows[0]["verdict"],
            "checks": rows[0]["checks"], "judged": rows[0]["judged"], "seconds": round(statistics.median(seconds), 2),
            "slowest": round(max(seconds), 2), "cpu_seconds": round(statistics.median(cpu), 2) if cpu else None}


def warm(subjects: Sequence[str]) -> list[Row]:
    """CPU seconds of a second seed at level standard, in a process that has judged the first."""
    pairs = [(subject, in_a_process(subject, [0, 1], {})) for subject in subjects]
    return [{"subject": subject, "first_cpu_seconds": round(first["cpu_seconds"], 2),
             "cpu_seconds": round(second["cpu_seconds"], 2)} for subject, (first, second) in pairs]


def show(record: Row, console: Console) -> None:
    """Print what a record holds."""
    load, cores = record["load_average"], record["environment"]["cores"]
    shown = ("subject", "level", "verdict", "judged", "seconds", "slowest", "cpu_seconds")
    console.print(table(f"certify from the shell, load average {load[0]:.1f} to {load[1]:.1f} on {cores} cores",
                        [{name: row[name] for name in shown} for row in record["cost"]]))
    console.print(table("a second seed in a warm process", record["warm"]))


def measured(given: argparse.Namespace) -> Row:
    """The record."""
    start = os.getloadavg()[0]
    cost = costs(given.subjects, given.levels, given.repetitions)
    second = warm(given.subjects)
    return {"schema": "fiducial.desk.certify/1", "environment": environment(),
            "load_average": [start, os.getloadavg()[0]], "cost": cost, "warm": second}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the record."""
    parser = argparse.ArgumentParser(description="What certifying costs.")
    parser.add_argument("--subjects", nargs="+", default=SUBJECTS, metavar="SUBJECT")
    parser.add_argument("--levels", nargs="+", default=["standard", "quick"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the record here")
    given = parser.parse_args(arguments)
    record = measured(given)
    show(record, Console())
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
