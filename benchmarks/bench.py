"""`fiducial bench`: what a step of anybody's optimizer costs, beside torch's AdamW, and whether it is certified.

    ratio   time of a step over that of a path of AdamW: in each of several fresh processes the median over rounds of
            ratios taken within a round; shown is the median of the processes, with the lowest and the highest of them.
            A process that is laid out luckily stays so, hence no spread of rounds is a spread of ratios.
    time    the median of the processes' medians, with the lowest and the highest.

Speed says nothing of a wrong step: each subject is certified at level quick, unless that is declined, and the verdict
stands beside its time. It never changes the exit status.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fiducial.benchmarks.desk.machine import environment
from fiducial.suites.certify import certify
from fiducial.suites.declarations import Declaration
from fiducial.suites.jobs import Job, Refusal
from fiducial.suites.series import Output

SCHEMA = "fiducial.bench/1"
PACE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
Row = dict[str, Any]


def bench(subjects: Sequence[str], output: Output, *, settings: Mapping[str, Any], device: str = "cpu",
          rounds: int = 15, processes: int = 3, seed: int = 0, certified: bool = True) -> int:
    """Time every subject, show and write the record; the exit status: 0, or that of the last subject refused."""
    status, found = 0, []
    for subject in subjects:
        path, _, rule = subject.partition("=")
        job = Job(subject=path, rule=rule or None, settings=dict(settings), device=device, seed=seed,
                  folder=os.getcwd(), declaration=Declaration())
        try:
            record = timed(job, rounds, processes)
        except Refusal as refusal:
            output.progress.print(Text(f"fiducial: {refusal.sentence}"))
            status = refusal.exit_status
            continue
        record["verdict"] = verdict(job) if certified else "not asked"
        found.append(record)
        show(record, output.table)
    if output.record:
        written({"schema": SCHEMA, "environment": environment(), "load_average": os.getloadavg()[0],
                 "threads": 1, "rounds": rounds, "processes": processes, "subjects": found}, output.record)
    return status


def timed(job: Job, rounds: int, processes: int) -> Row:
    """The record of one subject. Raises Refusal."""
    runs = [one_process(job, rounds, memory=k == 0) for k in range(processes)]
    return {"subject": job.subject, "settings": {name: repr(value) for name, value in job.settings.items()},
            "device": job.device, "torch": runs[0]["torch"], "rows": summarized([run["rows"] for run in runs])}


def one_process(job: Job, rounds: int, *, memory: bool) -> Row:
    """What one fresh process measured. Raises Refusal where it refuses the subject, or ends without an answer."""
    text = json.dumps({"job": json.loads(job.model_dump_json()), "rounds": rounds, "memory": memory})
    done = subprocess.run([sys.executable, "-m", "fiducial.benchmarks.stepping"], input=text, capture_output=True,
                          text=True, check=False, env={**os.environ, **PACE})
    if done.returncode or not done.stdout:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Refusal(f"{job.subject} ended its process with status {done.returncode}: {last}", 3)
    found: Row = json.loads(done.stdout)
    if "refused" in found:
        raise Refusal(found["refused"], found["status"])
    return found


def summarized(runs: Sequence[Sequence[Row]]) -> list[Row]:
    """A row a layout and contestant, over all processes."""
    out = []
    for k, first in enumerate(runs[0]):
        each = [run[k] for run in runs]
        subjects = [next(row for row in run if row["layout"] == first["layout"]) for run in runs]
        row = {name: first[name] for name in first if name != "seconds"}
        row["seconds"] = spread([statistics.median(run["seconds"]) for run in each])
        row["subject_over_it"] = spread([statistics.median(a / b for a, b in zip(ours["seconds"], theirs["seconds"],
                                                                                 strict=True))
                                         for ours, theirs in zip(subjects, each, strict=True)])
        out.append(row)
    return out


def spread(values: Sequence[float]) -> Row:
    """The median, the lowest and the highest."""
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def verdict(job: Job) -> str:
    """The verdict of certify at level quick, with the rule; or why there is none."""
    try:
        found = certify(job.subject, job.rule, settings=job.settings, level="quick", seed=job.seed)
    except ValueError as error:
        return f"not certified: {error}"
    if found.verdict == "certified":
        return f"certified at level quick (rule {found.rule})"
    why = found.reason if found.verdict == "error" else f"{found.summary.failed} checks failed (rule {found.rule})"
    return f"not certified: {why}"


def show(record: Row, console: Console) -> None:
    """Print the verdict and a table."""
    settings = "".join(f" {name}={value}" for name, value in record["settings"].items())
    good = record["verdict"].startswith("certified")
    console.print(Text.assemble((record["subject"], "bold"), settings, "  ",
                                (record["verdict"], "green" if good else "bold red")))
    for layout in dict.fromkeys(row["layout"] for row in record["rows"]):
        table = Table(title=f"{layout} parameters", title_justify="left", box=None)
        for name in ("optimizer", "ms a step", "subject / it", "state B/param", "peak MiB"):
            table.add_column(name, justify="left" if name == "optimizer" else "right", no_wrap=True)
        for row in record["rows"]:
            if row["layout"] == layout:
                table.add_row(*cells(row))
        console.print(table)


def cells(row: Row) -> list[str]:
    """A row as text; in brackets the lowest and the highest of the processes."""
    time, ratio, highest = row["seconds"], row["subject_over_it"], row["peak_bytes"]
    times = f"{time['median'] * 1e3:.3g} ({time['lowest'] * 1e3:.3g} to {time['highest'] * 1e3:.3g})"
    ratios = f"{ratio['median']:.2f} ({ratio['lowest']:.2f} to {ratio['highest']:.2f})"
    return [row["contestant"], times, "" if row["contestant"] == "subject" else ratios,
            f"{row['state_bytes_per_parameter']:.2f}", "" if highest is None else f"{highest / 2**20:.1f}"]


def written(record: Row, file: str) -> None:
    """Write the record; - for standard output."""
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if file == "-":
        print(text)
    else:
        Path(file).write_text(f"{text}\n", encoding="utf-8")
