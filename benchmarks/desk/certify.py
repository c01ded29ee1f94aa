"""What certifying costs, and how often it errs: wall and CPU seconds of `fiducial certify`, false alarms over seeds.

    python -m fiducial.benchmarks.desk.certify [--repetitions 5] [--levels standard quick] [--json FILE]
    python -m fiducial.benchmarks.desk.certify --seeds 20 [--json FILE]

Cost     each certificate from the shell, in a fresh process: the median over repetitions in alternation, so that a busy
         minute of the machine is shared by all. CPU seconds are those of the command and all that it started. Warm: CPU
         seconds of every check of one further seed in a process that has judged a seed before.
Seeds    each subject under so many further seeds, warm, one process a subject; a MUST that fails on a sound subject is
         a false alarm. The bound is the exact (Clopper-Pearson) one-sided 95 % bound of the rate of certificates with a
         false alarm, over all subjects together. With --json a later run goes on where the record stopped, and begins
         again where the sources have changed.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from scipy import special

SUBJECTS = [f"torch.optim:{name}" for name in ("SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW")]
PACKAGES = ("numpy", "scipy", "hypothesis", "torch")
CONFIDENCE = 0.95
PR_SET_CHILD_SUBREAPER = 36
Row = dict[str, Any]


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


def judge_seed(subject: str, level: str, seed: int) -> Row:
    """Every check of one subject under one seed, in this process."""
    from fiducial.suites.jobs import Job
    from fiducial.suites.worker import judge, load

    job, start = Job(subject=subject, level=level, seed=seed), time.process_time()
    found = [judge(job, check.id) for check in load(job).checks]
    musts = [each for each in found if each.severity == "MUST" and each.examples]
    return {"seed": seed, "cpu_seconds": time.process_time() - start, "musts": len(musts),
            "failed": [each.id for each in musts if each.status in ("failed", "error")]}


def in_a_process(subject: str, level: str, seeds: Sequence[int]) -> list[Row]:
    """Judge seeds one after the other in one fresh process. Raises RuntimeError where it fails."""
    code = ("import json, sys; from fiducial.benchmarks.desk.certify import judge_seed; subject, level, *seeds = "
            "sys.argv[1:]\nfor seed in seeds: print('row', json.dumps(judge_seed(subject, level, int(seed))))")
    done = subprocess.run([sys.executable, "-c", code, subject, level, *map(str, seeds)], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{subject} could not be judged: {done.stderr.strip()}")
    lines = (line.partition(" ") for line in done.stdout.splitlines())
    return [json.loads(text) for word, _, text in lines if word == "row"]


def warm(subjects: Sequence[str], level: str = "standard") -> list[Row]:
    """CPU seconds of a second seed in a process that has judged the first."""
    pairs = [(subject, in_a_process(subject, level, [0, 1])) for subject in subjects]
    return [{"subject": subject, "level": level, "first_cpu_seconds": round(first["cpu_seconds"], 2),
             "cpu_seconds": round(second["cpu_seconds"], 2)} for subject, (first, second) in pairs]


def upper_bound(failed: int, runs: int) -> float:
    """The exact one-sided 95 % bound of a rate of which `failed` in `runs` were seen; 1 where all or none were run."""
    return float(special.betaincinv(failed + 1, runs - failed, CONFIDENCE)) if failed < runs else 1.0


def sources() -> str:
    """A fingerprint of what decides a verdict: the sources of definitions, checks and suites, tests apart."""
    digest = hashlib.sha256()
    for room in ("reference", "checks", "suites"):
        home = Path(importlib.import_module(f"fiducial.{room}").__path__[0])
        for path in sorted(home.rglob("*.py")):
            if not path.name.startswith("test_") and "harness" not in path.parts:
                digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def alarms(subjects: Sequence[str], seeds: int, before: Row | None) -> Row:
    """The record of false alarms, with so many further seeds for each subject."""
    now = sources()
    kept: list[Row] = list(before["subjects"]) if before and before["sources"] == now else []
    rows = {row["subject"]: dict(row) for row in kept}
    for subject in subjects:
        row = rows.setdefault(subject, {"subject": subject, "seeds": 0, "musts": 0, "failed": []})
        for judged in in_a_process(subject, "standard", range(row["seeds"], row["seeds"] + seeds)):
            row["seeds"] += 1
            row["musts"] += judged["musts"]
            row["failed"] = [*row["failed"], *([{"seed": judged["seed"], "checks": judged["failed"]}]
                                               if judged["failed"] else [])]
    runs, bad = sum(row["seeds"] for row in rows.values()), sum(len(row["failed"]) for row in rows.values())
    return {"sources": now, "level": "standard", "certificates": runs, "with_a_failed_must": bad,
            "musts": sum(row["musts"] for row in rows.values()), "confidence": CONFIDENCE,
            "upper_bound": upper_bound(bad, runs), "subjects": list(rows.values())}


def environment() -> Row:
    """The versions and the machine that the numbers depend on; nothing that names a machine."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES},
            "platform": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30)}


def table(title: str, rows: Sequence[Row]) -> Table:
    """Rows of equal keys as a table."""
    made = Table(title=title, title_justify="left")
    for name in rows[0]:
        made.add_column(name.replace("_", " "), justify="left" if isinstance(rows[0][name], str) else "right")
    for row in rows:
        made.add_row(*("" if value is None else str(value) for value in row.values()))
    return made


def show(record: Row, console: Console) -> None:
    """Print what a record holds."""
    if "cost" in record:
        load, cores = record["load_average"], record["environment"]["cores"]
        shown = ("subject", "level", "judged", "seconds", "slowest", "cpu_seconds")
        console.print(table(f"certify from the shell, load average {load[0]:.1f} to {load[1]:.1f} on {cores} cores",
                            [{name: row[name] for name in shown} for row in record["cost"]]))
        console.print(table("a second seed in a warm process", record["warm"]))
    if "alarms" in record:
        found = record["alarms"]
        rows = [{"subject": row["subject"], "seeds": row["seeds"], "MUSTs judged": row["musts"],
                 "seeds with a failed MUST": len(row["failed"])} for row in found["subjects"]]
        console.print(table("false alarms", rows))
        console.print(f"{found['with_a_failed_must']} of {found['certificates']} certificates with a failed MUST; "
                      f"at 95 % confidence the rate is at most {found['upper_bound']:.2g}")


def measured(given: argparse.Namespace, before: Row) -> Row:
    """The record with what was asked for measured anew."""
    if given.seeds:
        found = alarms(given.subjects, given.seeds, before.get("alarms"))
        return {**before, "environment": environment(), "alarms": found}
    start = os.getloadavg()[0]
    cost = costs(given.subjects, given.levels, given.repetitions)
    second = warm(given.subjects)
    return {**before, "environment": environment(), "load_average": [start, os.getloadavg()[0]], "cost": cost,
            "warm": second}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the record."""
    parser = argparse.ArgumentParser(description="What certifying costs, and how often it errs.")
    parser.add_argument("--subjects", nargs="+", default=SUBJECTS, metavar="SUBJECT")
    parser.add_argument("--levels", nargs="+", default=["standard", "quick"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=0, help="count false alarms over so many further seeds instead")
    parser.add_argument("--json", type=Path, help="write the record here; what it holds already is kept")
    given = parser.parse_args(arguments)
    there = given.json is not None and given.json.exists()
    before = json.loads(given.json.read_text(encoding="utf-8")) if there else {"schema": "fiducial.desk.certify/1"}
    record = measured(given, before)
    show(record, Console())
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
