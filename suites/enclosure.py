"""Inside the subject's process: its limits, its streams, and the one door through which it is asked.

Everything here runs before the subject is imported or around it; what goes back is JSON text, so that no class of the
subject's is ever looked up in the process that asks.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Literal

from fiducial.checks.evidence import recorded
from fiducial.suites.jobs import Job, Order, Refusal, RefusedEvent, Reply

MEGABYTE = 10**6
HEAD = 2000  # bytes of what a subject prints that are kept
Question = Literal["load", "judge", "deviation"]


class Outflow:
    """What the subject writes to its standard output and error: counted, and but for its beginning thrown away."""

    def __init__(self) -> None:
        self.count = 0
        self.head = b""

    def capture(self, parent: Connection) -> None:
        """Lead both streams into a pipe that a daemon thread empties; end the whole group when the parent is gone."""
        reading, writing = os.pipe()
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(writing)
        threading.Thread(target=self._drain, args=(reading, parent), daemon=True).start()

    def _drain(self, reading: int, parent: Connection) -> None:
        sources: list[int | Connection] = [reading, parent]
        while True:
            ready, _, _ = select.select(sources, [], [])
            if parent in ready:  # it never writes: this is its end
                os.killpg(0, signal.SIGKILL)
            written = os.read(reading, 1 << 16)
            if not written:  # the subject has closed both streams
                sources.remove(reading)
            self.count += len(written)
            self.head += written[: HEAD - len(self.head)]

    def total(self) -> int:
        """Bytes written so far, those in Python's buffers included."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the subject may have closed or replaced it
                stream.flush()
        return self.count


_outflow = Outflow()


_copied = False


def _mark_a_copy() -> None:
    global _copied
    _copied = True


def _end_a_copy() -> None:
    """End a process that the subject has forked where it goes on in its parent's stead: before it forks in its turn,
    lest each step double the processes, and before it answers."""
    if _copied:
        os._exit(0)


def confine(parent: Connection, order: Order) -> None:
    """Ready this process for a subject: a group and streams of its own, limited memory, the user's folder."""
    os.setpgid(0, 0)
    os.register_at_fork(before=_end_a_copy, after_in_child=_mark_a_copy)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a native loop would never come back to a handler of Python's
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    _outflow.capture(parent)
    if order.folder:
        with contextlib.suppress(OSError):
            os.chdir(order.folder)
    sys.path += [path for path in dict.fromkeys([*order.sys_path, order.folder]) if path and path not in sys.path]
    if limits_itself(order):
        limit_memory(order.memory)
    parent.send(os.getpid())


def limits_itself(order: Order) -> bool:
    """Whether the process can hold its own memory limit; else the lane watches it.

    macOS does not keep to a limit of address space, and CUDA reserves far more than it uses.
    """
    return order.device == "cpu" and sys.platform == "linux"


def limit_memory(extra: int) -> None:
    """Let this process have `extra` bytes of address space beyond what it has now."""
    import resource

    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = now + extra if hard == resource.RLIM_INFINITY else min(now + extra, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def lift_memory_limit() -> None:
    """Make room for the answer that says that there was none."""
    if sys.platform == "linux":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception, or the one that it came from, is an allocator's."""
    seen: BaseException | None = error
    while seen is not None:
        text = str(seen)
        if isinstance(seen, MemoryError) or "can't allocate memory" in text or "out of memory" in text.lower():
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def answer(text: str, question: Question, check_id: str = "") -> str:
    """Ask the worker module one question about the job written in `text`; the reply as JSON. Never raises."""
    try:
        job = Job.model_validate_json(text)
        worker = importlib.import_module(job.worker)
        reply = _asked(worker, job, question, check_id)
    except Refusal as refusal:
        reply = Reply(refused=RefusedEvent(sentence=refusal.sentence, exit_status=refusal.exit_status))
    except Exception as error:
        if out_of_memory(error):
            lift_memory_limit()
            reply = Reply(exhausted=True)
        else:
            reply = Reply(fault=traceback.format_exc())
    except BaseException as error:  # SystemExit, KeyboardInterrupt, or one of the subject's own
        reply = Reply(ended=f"the subject raised {type(error).__name__}")
    _end_a_copy()
    return reply.model_dump_json()


def _asked(worker: ModuleType, job: Job, question: Question, check_id: str) -> Reply:
    before, began = _outflow.total(), time.perf_counter()
    if question == "load":
        loaded = worker.load(job)
        return Reply(loaded=loaded.model_copy(update={"printed": _outflow.total()}))
    if question == "deviation":
        return Reply(deviation=worker.deviation(job))
    evidence = worker.judge(job, check_id)
    printed = _outflow.total() - before
    note = f"printed {printed / MEGABYTE:.0f} MB" if printed > MEGABYTE else None
    reason = "; ".join(part for part in (evidence.reason, note) if part) or None
    found = {"sample": recorded(evidence.sample), "reason": reason, "seconds": time.perf_counter() - began}
    return Reply(evidence=evidence.model_copy(update=found))
