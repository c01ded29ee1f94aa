"""A request to a module that runs a subject, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from fiducial.suites.jobs import Refusal

LONGEST = 300.0  # seconds
MARK = "fiducial answer "  # what a subject prints stands on other lines
Json = dict[str, Any]


def ask(module: str, request: Json, who: str) -> Any:
    """What the module answers. Raises Refusal where it refuses, crashes or takes too long."""
    try:
        done = subprocess.run([sys.executable, "-m", module], input=json.dumps(request), capture_output=True, text=True,
                              timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        raise Refusal(f"{who} took longer than {LONGEST:.0f} s", 3) from None
    for line in reversed(done.stdout.splitlines()):
        if line.startswith(MARK):
            told = json.loads(line.removeprefix(MARK))
            if "refusal" in told:
                raise Refusal(told["refusal"], told["status"])
            return told["found"]
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    raise Refusal(f"{who} ended in an error ({done.returncode}): {last[:200]}", 3)


def answer(found: Callable[[Json], Any], request: Json) -> None:
    """Answer a request on standard output; the current folder is searched for modules last."""
    sys.path.append("")
    try:
        told: Json = {"found": found(request)}
    except Refusal as refusal:
        told = {"refusal": refusal.sentence, "status": refusal.exit_status}
    print(f"\n{MARK}{json.dumps(told)}")
