"""Walks on landscapes: of the definition, in float64, and of a subject; the landscapes with their least values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fiducial.checks.agreement import ROUNDINGS
from fiducial.checks.contract.frameworks import module_for, outcome
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.evidence import Array
from fiducial.checks.plans import Options, Plan

Told = Callable[[Array, int], tuple[float, Array]]  # a place and a step → loss and slope
RATES = tuple(10.0 ** (k / 2) for k in range(-8, 1))
TREMBLES = 8  # walks of the definition with slopes a rounding apart


@dataclass(frozen=True)
class Landscape:
    """A function to descend, with its slope, where the walk starts, and its least value."""

    name: str
    start: Array
    told: Told
    least: float = 0.0

    def height(self, x: Array) -> float:
        """How far above the least value a place is; inf where that is no number."""
        with np.errstate(all="ignore"):
            value = self.told(x, 0)[0] - self.least
        return float(value) if np.isfinite(value) else np.inf


@dataclass(frozen=True, eq=False)
class Sown(Plan):
    """A sample that is a seed: what is random in a walk is drawn from it."""

    seed: int = 0

    @property
    def size(self) -> float:
        """The seed itself: smaller ones are simpler to type."""
        return self.seed

    def sample(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self.seed}


def _bowl(x: Array, _: int) -> tuple[float, Array]:
    h = 1.0 + np.arange(x.size)
    return float(h @ x**2) / 2, h * x


def _rosenbrock(x: Array, _: int) -> tuple[float, Array]:
    bend = x[1] - x[0] ** 2
    return (float((1 - x[0]) ** 2 + 100 * bend**2),
            np.array([-2 * (1 - x[0]) - 400 * x[0] * bend, 200 * bend]))


def _beale(x: Array, _: int) -> tuple[float, Array]:
    powers = np.arange(1, 4)
    missed = np.array([1.5, 2.25, 2.625]) - x[0] + x[0] * x[1] ** powers
    along = np.array([missed @ (x[1] ** powers - 1), missed @ (x[0] * powers * x[1] ** (powers - 1))])
    return float(missed @ missed), 2 * along


BOWL = Landscape("quadratic", np.array([1.0, -2.0, 1.5, 0.5]), _bowl)
ROSENBROCK = Landscape("Rosenbrock", np.array([-1.2, 1.0]), _rosenbrock)
BEALE = Landscape("Beale", np.array([1.0, 1.0]), _beale)


def least_squares(seed: int, *, rows: int = 8, columns: int = 3) -> Landscape:
    """½ ‖Ax - b‖² / rows, from 0; the least value is that of the normal equations."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(rows, columns)), rng.normal(size=rows)
    left = b - a @ np.linalg.lstsq(a, b, rcond=None)[0]

    def told(x: Array, _: int) -> tuple[float, Array]:
        missed = a @ x - b
        return float(missed @ missed) / 2 / rows, a.T @ missed / rows

    return Landscape(f"least squares {seed}", np.zeros(columns), told, float(left @ left) / 2 / rows)


def defined(lab: Laboratory, start: Array, told: Told, options: Options, steps: int,
            within: float | None = None) -> list[Array]:
    """The places of the definition's own walk, the start first."""
    x = start.reshape(1, -1) if lab.definition.demands.matrices else start
    shape, whole = x.shape, {**lab.defaults, **options}
    state, places = lab.definition.start(x, whole), [start.copy()]
    with np.errstate(all="ignore"):
        for k in range(steps):
            tell = partial(_shaped, told, k, shape)
            x, state = lab.definition.step(x, tell if lab.definition.demands.objective else tell(x)[1], state, whole)
            x = np.asarray(x) if within is None else np.clip(x, -within, within)
            places.append(np.ravel(x).copy())
    return places


def _shaped(told: Told, k: int, shape: tuple[int, ...], x: Array) -> tuple[float, Array]:
    """What is told at a place, the slope in the shape of the parameter."""
    value, slope = told(np.ravel(x), k)
    return value, slope.reshape(shape)


def walked(lab: Laboratory, start: Array, told: Told, options: Options, steps: int,
           within: float | None = None) -> list[Array]:
    """The places of the subject's walk, the start first. Raises Refused or Raised where it did not come to its end."""
    places: list[Array] = outcome(module_for(lab, "walks").walked(lab.subject, start, told, options, steps, within))
    return places


def coarsest(lab: Laboratory) -> float:
    """The unit roundoff of the coarsest format that the subject or its dialect works in."""
    formats = [*lab.definition.precision.values(), lab.handling.format or "float64"]
    return max(ROUNDINGS[name].unit for name in formats)


def trembling(lab: Laboratory, land: Landscape, options: Options, steps: int) -> list[float]:
    """Where the definition's walk ends, and where it does with slopes a rounding apart: heights, the lowest first."""
    unit, ends = coarsest(lab), []
    for repeat in range(TREMBLES + 1):
        rng = np.random.default_rng(repeat)

        def told(x: Array, k: int, rng: Any = rng, unit: float = unit if repeat else 0.0) -> tuple[float, Array]:
            value, slope = land.told(x, k)
            return value, slope * (1 + unit * rng.uniform(-1, 1, slope.shape))

        ends.append(land.height(defined(lab, land.start, told, options, steps)[-1]))
    return sorted(ends)


def best_rate(lab: Laboratory, land: Landscape, steps: int) -> float:
    """Of nine rates the one at which the definition ends lowest."""
    ends = [land.height(defined(lab, land.start, land.told, {"lr": rate}, steps)[-1]) for rate in RATES]
    return float(RATES[int(np.argmin(ends))])
