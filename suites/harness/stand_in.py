"""A worker whose subject is a script of behaviours: it lets the runner be tested without a framework.

`START` starts a coordinator that imports no framework either.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fiducial.checks.evidence import Deviation, Environment, Evidence, Severity, Status, Subject
from fiducial.suites.jobs import CheckInfo, Job, Loaded, Refusal

START = f"from fiducial.suites.coordinator import main; main(['{__name__}', 'fiducial.suites.lanes'])"


def load(job: Job) -> Loaded:
    """The subject's name says how it loads; its setting `script` maps check ids to behaviours."""
    place = job.subject.partition(":")[0]
    {"hangs": hang, "crashes": segfault}.get(place, str)()
    if place == "absent":
        raise Refusal("no module named absent", 3)
    if place == "wrong":
        raise Refusal("rule adam does not fit wrong", 2)
    subject = Subject(path=job.subject, hyperparameters=job.settings, settings=job.settings)
    return Loaded(subject=subject, rule=job.rule, checks=infos(job), paths=job.settings.get("paths", []),
                  environment=Environment(python="3", numpy="2", scipy="1", hypothesis="6"))


def infos(job: Job) -> list[CheckInfo]:
    """One check a line of the script: `id: behaviour [rests_on ...]`, two of them a stream."""
    found = []
    for index, (name, line) in enumerate(job.settings["script"].items()):
        behaviour, *rests_on = line.split()
        found.append(CheckInfo(id=name, claim=behaviour, severity=Severity.MUST, rests_on=rests_on,
                               stream=str(index // 2), needs_step=not name.startswith("construction"),
                               reason="not claimed: no such path" if behaviour == "inapplicable" else None))
    return found


def judge(job: Job, check_id: str) -> Evidence:
    """Behave as the script says."""
    info = next(info for info in infos(job) if info.id == check_id)
    fails = info.claim == "fails" or (info.claim == "fails-when-fused" and job.settings.get("fused"))
    status = Status.FAILED if fails else Status.PASSED
    BEHAVIOURS.get(info.claim, str)()
    return info.outcome(status, None).model_copy(update={"measured": np.inf if status is Status.FAILED else 0.0,
                                                         "allowed": 0.0, "examples": 1})


def deviation(job: Job) -> Deviation | None:
    """A name, so that it can be seen to arrive."""
    return Deviation(name="adam/tensorflow", description="ε under the root", who="TensorFlow")


def hang() -> None:
    """Never come back."""
    time.sleep(1e6)


def mark() -> None:
    """Say that it has begun, in the current folder, and never come back."""
    Path("begun").touch()
    hang()


def segfault() -> None:
    """Read the first byte of memory."""
    ctypes.string_at(0)


def print_much() -> None:
    """Three megabytes."""
    for _ in range(3000):
        print("x" * 999)


def print_forever() -> None:
    """Never come back, and say so."""
    while True:
        print("still here")


def allocate() -> None:
    """More than any limit of a test."""
    np.ones(2**37)


def grow() -> None:
    """Up to 4 GB, a little at a time."""
    held = []
    for _ in range(80):
        held.append(np.ones(50 * 2**20, dtype=np.uint8))
        time.sleep(0.02)


def fault() -> None:
    """What only a mistake of ours would raise."""
    raise ZeroDivisionError("a fault of ours")


BEHAVIOURS: dict[str, Callable[[], object]] = {
    "hangs": hang, "segfaults": segfault, "exits": lambda: os._exit(0), "exits-with-3": lambda: os._exit(3),
    "prints": print_much, "floods": print_forever, "hogs": allocate, "leaves": sys.exit, "faults": fault,
    "closes": lambda: os.closerange(0, 256), "kills": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "orphans": lambda: os.kill(os.getppid(), signal.SIGKILL), "doubles": os.fork,
    "marks": mark, "grows": grow,
}
