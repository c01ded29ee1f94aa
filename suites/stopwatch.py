"""A stopwatch for a process of somebody else's: seconds, but for those in which the machine ran others in its stead.

A limit in wall time calls a sound subject hung on a busy machine: with nine processes to a core what takes 5 seconds
takes 45. Linux counts how long each thread that could run was kept waiting; a process that sleeps waits for nobody, so
that one that hangs is found as soon as before.
"""

from __future__ import annotations

import time
from pathlib import Path

PACE = 0.5  # seconds between two looks at how long a process was kept waiting
MOST = 10  # times the limit, in wall time, after which nothing excuses it
NANOSECOND = 1e-9


class Stopwatch:
    """Started when it is made."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._began = self._looked = time.perf_counter()
        self._before = kept_waiting(process)
        self._excused = 0.0

    def passed(self, limit: float) -> bool:
        """Whether the process has had its time."""
        now = time.perf_counter()
        if now - self._began - self._excused <= limit:
            return False
        if now - self._looked >= PACE:
            self._looked, self._excused = now, kept_waiting(self._process) - self._before
        return now - self._began - min(self._excused, (MOST - 1) * limit) > limit


def kept_waiting(process: int) -> float:
    """Seconds in which the thread of a process that waited longest could have run and did not; 0 where nobody counts.

    The second number of schedstat is the time spent waiting on a run queue, in nanoseconds (Linux, sched-stats).
    """
    waits = [0.0]
    for file in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            waits.append(float(file.read_text().split()[1]) * NANOSECOND)
        except (OSError, IndexError, ValueError):  # the thread has ended, or the kernel does not count
            continue
    return max(waits)
