"""Scenes: runs of a torch optimizer drawn without regard to what the checks draw, to tell a mutant from its original.

A scene is data. Options lie anywhere between far ends, gradients are 1e-8 to 1e8, zero, absent, nan or sparse, two
groups differ, rates change, runs are saved and loaded, parameters have odd shapes, layouts and dtypes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

SHAPES = ((), (1,), (3,), (2, 3), (3, 2), (4, 4), (0,), (2, 1, 3), (2, 2, 1, 2))
MATRICES = ((2, 3), (3, 2), (4, 4), (1, 3), (3, 1))
STEPS = (1, 2, 3, 5, 9, 16)
FORMS = ("plain", "plain", "plain", "transposed", "strided")
DTYPES = ("float64",) * 6 + ("float32", "complex128", "bfloat16")
Draw = Callable[[np.random.Generator], Any]


def _log(low: float, high: float, *exact: float) -> Draw:
    """A number between two on a logarithmic scale, or one of some exact ones."""
    return lambda rng: float(rng.choice(exact)) if exact and rng.random() < 0.3 else float(10 ** rng.uniform(low, high))


def _one(*values: Any) -> Draw:
    return lambda rng: values[int(rng.integers(len(values)))]


def _rate(rng: np.random.Generator) -> float:
    """A decay rate, often 0 or near to 1."""
    return float(rng.choice([0.0, 0.5, 0.9, 0.999, rng.uniform(0, 1)]))


OPTIONS: Mapping[str, Draw] = {
    "lr": _log(-4, 1, 0.0, 0.1), "weight_decay": _log(-3, 0, 0.0, 0.1), "eps": _log(-10, 1, 0.0, 0.1),
    "betas": lambda rng: (_rate(rng), _rate(rng)), "momentum": _rate, "alpha": _rate, "rho": _rate,
    "dampening": _log(-2, 0, 0.0, 0.5), "lambd": _log(-4, -0.5), "t0": _one(0.0, 2.0, 5.0, 1e6),
    "etas": lambda rng: (float(rng.uniform(0.1, 0.9)), float(rng.uniform(1.1, 2))),
    "step_sizes": lambda rng: (float(10 ** rng.uniform(-6, -2)), float(10 ** rng.uniform(-1, 2))),
    "lr_decay": _log(-2, 0, 0.0), "initial_accumulator_value": _log(-2, 1, 0.0), "momentum_decay": _log(-3, 0),
    "beta2_decay": lambda rng: -float(rng.uniform(0.3, 1)), "d": _log(-1, 1), "ns_steps": _one(1, 3, 5),
    "ns_coefficients": _one((3.4445, -4.7750, 2.0315), (1.5, -0.5, 0.2)), "max_iter": _one(1, 2, 4, 20),
    "adjust_lr_fn": _one(None, "original", "match_rms_adamw"), "max_eval": _one(None, 1, 3, 30),
    "tolerance_grad": _log(-9, 0), "tolerance_change": _log(-12, -1), "history_size": _one(1, 2, 100),
    "line_search_fn": _one(None, "strong_wolfe"), "nesterov": _one(True, False), "maximize": _one(True, False),
    "amsgrad": _one(True, False), "centered": _one(True, False), "decoupled_weight_decay": _one(True, False),
}


class Tensor(NamedTuple):
    """A parameter: its numbers, how they lie in memory, and its gradient before each step (None: absent)."""

    start: Any
    form: str
    gradients: tuple[Any, ...]
    gradient_form: str


class Scene(NamedTuple):
    """A run: dtype, groups with their options, and what happens before which step."""

    dtype: str
    groups: tuple[tuple[dict[str, Any], tuple[Tensor, ...]], ...]
    common: dict[str, Any]  # options of the constructor
    changes: dict[int, dict[str, Any]]  # before a step, in the first group
    copies: dict[int, str]  # before a step: "state-dict" or "deepcopy"
    joins: int  # the last group is added before this step; 0: it is there from the start
    closure: bool
    steps: int


def scenes(kind: type[Any], count: int) -> Iterator[Scene]:
    """The scenes of a class, the same at every call."""
    for index in range(count):
        yield _scene(kind, np.random.default_rng([2026, index]))


def _scene(kind: type[Any], rng: np.random.Generator) -> Scene:
    known = [name for name in inspect.signature(kind).parameters if name in OPTIONS]
    whole, matrices = kind.__name__ == "LBFGS", kind.__name__ == "Muon"
    steps = int(rng.choice(STEPS[:4] if whole else STEPS))
    dtype = "float64" if matrices or whole else str(rng.choice(DTYPES))
    count = 1 if whole else int(rng.choice([1, 1, 2]))
    special = bool(rng.random() < 0.15)
    groups = tuple((_options(rng, known) if k else {}, tuple(_tensor(rng, steps, matrices, dtype, special)
                                                             for _ in range(int(rng.integers(1, 4)))))
                   for k in range(count))
    later = range(1, steps)
    return Scene(dtype, groups, _options(rng, known),
                 {k: _options(rng, known, 0.3) for k in later if rng.random() < 0.1},
                 {k: str(rng.choice(["state-dict", "deepcopy"])) for k in later if rng.random() < 0.1},
                 int(rng.integers(1, steps)) if count > 1 and steps > 1 and rng.random() < 0.3 else 0,
                 whole or bool(rng.random() < 0.2), steps)


def _options(rng: np.random.Generator, known: list[str], share: float | None = None) -> dict[str, Any]:
    """Some options, moved; a class may refuse what does not go together."""
    share = float(rng.choice([0.0, 0.3, 0.7])) if share is None else share
    found = {name: OPTIONS[name](rng) for name in known if rng.random() < share}
    if found.get("nesterov"):
        found |= {"momentum": 0.8, **({"dampening": 0.0} if "dampening" in known else {})}
    if "eps" in found and "beta2_decay" in known:
        found["eps"] = (found["eps"], float(10 ** rng.uniform(-4, 0)))
    return found


def _tensor(rng: np.random.Generator, steps: int, matrices: bool, dtype: str, special: bool) -> Tensor:
    shapes = MATRICES if matrices else SHAPES
    shape = shapes[int(rng.integers(len(shapes)))]
    start = _numbers(rng, shape, dtype) * rng.choice([0.0, 0.1, 1.0, 10.0])
    size = 10 ** rng.uniform(*((-8, 8) if dtype != "bfloat16" else (-2, 2)) if rng.random() < 0.3 else (-1, 1))
    gradients = [_gradient(rng, shape, dtype, size, special and k == steps - 1) for k in range(steps)]
    if rng.random() < 0.2 and gradients[0] is not None:
        gradients = [gradients[0]] * steps  # a constant slope
    return Tensor(start, str(rng.choice(FORMS)), tuple(gradients), str(rng.choice(FORMS)))


def _gradient(rng: np.random.Generator, shape: tuple[int, ...], dtype: str, size: float, special: bool) -> Any:
    draw = rng.random()
    if draw < 0.1:
        return None
    found = _numbers(rng, shape, dtype) * (0.0 if draw < 0.2 else size)
    found = np.where(rng.random(shape) < 0.1, 0.0, found)
    return np.where(rng.random(shape) < 0.5, rng.choice([np.nan, np.inf]), found) if special else found


def _numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    real = np.asarray(rng.normal(size=shape))
    return real + 1j * np.asarray(rng.normal(size=shape)) if dtype == "complex128" else real
