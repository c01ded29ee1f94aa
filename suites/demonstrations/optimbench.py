"""Small landscapes one difficulty at a time, for every optimizer: shape × scale × noise × curl × non-stationarity.

    python -m fiducial.suites.demonstrations.optimbench --json optimbench.json

A cell is the sum of one shape over two coordinates, times a scale. Its gradient is turned by the curl's angle, then
disturbed; its minimum may drift or jump. An optimizer walks 100 steps at each of 15 rates, 20 times on the same noise.

    score = (L_0 - L) / (L_0 - L_SGD)      L the median loss at the end under its best rate, L_SGD plain descent's
    1 as good as the best plain rate, above better, below 0 worse than staying; null where plain descent gains nothing

Source   Schaul, Antonoglou, Silver, Unit tests for stochastic optimization, 2014 (the axes, and best SGD as the unit).
Variant  shapes, levels, the median and the count of steps are ours: the paper's own are larger and partly unstated.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track

from fiducial.checks.engine import stream_seed
from fiducial.checks.evidence import Array, recorded
from fiducial.reference.optimizers import (
    adadelta,
    adagrad,
    adam,
    amsgrad,
    gradient_descent,
    momentum,
    nesterov,
    rmsprop,
)

SCHEMA = "fiducial.optimbench/1"
STEPS, REPEATS = 100, 20
RATES = 10.0 ** (np.arange(15) / 2 - 6)
START = np.array([2.0, 1.5])
Row = dict[str, Any]


class Shape(NamedTuple):
    """A function of one coordinate with minimum 0 at 0, and its slope."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _wall(x: Array) -> Array:
    return np.asarray(0.1 * np.abs(x) + 100 * np.clip(np.abs(x) - 1, 0, 0.1))


def _wall_slope(x: Array) -> Array:
    return np.sign(x) * (0.1 + np.where((np.abs(x) > 1) & (np.abs(x) < 1.1), 100.0, 0.0))


SHAPES = {
    "bowl": Shape(lambda x: x**2 / 2, lambda x: x),
    "absolute": Shape(np.abs, np.sign),
    "linear tails": Shape(lambda x: np.sqrt(1 + x**2) - 1, lambda x: x / np.sqrt(1 + x**2)),
    "quartic": Shape(lambda x: x**4 / 4, lambda x: x**3),
    "rectified": Shape(lambda x: np.maximum(x, 0.0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "exponential": Shape(lambda x: np.expm1(x) - x, np.expm1),
    "gauss": Shape(lambda x: -np.expm1(-(x**2) / 2), lambda x: x * np.exp(-(x**2) / 2)),
    "laplace": Shape(lambda x: -np.expm1(-np.abs(x)), lambda x: np.sign(x) * np.exp(-np.abs(x))),
    "cliff": Shape(_wall, _wall_slope),
}
SCALES = (1e-3, 1.0, 1e3)
NOISES: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "none": lambda g, rng: g,
    "additive": lambda g, rng: g + rng.standard_normal(g.shape[1:]),
    "multiplicative": lambda g, rng: g * (1 + rng.standard_normal(g.shape[1:])),
    "mask-out": lambda g, rng: g * (rng.random(g.shape[1:]) < 0.2),
    "outliers": lambda g, rng: g + 0.1 * rng.standard_cauchy(g.shape[1:]),
}
CURLS = (0.0, 60.0)  # degrees by which the gradient is turned: at 90 it would lead round the minimum
MOTIONS: dict[str, Callable[[int], float]] = {
    "still": lambda t: 0.0, "drift": lambda t: 0.01 * t, "jump": lambda t: 1.0 if t >= STEPS // 2 else 0.0}
OPTIMIZERS: dict[str, tuple[ModuleType, dict[str, float]]] = {
    "sgd": (gradient_descent, {}), "momentum": (momentum, {"momentum": 0.9}), "nesterov": (nesterov, {"momentum": 0.9}),
    "adagrad": (adagrad, {}), "rmsprop": (rmsprop, {"rho": 0.9}), "adadelta": (adadelta, {}), "adam": (adam, {}),
    "amsgrad": (amsgrad, {"eps": 1e-8})}


class Cell(NamedTuple):
    """One landscape."""

    shape: str
    scale: float
    noise: str
    curl: float
    motion: str

    def gradient(self, x: Array, t: int, rng: np.random.Generator) -> Array:
        """What an optimizer is told at x (rates, repeats, 2) in step t; every rate hears the same noise."""
        g = self.scale * SHAPES[self.shape].slope(x - MOTIONS[self.motion](t))
        turn = math.radians(self.curl)
        turned = np.stack([math.cos(turn) * g[..., 0] - math.sin(turn) * g[..., 1],
                           math.sin(turn) * g[..., 0] + math.cos(turn) * g[..., 1]], axis=-1)
        return NOISES[self.noise](turned if turn else g, rng)

    def loss(self, x: Array, t: int) -> Array:
        """The loss at x (…, 2) as it is in step t."""
        return np.asarray(self.scale * SHAPES[self.shape].value(x - MOTIONS[self.motion](t)).sum(axis=-1))


def grid() -> list[Cell]:
    """Every cell."""
    return [Cell(*each) for each in product(SHAPES, SCALES, NOISES, CURLS, MOTIONS)]


def losses(cell: Cell, name: str, *, seed: int) -> Array:
    """The median loss after the walk, by rate; inf where it is no number."""
    module, options = OPTIMIZERS[name]
    rng = np.random.default_rng(stream_seed(seed, repr(cell)))
    x = np.broadcast_to(START, (len(RATES), REPEATS, 2)).copy()
    state, rates = module.init(x), RATES[:, None, None]
    with np.errstate(all="ignore"):
        for t in range(STEPS):
            told = partial(cell.gradient, t=t, rng=rng)
            g = told if name == "nesterov" else told(x)
            x, state = module.step(x, g, state, lr=rates, **options)
        ends = cell.loss(x, STEPS)
    return np.asarray(np.median(np.where(np.isnan(ends), np.inf, ends), axis=1))


def examined(cell: Cell, *, seed: int) -> Row:
    """One cell: every optimizer's loss under its best rate, and its score."""
    start = float(cell.loss(START, STEPS))
    ends = {name: losses(cell, name, seed=seed) for name in OPTIMIZERS}
    gain = start - float(ends["sgd"].min())
    return {**cell._asdict(), "start": start, "optimizers": {
        name: {"loss": recorded(float(found.min())), "rate": float(RATES[int(np.argmin(found))]),
               "score": (start - float(found.min())) / gain if gain > 1e-9 * start else None,
               "within half": float(np.mean(start - found >= gain / 2)) if gain > 1e-9 * start else None}
        for name, found in ends.items()}}


def summary(rows: Sequence[Row]) -> Row:
    """By optimizer: the share of cells where it is no worse than 0.9 of the best plain rate, the median score, and the
    share of rates, over all cells, that reach half of the best plain rate's gain: how much it needs tuning.
    """
    found: Row = {}
    for name in OPTIMIZERS:
        judged = [row["optimizers"][name] for row in rows if row["optimizers"][name]["score"] is not None]
        scores = np.array([each["score"] for each in judged])
        found[name] = {"cells": len(judged), "no worse": float(np.mean(scores >= 0.9)) if judged else None,
                       "median score": float(np.median(scores)) if judged else None,
                       "rates that work": float(np.mean([each["within half"] for each in judged])) if judged else None}
    return found


def record(cells: Sequence[Cell], *, seed: int, jobs: int | None, console: Console) -> Row:
    """Every cell, examined in parallel; the same for any number of jobs."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        work = pool.map(partial(examined, seed=seed), cells, chunksize=8)
        rows = list(track(work, "cells", total=len(cells), console=console, disable=not console.is_terminal))
    return {"schema": SCHEMA, "seed": seed, "steps": STEPS, "repeats": REPEATS, "rates": RATES.tolist(),
            "summary": summary(rows), "cells": rows}


def chosen(shapes: Sequence[str], noises: Sequence[str]) -> list[Cell]:
    """The cells of some shapes and noises; all of those for none named."""
    return [cell for cell in grid() if (not shapes or cell.shape in shapes) and (not noises or cell.noise in noises)]


def main(arguments: list[str] | None = None) -> int:
    """Run the grid, and write the record down."""
    parser = argparse.ArgumentParser(prog="python -m fiducial.suites.demonstrations.optimbench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="F", default="-", help="where the record goes; - for standard output")
    parser.add_argument("--jobs", type=int, default=None, help="processes at a time (one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of the noise")
    parser.add_argument("--shape", action="append", default=[], choices=list(SHAPES), help="only these shapes")
    parser.add_argument("--noise", action="append", default=[], choices=list(NOISES), help="only these noises")
    given = parser.parse_args(arguments)
    found = record(chosen(given.shape, given.noise), seed=given.seed, jobs=given.jobs, console=Console(stderr=True))
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if given.json == "-":
        print(text)
    else:
        Path(given.json).write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
