"""Runs asv's benchmarks of one version on request: standard library only, a file by itself, one process a version.

    python -P worker.py FOLDER [--slower SHARE] [--core N]     requests come in, answers go out, JSON lines
    python -P worker.py FOLDER --calls N --name BENCHMARK      so many calls after one setup, for whoever counts

The conventions are asv's: names that begin with time_, track_ and peakmem_; setup and teardown of function, class and
module; params, param_names, skip_params, setup_cache, number, timer, timeout; NotImplementedError in a setup skips. As
in asv a benchmark with a setup is set up anew before each timed call. A file that cannot be imported is told and left
out, where asv would end. `--slower` waits busily for that share of each timed stretch, so that power can be measured.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import inspect
import itertools
import json
import os
import pkgutil
import re
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

KINDS = {"time": re.compile(r"time_.|Time[A-Z_]."), "track": re.compile(r"track_.|Track[A-Z_]."),
         "peakmem": re.compile(r"peakmem_.|PeakMem[A-Z_].")}
UNHEARD = re.compile(r"(timeraw|mem)_.|(Timeraw|Mem)[A-Z_].")  # asv's other kinds, which are not measured here
MOST = 100_000  # calls in a block
WARM = 5  # calls before those that are counted
PULSE = 200_000  # turns of the loop that says how quiet the machine is


class Benchmark:
    """One function with one choice of parameters."""

    def __init__(self, name: str, kind: str, func: Callable[..., Any], sources: list[Any],
                 params: tuple[Any, ...]) -> None:
        self.kind, self.func, self.params = kind, func, params
        self.name = f"{name}({', '.join(map(repr, params))})" if params else name
        self.sources = sources
        self.setups = [*reversed(list(each(sources, "setup")))]
        self.teardowns = list(each(sources, "teardown"))
        self.cache = first(sources, "setup_cache", None)
        self.skipped = params in [tuple(skip) for skip in first(sources, "skip_params", [])]

    def told(self) -> dict[str, Any]:
        """What the gate needs to know."""
        unit = {"time": "seconds", "peakmem": "bytes", "track": str(first(self.sources, "unit", "unit"))}[self.kind]
        return {"name": self.name, "kind": self.kind, "unit": unit, "timeout": first(self.sources, "timeout", None)}

    def arguments(self) -> tuple[Any, ...]:
        """The parameters, after what setup_cache made."""
        cached = kept(self.cache) if self.cache is not None else None
        return self.params if cached is None else (cached, *self.params)

    def begin(self) -> None:
        """Run the setups, the module's first."""
        for setup in self.setups:
            setup(*self.arguments())

    def end(self) -> None:
        """Run the teardowns."""
        for teardown in self.teardowns:
            teardown(*self.arguments())

    def block(self, number: int, slower: float) -> float:
        """Seconds of a call: the mean over a loop, or the median of calls that were each set up anew."""
        timer = first(self.sources, "timer", time.perf_counter)
        arguments = self.arguments()
        if not self.setups:
            return timed(lambda: [self.func(*arguments) for _ in itertools.repeat(None, number)], timer,
                         slower) / number
        times = []
        for _ in range(number):
            self.end()
            self.begin()
            times.append(timed(lambda: self.func(*arguments), timer, slower))
        return statistics.median(times)

    def calibrated(self, seconds: float) -> dict[str, float]:
        """How many calls fill a block of so many seconds of wall time, after one that warms up."""
        number = int(first(self.sources, "number", 0))
        self.block(1, 0.0)
        start = time.perf_counter()
        once = self.block(1, 0.0)
        wall = max(time.perf_counter() - start, 1e-9)
        while not number and wall * 2 < seconds and once * 2 < seconds:  # a first guess from calls that are too short
            more = min(MOST, max(2, int(seconds / wall / 2)))
            start = time.perf_counter()
            once = self.block(more, 0.0)
            number = min(MOST, max(1, round(seconds * more / (time.perf_counter() - start))))
        return {"number": max(1, number), "wall": wall, "once": once}

    def value(self) -> float:
        """What a track function returns; for peakmem the largest resident size of this process."""
        found = self.func(*self.arguments())
        if self.kind == "track":
            return float(found)
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def timed(call: Callable[[], Any], timer: Callable[[], float], slower: float) -> float:
    """Seconds of a call without garbage collection, and of a busy wait for a share of them."""
    collects = gc.isenabled()
    gc.disable()
    try:
        start = timer()
        call()
        spent = timer() - start
        while slower and timer() - start < spent * (1 + slower):
            pass
        return timer() - start if slower else spent
    finally:
        if collects:
            gc.enable()


def each(sources: list[Any], name: str) -> Iterator[Any]:
    """What the function, its class and its module have under a name, whatever its case."""
    for source in sources:
        for spelt in dir(source):
            if spelt.lower() == name:
                yield getattr(source, spelt)


def first(sources: list[Any], name: str, default: Any) -> Any:
    """The first that has the name."""
    return next((getattr(source, name) for source in sources if getattr(source, name, None) is not None), default)


_caches: dict[Any, Any] = {}


def kept(make: Callable[[], Any]) -> Any:
    """What a setup_cache made, once a process."""
    key = getattr(make, "__func__", make)
    if key not in _caches:
        _caches[key] = make()
    return _caches[key]


def package(folder: Path) -> ModuleType:
    """The folder as a package of its own name; its parent stays out of sys.path, since it may hold anything."""
    spec = importlib.util.spec_from_file_location(folder.name, folder / "__init__.py",
                                                  submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None or not (folder / "__init__.py").is_file():
        raise ImportError(f"{folder} is no package: it has no __init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[folder.name] = module
    spec.loader.exec_module(module)
    return module


def called(folder: Path, name: str, calls: int) -> None:
    """So many calls of one benchmark after one setup and WARM calls; its file alone is imported."""
    root, parts = package(folder), name.partition("(")[0].split(".")
    found: list[ModuleType] = [root]
    for end in range(1, len(parts)):
        with contextlib.suppress(ModuleNotFoundError):
            found.append(importlib.import_module(".".join([root.__name__, *parts[:end]])))
    known = {b.name: b for module in found for b in of_module(module, [])}
    chosen = known[name]
    gc.disable()
    chosen.begin()
    arguments = chosen.arguments()
    for _ in range(WARM + calls):
        chosen.func(*arguments)


def modules(root: ModuleType, broken: list[dict[str, str]]) -> Iterator[ModuleType]:
    """A package and all below it; what cannot be imported is written down."""
    yield root
    for _, name, _ in pkgutil.iter_modules(getattr(root, "__path__", []), f"{root.__name__}."):
        try:
            found = importlib.import_module(name)
        except BaseException as error:  # asv's own discovery stops at any
            broken.append({"file": name, "error": said(error)})
        else:
            yield from modules(found, broken) if hasattr(found, "__path__") else [found]


def benchmarks(root: ModuleType, broken: list[dict[str, str]]) -> Iterator[Benchmark]:
    """Every benchmark of a package, with each choice of its parameters."""
    for module in modules(root, broken):
        yield from of_module(module, broken)


def of_module(module: ModuleType, broken: list[dict[str, str]]) -> Iterator[Benchmark]:
    """Every benchmark of one file."""
    for name, found in list(vars(module).items()):
        if name.startswith("_"):
            continue
        if inspect.isclass(found) and not inspect.isabstract(found):
            for attribute, function in inspect.getmembers(found, inspect.isfunction):
                yield from of(attribute, function, module, found, broken)
        elif inspect.isfunction(found):
            yield from of(name, found, module, None, broken)


def of(name: str, function: Any, module: ModuleType, owner: Any, broken: list[dict[str, str]]) -> Iterator[Benchmark]:
    """The benchmarks that a function is, if any."""
    spelt = getattr(function, "benchmark_name", None)
    kind = next((kind for kind, form in KINDS.items() if form.match((spelt or name).rpartition(".")[2])), None)
    whole = spelt or ".".join([*module.__name__.split(".")[1:], *([owner.__name__] if owner else []), name])
    if getattr(function, "skip_benchmark", False):
        return
    if kind is None:
        if UNHEARD.match(name):
            broken.append({"file": whole, "error": "is of a kind that the gate does not run"})
        return
    try:
        instance = owner() if owner else None
    except Exception as error:
        broken.append({"file": whole, "error": said(error)})
        return
    called = getattr(instance, name) if owner else function
    sources = [called, instance, module] if owner else [called, module]
    params = first(sources, "params", [])
    axes = [params] if params and not isinstance(params[0], list | tuple) else params
    for choice in itertools.product(*axes):
        yield Benchmark(whole, kind, called, sources, choice)


def said(error: BaseException) -> str:
    """An exception in one line, with the place that raised it."""
    place = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(place[-1].filename).name}:{place[-1].lineno})" if place else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}{where}"


def pulse() -> float:
    """Seconds of a fixed loop: how much it varies says how quiet the machine is."""
    start = time.perf_counter()
    total = 0
    for turn in range(PULSE):
        total += turn
    return time.perf_counter() - start


class Server:
    """Answers requests, one benchmark open at a time."""

    def __init__(self, folder: Path, slower: float) -> None:
        self.broken: list[dict[str, str]] = []
        self.slower, self.open = slower, None
        self.known = {b.name: b for b in benchmarks(package(folder), self.broken)}

    def answer(self, do: str, **given: Any) -> dict[str, Any]:
        """The answer to one request."""
        current: Any = self.open
        if do == "list":
            return {"benchmarks": [b.told() for b in self.known.values()], "broken": self.broken}
        if do == "origins":
            return {name: getattr(sys.modules.get(name), "__file__", None) for name in given["names"]}
        if do == "pulse":
            return {"value": pulse()}
        if do == "open":
            return self.begun(given["name"])
        if do == "calibrate":
            return dict(current.calibrated(given["seconds"]))
        if do == "block":
            return {"value": current.block(given["number"], self.slower)}
        if do == "value":
            return {"value": current.value() * (1 + self.slower)}
        current.end()
        self.open = None
        return {}

    def begun(self, name: str) -> dict[str, Any]:
        """Set a benchmark up."""
        found = self.known[name]
        if found.skipped:
            return {"skipped": "skip_params"}
        try:
            found.begin()
        except NotImplementedError as error:
            return {"skipped": str(error) or "its setup raised NotImplementedError"}
        self.open = found  # type: ignore[assignment]
        return {}


def main() -> None:
    """Serve until standard input ends; what a benchmark prints goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        slower = float(sys.argv[sys.argv.index("--slower") + 1]) if "--slower" in sys.argv else 0.0
        server: Server | None = None
        for line in sys.stdin:
            try:
                if server is None:
                    server = Server(Path(sys.argv[1]), slower)
                    if "--core" in sys.argv:  # after the imports, which both processes of a pair do at once
                        os.sched_setaffinity(0, {int(sys.argv[sys.argv.index("--core") + 1])})
                found = server.answer(**json.loads(line))
            except BaseException as error:
                found = {"raised": said(error)}
            answers.write(json.dumps(found) + "\n")
            answers.flush()


if __name__ == "__main__" and "--calls" in sys.argv:
    called(Path(sys.argv[1]), sys.argv[sys.argv.index("--name") + 1], int(sys.argv[sys.argv.index("--calls") + 1]))
elif __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
