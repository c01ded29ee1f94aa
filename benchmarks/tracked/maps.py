"""Forward and backward of each definition that is a map, draws of initializers, and a thousand rates of a schedule.

As in `optimizers`, arguments are built by their names and the commit that is measured is asked for what it has. Every
batch holds 64 rows; images are 4 × 8 × 16 × 16.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

ROOMS = ("activations", "losses", "layers", "normalization")
ROWS, COLUMNS, CHANNELS = 64, 256, 8
IMAGES = (4, CHANNELS, 16, 16)
OF_IMAGES = {"avg_pool2d", "max_pool2d", "conv2d", "batch_norm", "batch_norm_inference", "group_norm", "instance_norm"}
OPTIONS: dict[str, Any] = {"kernel_size": 2, "groups": 2, "lam": 0.01, "axes": (0,), "value": 1.0, "sparsity": 0.5,
                           "base": 0.1, "gamma": 0.9, "T_max": 1000, "T_0": 10, "milestones": [300, 600],
                           "step_size": 100, "total_steps": 1000, "max_lr": 1.0, "decay": 0.01, "final": 0.01,
                           "tau": 1000, "N": 100}
SIZES = [COLUMNS, 64, 10]  # of networks
Samples = dict[str, Any]


def definitions(*rooms: str, function: str = "forward") -> list[str]:
    """`room.name` of each definition with such a function, all of whose arguments have names that are known."""
    found = []
    for room in rooms:
        home = importlib.import_module(f"fiducial.reference.{room}").__path__
        found += [f"{room}.{m.name}" for m in pkgutil.iter_modules(home) if not m.name.startswith("_")]
    return sorted(name for name in found if runnable(name, function))


def module_of(name: str) -> Any:
    """The definition."""
    return importlib.import_module(f"fiducial.reference.{name}")


def runnable(name: str, function: str) -> bool:
    """Whether the function is there, and each argument that it needs has a value."""
    called = getattr(module_of(name), function, None)
    return called is not None and missing(called) == set()


def missing(function: Callable[..., Any]) -> set[str]:
    """The arguments without a default for which nothing is known."""
    wanted = inspect.signature(function).parameters.values()
    return {p.name for p in wanted if p.default is p.empty} - {*OPTIONS, *samples("")}


@functools.cache
def samples(name: str) -> Samples:
    """A value for each name that arguments have in the definition of this name."""
    rng = np.random.default_rng(0)
    draw = rng.standard_normal
    shape = IMAGES if name in OF_IMAGES else (4, CHANNELS, COLUMNS) if name == "conv1d" else (ROWS, COLUMNS)
    over = CHANNELS if len(shape) > 2 else COLUMNS
    kernel = {"conv1d": (16, CHANNELS, 3), "conv2d": (16, CHANNELS, 3, 3)}.get(name, (COLUMNS, COLUMNS))
    arrays = {**{key: draw(shape) for key in ("x", "y", "z", "h")}, "t": rng.uniform(size=shape),
              **{key: draw(kernel) / 16 for key in ("w", "v", "w1", "w2", "w_ih", "w_hh")},
              **{key: draw(kernel[0]) for key in ("b", "b1", "b2", "b_ih", "b_hh", "s", "u")},
              **{key: draw(over) for key in ("gamma", "beta", "mean")}, "var": 1.0 + draw(over) ** 2,
              "labels": rng.integers(COLUMNS, size=ROWS), "i": rng.integers(COLUMNS, size=ROWS),
              "logp": np.log(rng.dirichlet(np.ones(COLUMNS), ROWS))}
    others = {"shape": (COLUMNS, COLUMNS), "rng": rng, "losses": draw(ROWS), "batch": rng.integers(ROWS, size=32),
              "theta": draw(sum(n * (m + 1) for m, n in pairwise(SIZES))) / 16, "sizes": SIZES, "k": 1, "q": 0.0,
              "joint": 0.0}
    return {**arrays, **others, **special(name, draw)}


def special(name: str, draw: Callable[..., Any]) -> Samples:
    """Arguments that mean something else in one definition."""
    of_one: dict[str, Callable[[], Samples]] = {
        "attention": lambda: {key: draw((4, 16, 32)) for key in "qkv"},
        "curvature": lambda: {"x": draw(SIZES[0]), "t": draw(SIZES[-1])},
        "deep_relu": lambda: {"w": draw((4, COLUMNS, COLUMNS)) / 16},
        "deep_residual": lambda: {key: draw((4, COLUMNS, COLUMNS)) / 16 for key in "wv"},
        "dirac": lambda: {"shape": (COLUMNS, COLUMNS, 3)},
        "hinge": lambda: {"t": np.sign(draw((ROWS, COLUMNS)))},
        "mlp_objective": lambda: {"t": draw((ROWS, SIZES[-1]))},
        "rrelu": lambda: {"a": 0.2 + 0.0 * draw((ROWS, COLUMNS))},
        "sigmoid_chain": lambda: {"x": draw(()), "w": draw(COLUMNS), "b": draw(COLUMNS)},
        "spectral_norm": lambda: {"v": draw(COLUMNS)},
        "surrogate": lambda: {"s": draw((ROWS, COLUMNS)), "joint": np.full((ROWS, COLUMNS), 1 / (ROWS * COLUMNS))},
    }
    return of_one.get(name, dict)() | ({"a": 0.0} if not name else {})


@functools.cache
def prepared(name: str, function: str) -> Callable[[], Any]:
    """A call of one function of a definition; backward is given a gradient shaped like what forward returns."""
    module, known = module_of(name), {**OPTIONS, **samples(name.rpartition(".")[2])}
    called = getattr(module, function)
    if function == "backward":
        known["g"] = np.ones_like(prepared(name, "forward")())
    wanted = inspect.signature(called).parameters.values()
    return functools.partial(called, **{p.name: known[p.name] for p in wanted if p.default is p.empty})


class Forward:
    """The values of a map."""

    params = tuple(definitions(*ROOMS))
    param_names = ("definition",)

    def setup(self, name: str) -> None:
        """Build the arrays once."""
        self.call = prepared(name, "forward")

    def time_forward(self, name: str) -> None:
        """Seconds of a call."""
        self.call()


class Backward:
    """The gradients of a map, by its own backward pass."""

    params = tuple(name for name in definitions(*ROOMS) if hasattr(module_of(name), "backward"))
    param_names = ("definition",)

    def setup(self, name: str) -> None:
        """Build the arrays once."""
        self.call = prepared(name, "backward")

    def time_backward(self, name: str) -> None:
        """Seconds of a call."""
        self.call()


class Draw:
    """256 × 256 numbers of an initializer."""

    params = tuple(definitions("initializers", function="draw"))
    param_names = ("definition",)

    def setup(self, name: str) -> None:
        """Build the generator once."""
        self.call = prepared(name, "draw")

    def time_draw(self, name: str) -> None:
        """Seconds of a draw."""
        self.call()


class Rates:
    """A thousand rates of a schedule."""

    params = tuple(definitions("schedules", function="rate"))
    param_names = ("definition",)
    number = 1

    def setup(self, name: str) -> None:
        """Bind the options once."""
        rate = module_of(name).rate
        wanted = inspect.signature(rate).parameters.values()
        self.rate = functools.partial(rate, **{p.name: OPTIONS[p.name] for p in wanted
                                               if p.default is p.empty and p.name in OPTIONS})

    def time_rates(self, name: str) -> None:
        """Seconds of a thousand."""
        for k in range(1000):
            self.rate(k)
