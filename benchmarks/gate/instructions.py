"""Instructions instead of seconds, counted by valgrind: the same on a busy machine, to the last digit but a few.

    instructions of a call = (count of a process with MORE calls - count of one with FEW) / (MORE - FEW)

Both processes are alike but for the calls, so imports and setups cancel; the calls follow each other after one setup.
With the hash seed fixed, addresses not randomized and no garbage collection there is nothing to draw. Counting sees
neither caches nor page faults nor threads, and NumPy chooses narrower vector instructions under valgrind. A version is
slower where it needs MINIMUM more, counted twice: what stands out is counted again, and the smaller change is taken.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from fiducial.benchmarks.gate.conduct import Result, Verdict
from fiducial.benchmarks.gate.decision import Estimate, Rule, Word
from fiducial.benchmarks.gate.pairing import SIDES, Arena, Figures
from fiducial.benchmarks.gate.session import WORKER, Version, surroundings

FEW, MORE = 2, 12
MINIMUM = 0.005
TOOL = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--branch-sim=no", "--cachegrind-out-file=/dev/null")
COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")
LONGEST = 600.0  # seconds of a process
Tell = Callable[[str], None]


class Uncounted(Exception):
    """The process failed; its argument says how."""


def absent() -> str | None:
    """Why nothing can be counted here; None where it can."""
    return None if shutil.which("valgrind") else "valgrind is not installed; a system's package has it"


def version() -> str:
    """Of valgrind: a part of the fingerprint."""
    return subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()


def counted(arena: Arena, side: Version, name: str, calls: int) -> int:
    """Instructions of a whole process with so many calls. Raises Uncounted."""
    fixed = ["setarch", "--addr-no-randomize"] if shutil.which("setarch") else []
    command = [*fixed, *TOOL, sys.executable, "-P", str(WORKER), str(arena.folder), "--name", name, "--calls"]
    try:
        done = subprocess.run([*command, f"{calls:06}"], cwd=arena.home, env=surroundings(side), capture_output=True,
                              text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise Uncounted(f"it took more than {LONGEST:g} s under valgrind") from None
    found = COUNT.search(done.stderr)
    if done.returncode or found is None:
        lines = [line for line in done.stderr.splitlines() if line and not line.startswith("==")]
        raise Uncounted((lines or [f"its process ended with status {done.returncode}"])[-1][:300])
    return int(found[1].replace(",", ""))


def of_a_call(arena: Arena, side: Version, name: str) -> float:
    """Instructions of one call. Raises Uncounted."""
    return (counted(arena, side, name, MORE) - counted(arena, side, name, FEW)) / (MORE - FEW)


def count(benchmarks: Sequence[Figures], arena: Arena, tell: Tell) -> Result:
    """A verdict for each benchmark; processes run beside each other, as counts do not mind."""
    start, load = time.perf_counter(), os.getloadavg()[0]
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        verdicts = list(pool.map(lambda each: judged(arena, each, tell), benchmarks))
    return Result(verdicts, Rule(minimum=MINIMUM), time.perf_counter() - start, (load, os.getloadavg()[0]), None)


def judged(arena: Arena, figures: Figures, tell: Tell) -> Verdict:
    """One benchmark on both sides, and again where it seems to have changed."""
    tell(f"counting {figures.name}")
    found: dict[str, list[float]] = {side: [] for side in SIDES}
    ratios: list[float] = []
    while not ratios or (len(ratios) < 2 and abs(ratios[0]) >= math.log1p(MINIMUM)):
        for side in SIDES:
            try:
                found[side].append(of_a_call(arena, arena.versions[side], figures.name))
            except Uncounted as error:
                called: Word = "failed" if side == "head" else "not measured"
                return Verdict(figures.name, "time", "instructions", called, reason=f"{side}: {error}")
        if min(found["base"][-1], found["head"][-1]) <= 0:
            return Verdict(figures.name, "time", "instructions", "not measured", reason="too few to be counted")
        ratios.append(math.log(found["head"][-1] / found["base"][-1]))
    least = min(ratios, key=abs)
    same = abs(least) < math.log1p(MINIMUM) or min(ratios) < 0 < max(ratios)
    word: Word = "same" if same else "slower" if least > 0 else "faster"
    return Verdict(figures.name, "time", "instructions", word, Estimate(least, min(ratios), max(ratios), 0.0, 1),
                   base=found["base"][0], head=found["head"][0], values=found)
