"""A process that runs the benchmarks of one version, and what is asked of it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("worker.py")
PACE = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
    "PYTHONHASHSEED": "0",
    # Arrays are else given back to the system at each free, and mapped anew: 2.8 times slower, and far noisier.
    "MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_TOP_PAD_": "67108864",
}
DISCOVERY = 120.0  # seconds for the imports of all benchmark files
Answer = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """What is measured: a name for it, and the folders from which its packages are imported."""

    label: str
    paths: tuple[Path, ...]
    commit: str | None = None


def surroundings(version: Version) -> dict[str, str]:
    """The environment of a process of a version, which writes no bytecode beside somebody's files."""
    return {**os.environ, **PACE, "PYTHONPATH": os.pathsep.join(map(str, version.paths)),
            "PYTHONDONTWRITEBYTECODE": "1"}


class Lost(Exception):
    """The process ended or hung; its argument says how."""


class Raised(Exception):
    """The benchmark raised; its argument is the exception in one line."""


class Session:
    """One process of one version, from its start to `close`."""

    def __init__(self, version: Version, folder: Path, home: Path, slower: float = 0.0,
                 core: int | None = None) -> None:
        environment = surroundings(version)
        command = [sys.executable, "-P", str(WORKER), str(folder), *(["--slower", str(slower)] if slower else []),
                   *(["--core", str(core)] if core is not None else [])]
        self._process = subprocess.Popen(command, cwd=home, env=environment, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self._pending = b""

    def ask(self, do: str, timeout: float = DISCOVERY, **given: Any) -> Answer:
        """The answer. Raises Lost where there is none in time, Raised where the benchmark did."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **given}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Lost(self._ended()) from None
        found: Answer = json.loads(self._line(timeout))
        if "raised" in found:
            raise Raised(found["raised"])
        return found

    def _line(self, timeout: float) -> bytes:
        assert self._process.stdout is not None
        until = time.monotonic() + timeout
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._pending:
                if not ready.select(max(0.0, until - time.monotonic())):
                    self.close()
                    raise Lost(f"it took more than {timeout:g} s")
                if not (more := os.read(self._process.stdout.fileno(), 1 << 16)):
                    raise Lost(self._ended())
                self._pending += more
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _ended(self) -> str:
        self.close()
        status = self._process.returncode
        return f"its process was ended by {signal.Signals(-status).name}" if status < 0 else \
            f"its process ended with status {status}"

    def close(self) -> None:
        """End the process, and what it started."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.5)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
