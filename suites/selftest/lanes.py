"""Lanes: processes that judge mutants one after the other, each under a time limit; one that hangs is replaced."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import Empty, SimpleQueue
from typing import Any

from pebble import ProcessExpired, ProcessPool

from fiducial.suites.selftest.candidates import CLASSES as NAMES
from fiducial.suites.selftest.candidates import Candidate
from fiducial.suites.selftest.outcomes import Outcome

CLASSES = frozenset(NAMES)
LIMIT = 120.0  # seconds a mutant
PATIENCE = 0.1
AHEAD = 60  # mutants


def ready() -> None:
    """Import the framework once; one thread, as in certify."""
    import torch

    torch.set_num_threads(1)


def answer(one: Candidate, seed: int, level: str) -> dict[str, Any]:
    """A mutant's outcome as data, in a process of a lane."""
    from fiducial.suites.selftest.judging import judged

    return judged(one, seed, level).model_dump()


class Work:
    """What is left to judge. A lane keeps to the classes that it has begun, whose draws and trajectories it holds.

    It looks ahead a little only, so that a run that is stopped early has judged a balanced part.
    """

    def __init__(self, left: Sequence[Candidate], deadline: float | None) -> None:
        self._left, self._deadline = list(left), deadline
        self._owned: set[str] = set()
        self._lock = threading.Lock()

    def next(self, mine: set[str]) -> Candidate | None:
        """The next one for a lane: of a class of its own, else of nobody's; None where nothing or no time is left."""
        with self._lock:
            if not self._left or (self._deadline is not None and time.perf_counter() > self._deadline):
                return None
            near = self._left[:AHEAD]
            index = next((k for wanted in (mine, CLASSES - self._owned) for k, one in enumerate(near)
                          if one.subject in wanted), 0)
            one = self._left.pop(index)
            mine.add(one.subject)
            self._owned.add(one.subject)
            return one

    def stop(self) -> None:
        """Nothing more is handed out."""
        with self._lock:
            self._left.clear()


def outcomes(left: Sequence[Candidate], *, seed: int, level: str, jobs: int,
             deadline: float | None = None) -> Generator[Outcome, None, None]:
    """The outcomes of mutants as they come, until all are judged or the deadline has passed."""
    work, done = Work(left, deadline), SimpleQueue[Outcome]()
    with ThreadPoolExecutor(jobs) as pool:
        lanes = [pool.submit(_lane, work, done, seed, level) for _ in range(jobs)]
        try:
            while not all(lane.done() for lane in lanes) or not done.empty():
                try:
                    yield done.get(timeout=PATIENCE)
                except Empty:
                    continue
            for lane in as_completed(lanes):
                lane.result()
        finally:
            work.stop()  # whoever stops listening stops the lanes


def _lane(work: Work, done: SimpleQueue[Outcome], seed: int, level: str) -> None:
    """Judge in one process until nothing is left."""
    mine: set[str] = set()
    with ProcessPool(max_workers=1, initializer=ready, context=multiprocessing.get_context("spawn")) as pool:
        while (one := work.next(mine)) is not None:
            told = Outcome(mutant=one.id, subject=one.subject, category=one.category, verdict="rejected")
            try:
                done.put(Outcome.model_validate(pool.schedule(answer, (one, seed, level), timeout=LIMIT).result()))
            except TimeoutError:
                done.put(told.model_copy(update={"by": f"hung: no answer within {LIMIT:g} s"}))
            except ProcessExpired as error:
                done.put(told.model_copy(update={"by": f"crashed: exit status {error.exitcode}"}))
