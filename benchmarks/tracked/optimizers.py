"""One step of each optimizer's definition, and how its cost grows with the number of parameters.

asv runs this file against other commits than its own, so it takes nothing from beside itself, and asks the commit for
the definitions that it has. Arguments are built by their names; a definition with an argument of its own stands in
ARGUMENTS or SHAPES. asv calls setup before each timed call: what is dear in it is kept.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import pkgutil
import time
from collections.abc import Callable
from typing import Any

import numpy as np

HOME = "fiducial.reference.optimizers"
SIZES = [1_000, 100_000]
WRAPPERS = {"decay", "maximize", "grokfast", "lookahead", "sam"}  # no step of their own: they change another's
MATRICES = {"muon", "galore", "shampoo", "soap", "came", "adafactor"}  # most of their work is on matrices
DENSE = {"newton": 100, "shampoo": 10_000, "soap": 10_000, "galore": 10_000, "muon": 10_000}  # cubic: at most this many
OPTIONS: dict[str, Any] = {"lr": 1e-3, "rank": 4, "window": 4, "steps": 100, "total_steps": 100}
ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    "h": lambda x: np.ones_like(x),
    "hessian": lambda x: np.eye(x.size),
    "estimate": lambda x: np.ones_like(x),
    "product": lambda x: lambda d: 2.0 * d,
    "gradient": lambda x: lambda y: 2.0 * y,
    "evaluate": lambda x: lambda y: (float(y @ y), 2.0 * y),
}


def definitions() -> list[str]:
    """The optimizers of the commit that is measured."""
    home = importlib.import_module(HOME).__path__
    return sorted(m.name for m in pkgutil.iter_modules(home) if not m.name.startswith("_") and m.name not in WRAPPERS)


def given(function: Callable[..., Any]) -> dict[str, Any]:
    """The options without a default that a definition asks for."""
    wanted = inspect.signature(function).parameters.values()
    return {p.name: OPTIONS[p.name] for p in wanted if p.kind is p.KEYWORD_ONLY and p.default is p.empty}


@functools.cache
def prepared(name: str, n: int) -> Callable[[], Any]:
    """One step of a definition from its second state on, with n parameters."""
    module = importlib.import_module(f"{HOME}.{name}")
    n = min(n, DENSE.get(name, n))
    side = math.isqrt(n)
    draw = np.random.default_rng(0).standard_normal
    x, g = (draw((side, side)) if name in MATRICES else draw(n) for _ in range(2))
    state = module.init(x, **given(module.init))
    others = {"x": x, "y": x, "g": g, "state": state, **{key: make(x) for key, make in ARGUMENTS.items()
                                                         if key in inspect.signature(module.step).parameters}}
    wanted = {key: others[key] for key in inspect.signature(module.step).parameters if key in others}
    bound = functools.partial(module.step, **wanted, **given(module.step))
    found = bound()
    return functools.partial(bound, state=found[1]) if isinstance(found, tuple) else bound


def seconds(call: Callable[[], Any], *, repeats: int = 5) -> float:
    """CPU time of the fastest of several repeats of a call, each at least 2 ms long."""
    number, best = 1, math.inf
    while True:
        start = time.process_time()
        for _ in range(number):
            call()
        if (spent := time.process_time() - start) >= 2e-3:
            break
        number *= 2
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(number):
            call()
        best = min(best, time.process_time() - start)
    return min(best, spent) / number


class Step:
    """One step of a definition."""

    params = (definitions(), SIZES)
    param_names = ("definition", "parameters")

    def setup(self, name: str, n: int) -> None:
        """Build the arrays once."""
        self.step = prepared(name, n)

    def time_step(self, name: str, n: int) -> None:
        """Seconds of a step."""
        self.step()


class Growth:
    """The exponent p in: seconds of a step ∝ (number of parameters)ᵖ, between 2¹⁶ and 2¹⁸ parameters."""

    params = ("gradient_descent", "adam", "adamw", "rmsprop", "lamb")
    param_names = ("definition",)
    timeout = 120

    def track_exponent(self, name: str) -> float:
        """The slope of log seconds against log parameters, by least squares."""
        sizes = [2**16, 2**17, 2**18]
        times = [seconds(prepared(name, n)) for n in sizes]
        return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


class PeakMemory:
    """The memory of the process at its largest, over a step with a million parameters."""

    params = ("gradient_descent", "adam", "lamb")
    param_names = ("definition",)

    def peakmem_step(self, name: str) -> None:
        """Bytes."""
        prepared(name, 1_000_000)()
