"""A grid of small landscapes, one difficulty at a time: shape × scale × noise, all walked at once, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.contract.behaviour import DEEP, WALKED
from fiducial.checks.contract.claims import Level, Stream, claim, every
from fiducial.checks.contract.laboratory import Laboratory
from fiducial.checks.contract.walks import Sown, Told, coarsest, defined, walked
from fiducial.checks.evidence import Array, Gap, Severity

STEPS, REPEATS = 60, 4
RATES = (1e-3, 1e-2, 1e-1, 1.0)
Curve = Callable[[Array], Array]

SHAPES: dict[str, tuple[Curve, Curve]] = {  # value and slope, least at 0
    "bowl": (lambda x: x**2 / 2, lambda x: x),
    "absolute": (np.abs, np.sign),
    "linear tails": (lambda x: np.sqrt(1 + x**2) - 1, lambda x: x / np.sqrt(1 + x**2)),
    "quartic": (lambda x: x**4 / 4, lambda x: x**3),
    "gauss": (lambda x: -np.expm1(-(x**2) / 2), lambda x: x * np.exp(-(x**2) / 2)),
}
SCALES = (1e-3, 1.0, 1e3)
NOISES: dict[str, Callable[[Array, Any], Array]] = {
    "none": lambda g, rng: g,
    "additive": lambda g, rng: g + rng.standard_normal(g.shape),
    "mask-out": lambda g, rng: g * (rng.random(g.shape) < 0.2),
}
CELLS = tuple(product(SHAPES, SCALES, NOISES))


def _heights(x: Array) -> Array:
    """The value in each cell (cells, repeats)."""
    return np.stack([scale * SHAPES[shape][0](row)
                     for (shape, scale, _), row in zip(CELLS, x.reshape(len(CELLS), REPEATS), strict=True)])


def _told(seed: int) -> Told:
    """Noisy slopes, the same for everybody who asks in the same step."""

    def told(x: Array, k: int) -> tuple[float, Array]:
        rng = np.random.default_rng([seed, 71, k])
        rows = x.reshape(len(CELLS), REPEATS)
        slopes = [NOISES[noise](scale * SHAPES[shape][1](row), rng)
                  for (shape, scale, noise), row in zip(CELLS, rows, strict=True)]
        return 0.0, np.stack(slopes).reshape(x.shape)

    return told


def _trembling(told: Told, unit: float) -> Told:
    """The same slopes, some of them a unit longer."""

    def trembled(x: Array, k: int) -> tuple[float, Array]:
        value, slope = told(x, k)
        return value, slope * (1 + unit * np.cos(1.0 + k + np.arange(slope.size)))

    return trembled


def _sown_once(lab: Laboratory, level: Level) -> Any:
    return [(st.builds(lambda seed: Sown((), seed=seed), st.integers(0, 2**20)), 2)]


def _entrywise(lab: Laboratory) -> str | None:
    """Applies where the rule works entry by entry, so that all cells can be walked as one."""
    whole = lab.definition.scope != "element" or lab.definition.demands.objective
    return "not claimed: the rule does not work entry by entry" if whole else None


@claim("behaviour", 71, Severity.MAY, Stream("grid", _sown_once), applies=every(WALKED, _entrywise), deep=DEEP)
def passes_the_grid_as_declared(lab: Laboratory, sown: Sown) -> Gap:
    """On a grid of small landscapes it lowers the loss in as many cells as its definition does under the same noise.

        cells lowered ≥ those that the definition lowers        5 shapes × 3 scales × 3 noises × 4 repeats × 4 rates

    Allowed  as many cells as rounding tips between three walks of the definition whose slopes are a rounding apart, in
             the coarsest format of its dialect. Not judged are cells in which it ends within 0.1 % of where it began.
    Rejects  a class that skips gradients beyond 100, as a safeguard.
    Mend     keep safeguards out of step(): they change what the rule does where gradients are large, small or noisy.
    Cares    a rule is chosen for how it bears noise and scales; the grid says whether this class bears them likewise.
    """
    start, told = np.full(len(CELLS) * REPEATS, 2.0), _told(sown.seed)
    begun, lost, tipped = _heights(start), 0, 0
    for rate in RATES:
        with np.errstate(all="ignore"):
            owed = [_heights(defined(lab, start, _trembling(told, unit), {"lr": rate}, STEPS)[-1])
                    for unit in (0.0, coarsest(lab), -coarsest(lab))]
            found = _heights(walked(lab, start, told, {"lr": rate}, STEPS)[-1])
        judged = ~(np.abs(owed[0] - begun) <= 1e-3 * begun)
        lost += int(np.count_nonzero(judged & (owed[0] < begun))) - int(np.count_nonzero(judged & (found < begun)))
        tipped += int(np.count_nonzero(judged & (((owed[1] < begun) != (owed[0] < begun)) |
                                                 ((owed[2] < begun) != (owed[0] < begun)))))
    return Gap(float(max(lost, 0)), float(tipped), "cells that the definition lowers, and the subject does not")
