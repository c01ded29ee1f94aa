"""Each definition of an optimizer that torch has too, beside torch's single-tensor step: time, and what bounds it.

    python -m fiducial.benchmarks.desk.references [--parameters 1000000] [--pairs 15] [--json FILE]

Ratio      a step of the definition over torch's (foreach=False), float64, one thread: the median over pairs in
           alternation, with the lower and upper quartile.
Passes     arrays that the definition reads and writes, counted on a run of its own: each operation of NumPy on whole
           arrays reads its operands and writes its result. Temporaries are the results that are not kept.
Bandwidth  passes × 8 bytes × parameters / time, as a share of what copying eight such arrays into eight others reaches
           (two passes each; a step too holds more than fits a cache). Near 1: the step is bound by memory traffic. Far
           below: by arithmetic such as roots and divisions. Above 1: some of its arrays were still in a cache.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.mixins import NDArrayOperatorsMixin
from rich.console import Console

from fiducial.benchmarks.desk.machine import Row, environment, table
from fiducial.benchmarks.gate.session import PACE
from fiducial.reference import optimizers as home

PAIRS: dict[str, tuple[str, dict[str, Any]]] = {
    "gradient_descent": ("SGD", {}), "momentum_buffer": ("SGD", {"momentum": 0.9}),
    "nesterov_buffer": ("SGD", {"momentum": 0.9, "nesterov": True}), "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {}), "rmsprop_centered": ("RMSprop", {"centered": True}), "adadelta": ("Adadelta", {}),
    "adam": ("Adam", {}), "amsgrad": ("Adam", {"amsgrad": True}), "adamw": ("AdamW", {}), "adamax": ("Adamax", {}),
    "nadam": ("NAdam", {}), "radam": ("RAdam", {}), "asgd": ("ASGD", {}), "rprop": ("Rprop", {}),
    "adafactor": ("Adafactor", {}), "muon": ("Muon", {})}
MATRICES = {"adafactor", "muon"}


class Counted(NDArrayOperatorsMixin):
    """An array that counts the passes over arrays of its size that NumPy makes."""

    passes = 0
    results = 0

    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value)
        self.shape, self.ndim, self.dtype, self.size = (self.value.shape, self.value.ndim, self.value.dtype,
                                                        self.value.size)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Count the operands and the result of an operation."""
        return self._counted(lambda *given: getattr(ufunc, method)(*given, **_plain(options)), inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """The same for functions such as where and einsum."""
        return self._counted(lambda *given: function(*given, **_plain(kwargs)), args)

    def _counted(self, call: Callable[..., Any], given: Any) -> Any:
        found = call(*_plain(given))
        whole = max((each.size for each in given if isinstance(each, Counted)), default=0)
        Counted.passes += sum(isinstance(each, Counted) and each.size == whole for each in given)
        if isinstance(found, np.ndarray) and found.size == whole:
            Counted.passes += 1
            Counted.results += 1
        return Counted(found) if isinstance(found, np.ndarray) else found

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.value, name)
        return found if not callable(found) else lambda *args, **options: Counted(found(*_plain(args), **options))

    def __getitem__(self, index: Any) -> Any:
        return Counted(self.value[_plain(index)])


def _plain(given: Any) -> Any:
    """The same with arrays that count nothing."""
    if isinstance(given, Counted):
        return given.value
    if isinstance(given, dict):
        return {key: _plain(value) for key, value in given.items()}
    return type(given)(_plain(each) for each in given) if type(given) in (tuple, list) else given


def definition(name: str) -> Any:
    """The module of a definition."""
    import importlib

    return importlib.import_module(f"{home.__name__}.{name}")


def options_of(module: Any) -> Row:
    """A rate, where the step has no default for it."""
    rate = inspect.signature(module.step).parameters.get("lr")
    return {"lr": 1e-3} if rate is not None and rate.default is rate.empty else {}


def arrays(name: str, n: int) -> tuple[Any, Any]:
    """Parameters and a gradient."""
    side = int(n**0.5)
    shape = (side, side) if name in MATRICES else (n,)
    rng = np.random.default_rng(0)
    return rng.standard_normal(shape), rng.standard_normal(shape)


def traffic(name: str) -> tuple[int, int] | None:
    """Passes over whole arrays and results made in a step; None where it uses what cannot be counted."""
    module, (x, g) = definition(name), arrays(name, 10_000)
    options = options_of(module)
    try:
        state = module.step(Counted(x), Counted(g), module.init(Counted(x)), **options)[1]
        Counted.passes = Counted.results = 0
        module.step(Counted(x), Counted(g), state, **options)
    except (TypeError, ValueError, AttributeError):
        return None
    return Counted.passes, Counted.results


def seconds(call: Callable[[], Any]) -> float:
    """Of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def row(name: str, n: int, pairs: int, copied: float) -> Row:
    """One definition beside torch."""
    module, (x, g) = definition(name), arrays(name, n)
    factory, settings = PAIRS[name]
    parameter = torch.nn.Parameter(torch.from_numpy(x.copy()))
    parameter.grad = torch.from_numpy(g.copy())
    flags = {"foreach": False} if "foreach" in inspect.signature(getattr(torch.optim, factory)).parameters else {}
    theirs = getattr(torch.optim, factory)([parameter], lr=1e-3, **settings, **flags).step
    options = options_of(module)
    state = module.step(x, g, module.init(x), **options)[1]
    found: dict[str, list[float]] = {"ours": [], "theirs": []}
    for k in range(pairs + 2):
        for side in ("ours", "theirs") if k % 2 else ("theirs", "ours"):
            found[side].append(seconds((lambda: module.step(x, g, state, **options)) if side == "ours" else theirs))
    ratios = [a / b for a, b in zip(found["ours"][2:], found["theirs"][2:], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    ours = min(found["ours"][2:])
    counted = traffic(name)
    return {"definition": name, "torch": factory, "ours_ms": round(ours * 1e3, 2),
            "theirs_ms": round(min(found["theirs"][2:]) * 1e3, 2), "ratio": round(middle, 2), "low": round(low, 2),
            "high": round(high, 2), "passes": counted and counted[0], "arrays_made": counted and counted[1],
            "bandwidth": None if counted is None else round(counted[0] * copied / 2 / ours, 2)}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the record."""
    parser = argparse.ArgumentParser(description="Definitions beside torch's single-tensor steps.")
    parser.add_argument("--parameters", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the record here")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    source, target = np.ones(8 * given.parameters), np.ones(8 * given.parameters)
    copied = min(seconds(lambda: np.copyto(target, source)) for _ in range(20)) / 8
    rows = [row(name, given.parameters, given.pairs, copied) for name in PAIRS]
    Console().print(table(f"{given.parameters:,} parameters in float64, one thread; a copy takes {copied * 1e3:.2f} ms",
                          rows))
    if given.json:
        record = {"schema": "fiducial.desk.references/1", "environment": environment(), "parameters": given.parameters,
                  "pairs": given.pairs, "load_average": os.getloadavg()[0], "copy_ms": round(copied * 1e3, 3),
                  "rows": rows}
        given.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if not all(os.environ.get(name) == value for name, value in PACE.items()):  # read when the process starts
        os.execve(sys.executable, [sys.executable, "-m", "fiducial.benchmarks.desk.references", *sys.argv[1:]],
                  {**os.environ, **PACE})
    main()
