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

from fiducial.suites.selftest.candidates import Candidate
from fiducial.suites.selftest.definitions import Terms
from fiducial.suites.selftest.outcomes import Outcome

Task = Candidate | Terms
LIMIT = 120.0  # seconds a mutant
PATIENCE = 0.1
AHEAD = 60  # mutants


def ready() -> None:
    """Import the framework once; one thread, as in certify."""
    import torch

    torch.set_num_threads(1)


def answer(task: Task, seed: int, level: str) -> list[dict[str, Any]]:
    """The outcomes of a task as data, in a process of a lane."""
    from fiducial.suites.selftest import definitions, judging

    found = definitions.judged(task, seed, level) if isinstance(task, Terms) else [judging.judged(task, seed, level)]
    return [outcome.model_dump() for outcome in found]


class Work:
    """What is left to judge. A lane keeps to the classes that it has begun, whose draws and trajectories it holds.

    It looks ahead a little only, so that a run that is stopped early has judged a balanced part.
    """

    def __init__(self, left: Sequence[Task], deadline: float | None) -> None:
        self._left, self._deadline = list(left), deadline
        self._owned: set[str] = set()
        self._lock = threading.Lock()

    def next(self, mine: set[str]) -> Task | None:
        """The next one for a lane: of a class of its own, else of nobody's; None where nothing or no time is left."""
        with self._lock:
            if not self._left or (self._deadline is not None and time.perf_counter() > self._deadline):
                return None
            near = self._left[:AHEAD]
            own = (k for k, task in enumerate(near) if task.subject in mine)
            free = (k for k, task in enumerate(near) if task.subject not in self._owned)
            index = next(own, next(free, 0))
            task = self._left.pop(index)
            mine.add(task.subject)
            self._owned.add(task.subject)
            return task

    def stop(self) -> None:
        """Nothing more is handed out."""
        with self._lock:
            self._left.clear()


def outcomes(left: Sequence[Task], *, seed: int, level: str, jobs: int,
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
        while (task := work.next(mine)) is not None:
            limit = LIMIT * getattr(task, "draws", 1)
            try:
                for row in pool.schedule(answer, (task, seed, level), timeout=limit).result():
                    done.put(Outcome.model_validate(row))
            except TimeoutError:
                done.put(lost(task, f"hung: no answer within {limit:g} s"))
            except ProcessExpired as error:
                done.put(lost(task, f"crashed: exit status {error.exitcode}"))


def lost(task: Task, how: str) -> Outcome:
    """A mutant that took its process with it is rejected."""
    told = Outcome(task=task.id, mutant=task.id, subject=task.subject, category="", verdict="rejected", by=how)
    if isinstance(task, Candidate):
        return told.model_copy(update={"category": task.category})
    return told.model_copy(update={"category": task.family, "family": task.family})
