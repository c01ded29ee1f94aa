"""A lane: one process for the subject, asked one question at a time under a time limit, replaced when it is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from concurrent.futures import BrokenExecutor, Future, wait
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from threading import Event as Flag
from typing import Any

import psutil
from pebble import ProcessExpired, ProcessPool

from fiducial.suites.enclosure import Question, answer, confine, limits_itself
from fiducial.suites.jobs import Order, Reply
from fiducial.suites.stopwatch import Stopwatch

PATIENCE = 0.02  # seconds between two looks at whether the process is still the same
START_TIMEOUT = 120.0  # seconds in which the fork server has to have imported the framework


class Lost(Exception):
    """The process was lost over a question: it hung, crashed, ended itself or was killed. Its argument says how."""


class Stopped(Exception):
    """Whoever wanted the answer is gone."""


class Lane:
    """A pebble pool of one process, which holds the subject.

    A pool is thrown away with the process that it lost. pebble takes an end with exit status 0 for a regular one and
    waits on; hence each process announces itself, and a second announcement says that the first process has ended.
    """

    def __init__(self, index: int, context: BaseContext, job: str, order: Order, stop: Flag) -> None:
        self.index = index
        self.loaded = False
        self._context = context
        self._job = job
        self._order = order
        self._stop = stop
        self._pool: ProcessPool | None = None
        self._near: Connection
        self._far: Connection
        self._groups: list[int] = []
        self._watched: psutil.Process | None = None
        self._largest = 0

    def ask(self, question: Question, check_id: str = "") -> Reply:
        """The process's reply. Raises Lost when there is none, Stopped when nobody waits for it any more."""
        limit = self._order.timeout if question == "judge" else self._order.build_timeout
        try:
            pool = self._pool or self.open()
            future = pool.schedule(answer, args=(self._job, question, check_id))
            reply = Reply.model_validate_json(self._awaited(future, limit))
        except TimeoutError:
            raise self._lost(f"hung: no answer within {limit:g} s") from None
        except ProcessExpired as error:
            raise self._lost(spoken_exit(error.exitcode)) from None
        except (BrokenExecutor, RuntimeError, OSError) as error:
            raise self._lost(f"the process crashed ({error.__cause__ or error})") from None
        if reply.exhausted:
            raise self._lost(self._too_much())
        if reply.ended:
            raise self._lost(reply.ended)
        return reply

    def open(self) -> ProcessPool:
        """Start the process; return when it is ready to be asked.

        Nothing of the subject runs until then: a start that fails (the fork server is itself being replaced, after a
        subject has killed it) is tried again.
        """
        deadline = time.perf_counter() + START_TIMEOUT
        while True:
            try:
                return self._start(deadline)
            except (BrokenExecutor, RuntimeError, OSError):
                self.close()
                if time.perf_counter() > deadline:
                    raise
                time.sleep(5 * PATIENCE)

    def _start(self, deadline: float) -> ProcessPool:
        self._near, self._far = self._context.Pipe(duplex=True)
        self._pool = ProcessPool(max_workers=1, context=self._context, initializer=confine,
                                 initargs=(self._far, self._order))
        while not (self._pool.active and self._near.poll(PATIENCE)):
            if self._stop.is_set():
                raise Stopped
            if not self._pool.active or time.perf_counter() > deadline:
                raise RuntimeError("it could not be started")
        self._groups.append(self._near.recv())
        if not limits_itself(self._order):
            self._watched = psutil.Process(self._groups[0])
            self._largest = self._watched.memory_info().rss + self._order.memory
        return self._pool

    def close(self) -> None:
        """End the process and whatever it has started."""
        self.loaded = False
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it without annotations
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        self._groups.clear()
        pool.join()
        # Only now: pebble may have been handing the far end to a replacement, and a fork server whose client breaks off
        # in the middle ends with EOFError.
        self._near.close()
        self._far.close()

    def _awaited(self, future: Future[Any], limit: float) -> str:
        stopwatch = Stopwatch(self._groups[0])
        while not wait([future], PATIENCE).done:
            if self._stop.is_set():
                raise Stopped
            if stopwatch.passed(limit):
                raise TimeoutError
            if self._near.poll():
                self._groups.append(self._near.recv())
                raise self._lost(spoken_exit(0))
            if self._watched is not None and _resident(self._watched) > self._largest:
                raise self._lost(self._too_much())
        return str(future.result())

    def _too_much(self) -> str:
        return f"out of memory: more than {spoken_size(self._order.memory)}"

    def _lost(self, how: str) -> Lost:
        self.close()
        return Lost(how)


def _resident(process: psutil.Process) -> int:
    """Bytes of memory that a process holds; none once it has ended, which pebble will say."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def spoken_exit(status: int) -> str:
    """The end of a process in words; a negative status is a signal's number."""
    if status >= 0:
        return f"the process ended itself (exit status {status})"
    name = signal.Signals(-status).name
    verb = "was killed" if -status in (signal.SIGKILL, signal.SIGTERM) else "crashed"
    return f"the process {verb} (signal {name})"


def spoken_size(size: int) -> str:
    """Bytes in the largest binary unit that divides them."""
    for unit in ("", "K", "M", "G"):
        if size % 1024 or unit == "G":
            return f"{size}{unit}"
        size //= 1024
    return f"{size}G"
