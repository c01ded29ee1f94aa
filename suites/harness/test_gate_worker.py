"""The gate's worker against asv's own runner: the same benchmarks, called in the same order of setups."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fiducial.benchmarks.gate import session
from fiducial.benchmarks.gate.session import Lost, Raised, Session, Version

pytest.importorskip("asv_runner", reason="asv is not installed: pip install asv")

ROOT = Path(__file__).parents[2]
LIST = """
import json, sys
from asv_runner._aux import update_sys_path
from asv_runner.discovery import disc_benchmarks
update_sys_path(sys.argv[1])
print(json.dumps([[b.name, b.type, b.params] for b in disc_benchmarks(sys.argv[1])]))
"""
CONVENTIONS = """
import time
from abc import ABC, abstractmethod

seen = []


def setup(*args):
    seen.append("module")


class Order:
    params = [[1, 2], ["a"]]
    param_names = ["n", "name"]
    skip_params = [(2, "a")]
    number = 2

    def setup_cache(self):
        return "cache"

    def setup(self, cache, n, name):
        seen.append(f"setup {cache}")

    def teardown(self, cache, n, name):
        seen.append("teardown")

    def time_it(self, cache, n, name):
        seen.append(f"call {cache} {n} {name}")


class TimeSuite:
    def time_method(self):
        pass

    def helper(self):
        pass


class Abstract(ABC):
    @abstractmethod
    def time_never(self):
        pass


def track_seen():
    return len(seen)


def TimeCapital():
    pass


def time_renamed():
    pass


time_renamed.benchmark_name = "other.time_name"


def time_hidden():
    pass


time_hidden.skip_benchmark = True


def track_printed():
    print("this must not disturb")
    return 3.0


def time_slow():
    time.sleep(0.01)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of benchmarks that uses each convention."""
    found = tmp_path / "benchmarks"
    (found / "deeper").mkdir(parents=True)
    (found / "__init__.py").write_text("", encoding="utf-8")
    (found / "deeper" / "__init__.py").write_text("def time_in_a_package(): pass\n", encoding="utf-8")
    (found / "conventions.py").write_text(CONVENTIONS, encoding="utf-8")
    return found


def opened(folder: Path, home: Path) -> Session:
    """A process over a folder of benchmarks."""
    return Session(Version("here", (ROOT / "build",)), folder, home)


def of_asv(folder: Path) -> dict[str, str]:
    """Every name that asv discovers, with each choice of its parameters, and its kind."""
    done = subprocess.run([sys.executable, "-c", LIST, str(folder)], capture_output=True, text=True, check=True)
    kinds = {"peakmemory": "peakmem"}
    return {f"{name}({', '.join(choice)})" if choice else name: kinds.get(kind, kind)
            for name, kind, params in json.loads(done.stdout) for choice in itertools.product(*params)}


def test_the_worker_finds_what_asv_finds(folder: Path, tmp_path: Path) -> None:
    for place in (folder, ROOT / "benchmarks" / "tracked"):
        process = opened(place, tmp_path)
        try:
            answer = process.ask("list")
        finally:
            process.close()
        assert answer["broken"] == []
        assert {each["name"]: each["kind"] for each in answer["benchmarks"]} == of_asv(place)


def asked(process: Session, name: str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to requests about one benchmark that is open."""
    answers = [process.ask("open", name=name), *(process.ask(**request) for request in requests)]
    process.ask("close")
    return answers


def test_setups_run_as_in_asv(folder: Path, tmp_path: Path) -> None:
    """Module before class, both anew before each timed call, the cache first among the arguments."""
    process = opened(folder, tmp_path)
    try:
        asked(process, "conventions.Order.time_it(1, 'a')", {"do": "block", "number": 2})
        counted = asked(process, "conventions.track_seen", {"do": "value"})[1]["value"]
        # Three times both setups, two calls with a teardown before each, a last teardown, and the module's setup again.
        assert counted == 3 * 2 + 2 * 2 + 1 + 1
        assert process.ask("open", name="conventions.Order.time_it(2, 'a')") == {"skipped": "skip_params"}
        assert asked(process, "conventions.track_printed", {"do": "value"})[1] == {"value": 3.0}
    finally:
        process.close()


def test_seconds_are_seconds(folder: Path, tmp_path: Path) -> None:
    process = opened(folder, tmp_path)
    try:
        found = asked(process, "conventions.time_slow", {"do": "calibrate", "seconds": 0.03},
                      {"do": "block", "number": 2})
        assert found[1]["number"] <= 3
        assert 0.01 <= found[2]["value"] < 10
    finally:
        process.close()


def test_a_delay_on_purpose_is_a_share_of_the_time(folder: Path, tmp_path: Path) -> None:
    process = Session(Version("slow", ()), folder, tmp_path, slower=9.0)
    try:
        assert asked(process, "conventions.time_slow", {"do": "block", "number": 1})[1]["value"] >= 0.1
    finally:
        process.close()


def test_what_is_raised_and_what_is_lost_are_told_apart(folder: Path, tmp_path: Path) -> None:
    process = opened(folder, tmp_path)
    try:
        with pytest.raises(Raised, match="KeyError: 'nothing'"):
            process.ask("open", name="nothing")
        process.ask("open", name="conventions.time_slow")
        with pytest.raises(Lost, match="it took more than"):
            process.ask("block", timeout=0.05, number=100)
    finally:
        process.close()


def test_a_worker_needs_nothing_but_python() -> None:
    """It runs in the environment of any version, so it must not reach for packages."""
    source = session.WORKER.read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    imported = {line.split()[1].partition(".")[0] for line in lines}
    assert imported <= sys.stdlib_module_names
