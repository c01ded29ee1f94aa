"""The process between the one that asks and those that hold a subject: jobs in as JSON lines, events out as JSON lines.

It is started with `-c`, so that no user's `__main__` is ever imported a second time; it preloads the framework into a
fork server, and it stops everything when its standard input ends.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import queue
import sys
import threading
from collections.abc import Sequence
from typing import BinaryIO


def main(preload: Sequence[str] = ("fiducial.suites.preload",)) -> None:
    """Serve jobs until standard input ends; the fork server imports the modules of `preload`."""
    out = _events()
    multiprocessing.set_forkserver_preload(list(preload))
    multiprocessing.forkserver.ensure_running()  # it imports torch while this process imports the rest
    lines: queue.Queue[str | None] = queue.Queue()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(lines, stop), daemon=True).start()
    from fiducial.suites.conduct import conduct

    while not stop.is_set() and (line := lines.get()) is not None:
        for event in conduct(line, stop):
            out.write(event.model_dump_json().encode() + b"\n")
            out.flush()


def _events() -> BinaryIO:
    """The stream for events, kept from everything that prints: file descriptor 1 is standard error from now on."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")


def _listen(lines: queue.Queue[str | None], stop: threading.Event) -> None:
    for line in sys.stdin:
        lines.put(line)
    stop.set()
    lines.put(None)
