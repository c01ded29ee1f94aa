"""The stopwatch: a process that sleeps has its limit to the moment, one that is kept from running has longer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fiducial.suites import stopwatch
from fiducial.suites.stopwatch import MOST, Stopwatch, kept_waiting


def test_a_process_that_sleeps_is_not_excused(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(os.getpid())
    monkeypatch.setattr(stopwatch, "kept_waiting", lambda process: 0.0)
    assert not watch.passed(60)
    time.sleep(0.06)
    assert watch.passed(0.05)


def test_time_in_which_others_ran_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(stopwatch, "kept_waiting", lambda process: 0.9 * now[0])
    watch = Stopwatch(0)
    now[0] = 29.0
    assert not watch.passed(3)
    now[0] = 31.0
    assert watch.passed(3)


def test_nothing_excuses_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(stopwatch, "kept_waiting", lambda process: now[0])
    watch = Stopwatch(0)
    now[0] = MOST * 3.0 + 1
    assert watch.passed(3)


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the kernel does not count it")
def test_the_kernel_counts_what_two_spinning_processes_keep_from_each_other() -> None:
    core = {min(os.sched_getaffinity(0))}
    spin = ("import os, time\nos.sched_setaffinity(0, {cores})\n"
            "t = time.perf_counter()\nwhile time.perf_counter() < t + 9: pass")
    pair = [subprocess.Popen([sys.executable, "-c", spin.format(cores=core)]) for _ in range(2)]
    try:
        deadline = time.perf_counter() + 8
        while time.perf_counter() < deadline and min(kept_waiting(p.pid) for p in pair) < 0.1:
            time.sleep(0.05)
        assert min(kept_waiting(p.pid) for p in pair) >= 0.1
    finally:
        for process in pair:
            process.kill()
            process.wait()


def test_nobody_waits_in_a_process_that_is_gone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert kept_waiting(gone.pid) == 0.0
