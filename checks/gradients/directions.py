"""Random directions: a whole Jacobian judged by a few numbers uᵀJv, and the chance that an error escapes them.

u and v are Gaussian, v in units of each input's natural step. A pair compares the claim (Jᵀu)·v, from one pull, with
the slope of u·f(x + t v), from differences.

Escape  Let D be the defect of the scaled Jacobian and r = bar / ‖D‖_F. One pair misses it with probability
        E erf(bar / (√2 ‖Dv‖)) ≤ c E₁(c²/2) / √(2π) + 3/2 erf(c/√2),      c = √(2/π) r
        for every D: erf(a/√Q) stays below the convex function c/√Q, continued by its tangent below Q = c², and a
        mean of a convex function over Σ σᵢ² zᵢ² is largest where all σ but one are 0 (the rank-one defect).
        Independent pairs multiply. With one output, u = 1 and a pair misses it with erf(r / √2). The bar is the
        largest of the pairs and is taken as given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import erf, exp1

from fiducial.checks.gradients.differences import Slope, contracted, slope
from fiducial.checks.gradients.subject import UNIT, Differentiable, Matrix, Vector

ESCAPE = 1e-9
ROUNDINGS = 8  # a claim is taken to be stable: normwise within this many roundings, unless its own tremor says more
TAIL = 6.11    # a normal variable exceeds this with probability 1e-9
REPEATS = 8

_Judge = Callable[[Matrix], Vector]


class Pairs(NamedTuple):
    """Cotangents u (pairs × outputs) and directions v (pairs × inputs)."""

    u: Matrix
    v: Matrix


class Claims(NamedTuple):
    """(Jᵀu)·v of each pair as claimed, and the rounding error that its dtype explains."""

    value: Vector
    error: Vector


def draw(subject: Differentiable, pairs: int, seed: int) -> Pairs:
    """Gaussian pairs; a single output needs no u."""
    rng = np.random.default_rng([seed, 0x6772])
    size = subject.outputs.size
    u = np.ones((pairs, 1)) if size == 1 else rng.standard_normal((pairs, size))
    return Pairs(u, rng.standard_normal((pairs, subject.x.size)) * subject.scale)


def escape_probability(ratio: float, pairs: int, *, single: bool = False) -> float:
    """The chance that a defect of Frobenius norm `ratio` × bar is missed by all pairs; `single`: one output."""
    c = math.sqrt(2 / math.pi) / ratio
    once = c * exp1(c * c / 2) / math.sqrt(2 * math.pi) + 1.5 * erf(c / math.sqrt(2))
    return float(erf(1 / (ratio * math.sqrt(2))) if single else min(1.0, once)) ** pairs


@cache
def smallest_ratio(pairs: int, *, single: bool = False) -> float:
    """The smallest defect, in error bars, that escapes with a probability of at most 10⁻⁹."""
    def surplus(log_ratio: float) -> float:
        return pairs * math.log(escape_probability(math.exp(log_ratio), 1, single=single)) - math.log(ESCAPE)
    return float(np.exp(brentq(surplus, 0.0, 60.0)))


def enough_pairs(subject: Differentiable) -> int:
    """4 pairs see a defect of 1000 bars, 3 one of 800 where there is one output; 16 one of 10 where bars are wide."""
    if subject.roundoff > UNIT:
        return 16
    return 3 if subject.outputs.size == 1 else 4


def slopes(subject: Differentiable, pairs: Pairs) -> Slope:
    """The slope of u·f(x + t v) for each pair, from values of f alone."""
    return slope(contracted(subject, pairs.v, pairs.u), pooled=True)


def claims(subject: Differentiable, pairs: Pairs, *, measured: bool) -> Claims:
    """What the subject claims of each pair.

    Error   A pulled-back g = Jᵀu whose error e has ‖e ∘ s‖ = η moves g·v by a normal variable of deviation η, as v is
            drawn without regard to e: at most 6.11 η but for one time in 10⁹. η is 8 roundings of ‖g ∘ s‖ and, where
            `measured`, the tremor of g in the subject's own dtype. The product itself is summed exactly.
    """
    g = subject.pull(subject.x, pairs.u)
    scale = np.where(pairs.v != 0, subject.scale, 0.0)
    eta = ROUNDINGS * subject.roundoff * np.linalg.norm(g * scale, axis=1)
    if measured:
        eta = eta + np.linalg.norm(tremor(subject, pairs.u, g) * scale, axis=1)
    return Claims(np.array([math.fsum(row.tolist()) for row in g * pairs.v]), TAIL * eta)


def tremor(subject: Differentiable, u: Matrix, g: Matrix) -> Matrix:
    """How far rounding moves each entry of g = Jᵀu: the largest change over eight repeats.

    x is moved relatively by two roundings, up or down at random. Where the framework lets us (torch), instead the
    result of every operation, forward and backward, is moved by a unit in its last place, twice what its rounding can
    be, and half the change counts: a rounding that stays the same near x is then seen too (Parker, Monte Carlo
    arithmetic, 1997).
    """
    rng = np.random.default_rng([0x7472, u.shape[0]])
    worst = np.zeros_like(g)
    for repeat in range(REPEATS):
        if subject.shaken is not None:
            change = (subject.shaken(subject.x, u, repeat) - g) / 2
        else:
            signs = rng.choice([-1.0, 1.0], size=subject.x.size)
            change = subject.pull(subject.x * (1 + 2 * subject.roundoff * signs), u) - g
        worst = np.maximum(worst, np.abs(change))
    return worst


def excess(subject: Differentiable, pairs: Pairs) -> tuple[Claims, Slope, Vector]:
    """Claims with their measured error, slopes, and how far they differ in units of what is allowed."""
    claimed, found = claims(subject, pairs, measured=True), slopes(subject, pairs)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.abs(claimed.value - found.value) / (claimed.error + found.error)
    return claimed, found, np.where(np.isnan(claimed.value), np.inf, np.nan_to_num(ratio, nan=0.0))


def culprit(subject: Differentiable, u: Vector, v: Vector) -> tuple[int, int] | None:
    """The output and the input of one wrong entry, by halving first v and then u; None where no half shows an error."""
    place = _halve(v, lambda rows: excess(subject, Pairs(np.tile(u, (2, 1)), rows))[2])
    if place is None:
        return None
    unit = np.zeros_like(v)
    unit[place] = subject.scale[place]
    output = _halve(u, lambda rows: excess(subject, Pairs(rows, np.tile(unit, (2, 1))))[2])
    return None if output is None else (output, place)


def _halve(whole: Vector, judge: _Judge) -> int | None:
    """The place that remains when the half with the larger excess is kept again and again."""
    places = np.arange(whole.size)
    while places.size > 1:
        halves = np.zeros((2, whole.size))
        parts = np.array_split(places, 2)
        for row, part in zip(halves, parts, strict=True):
            row[part] = whole[part]
        ratios = judge(halves)
        worst = int(np.argmax(ratios))
        if not ratios[worst] > 1:
            return None
        places = parts[worst]
    return int(places[0])
