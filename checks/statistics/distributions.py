"""A distribution: independent draws follow the claimed law, be it continuous, discrete or mixed."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import multinomial, tails
from fiducial.checks.statistics.continuous import LEAST, PARTS, judged, kolmogorov_power, of_continuous
from fiducial.checks.statistics.laws import Continuous, Discrete, Law, Mixed
from fiducial.checks.statistics.means import mean_of_normal_power
from fiducial.checks.statistics.plans import Plan, detectable, stream
from fiducial.checks.statistics.samples import Floats, check_alpha, half_step, numbers
from fiducial.checks.statistics.variances import variance_of_normal_power

EXPECTED_PER_CELL = 5.0
EXPECTED_WHEN_RARE = 0.01
MOST_CELLS = 256
WIDEST = 10**6


def distribution(sample: ArrayLike, law: Law, *, alpha: float, seed: int = 0) -> Gap:
    """Independent draws follow the law: the worst gap of its parts, which share α.

    Allowed  the critical value of that part; `continuous`, `of_discrete`, `of_mixed` state each.
    Rejects  a variance off by 1 %, a mean off by 0.01 σ, cut tails, a law with the right moments and another shape.
    """
    return Gap.worst(parts(sample, law, alpha=alpha, seed=seed))


def parts(sample: ArrayLike, law: Law, *, alpha: float, seed: int = 0) -> list[Gap]:
    """Every test that `distribution` makes; the union bound over them keeps the false alarms within α."""
    if isinstance(law, Continuous):
        return of_continuous(sample, law, alpha=alpha, seed=seed)
    if isinstance(law, Discrete):
        return of_discrete(sample, law, alpha=alpha, seed=seed)
    return of_mixed(sample, law, alpha=alpha, seed=seed)


def of_discrete(sample: ArrayLike, law: Discrete, *, alpha: float, seed: int = 0) -> list[Gap]:
    """Whole numbers follow a discrete law: three tests, each at α/3.

        χ² over cells (exact)   each cell (exact binomial)   sup |F_n - F| (Massart, conservative for a discrete law)

    Cells are made from the law and n alone: neighbours are joined until n p ≥ 5 (for each cell's own test 0.01, so
    that a rare value stands alone), and, where that leaves more than 256 cells, until p ≥ 1/256.
    """
    values = numbers(sample, least=LEAST)
    share = check_alpha(alpha) / 3
    impossible = (values != np.rint(values)) | ~(np.asarray(law.pmf(values)) > 0)
    if impossible.any():
        worst = float(values[int(np.argmax(impossible))])
        return [Gap(math.inf, 0.0, "a value of probability 0", {"value": worst})]
    n = values.size
    found = [Gap(_distance(values, law), tails.massart(share, n), "distance of the cdfs", {"n": n})]
    counts, p = counted_in(values, law, EXPECTED_PER_CELL)
    if p.size > 1:
        found.append(multinomial.cells(counts, p, alpha=share, rng=stream(seed, "discrete")))
    counts, p = counted_in(values, law, EXPECTED_WHEN_RARE)
    return found + ([multinomial.each_cell(counts, p, alpha=share)] if p.size > 1 else [])


def counted_in(values: Floats, law: Discrete, expected: float) -> tuple[NDArray[np.int64], Floats]:
    """The counts over the cells of the law that each expect so many draws, and the cells' probabilities."""
    upper, p = cells_of(law, values.size, expected)
    return np.bincount(np.searchsorted(upper[:-1], values), minlength=p.size), p


def _distance(values: Floats, law: Discrete) -> float:
    """sup |F_n - F|, attained at a value that was drawn or just below one."""
    seen, counts = np.unique(values, return_counts=True)
    share, claimed = np.cumsum(counts) / values.size, np.asarray(law.cdf(seen))
    before = np.asarray(law.cdf(seen - 1))
    return max(float(np.max(np.abs(share - claimed))), float(np.max(np.abs(share - counts / values.size - before))))


def cells_of(law: Discrete, n: int, expected: float = EXPECTED_PER_CELL) -> tuple[Floats, Floats]:
    """The last whole number and the probability of each cell; ValueError for a law wider than a million numbers."""
    low, high = _edges(law, expected / n)
    if high - low > WIDEST:
        raise ValueError(f"{law.name} spreads over {high - low:g} whole numbers: claim a continuous law for x / scale")
    below = np.asarray(law.cdf(np.arange(low, high + 1)), dtype=np.float64)
    ends = _joined(below, expected / n)
    if len(ends) >= MOST_CELLS:
        ends = _joined(below, 1 / MOST_CELLS)
    upper = np.append(low + np.array(ends, dtype=np.float64), np.inf)
    return upper, np.diff(np.concatenate([[0.0], below[ends], [1.0]]))


def _joined(below: Floats, mass: float) -> list[int]:
    """Where cells end, so that each, the last included, holds at least `mass`."""
    ends, last = [], 0.0
    for index, total in enumerate(below[:-1].tolist()):
        if total - last >= mass and 1 - total >= mass:
            ends.append(index)
            last = total
    return ends


def _edges(law: Discrete, mass: float) -> tuple[float, float]:
    """Whole numbers between which all but `mass` on each side lies: from the support, or by doubling from 0."""
    low, high = law.support
    if math.isinf(low):
        low = -1.0
        while float(np.asarray(law.cdf(np.array([low])))[0]) > mass:
            low *= 2
    if math.isinf(high):
        high = max(low, 0.0) + 1.0
        while float(np.asarray(law.sf(np.array([high])))[0]) > mass:
            high += max(abs(high), 1.0)
    return low, high


def of_mixed(sample: ArrayLike, law: Mixed, *, alpha: float, seed: int = 0) -> list[Gap]:
    """Draws are atoms with the claimed probabilities, and follow the rest's law otherwise.

    The counts of the atoms are multinomial (exact χ² and exact binomials, α/4 each); given how many draws are no atom,
    these follow the rest's law independently (its five tests, α/2). Without a rest the atoms have all of α.
    """
    values = numbers(sample, least=LEAST)
    check_alpha(alpha)
    atoms = np.array(list(law.atoms), dtype=np.asarray(sample).dtype if np.asarray(sample).dtype.kind == "f" else None)
    hits = values[:, None] == atoms.astype(np.float64)
    free = ~hits.any(axis=1)
    found = _atoms(hits, free, law, alpha, seed)
    if law.rest is None:
        return found
    slack, unit = half_step(sample)
    rest = values[free]
    slack = slack[free] if isinstance(slack, np.ndarray) else slack
    if rest.size >= LEAST:
        found += judged(rest, law.rest, slack, unit, alpha=alpha / 2, rng=stream(seed, "mixed rest"))
    return found


def _atoms(hits: NDArray[np.bool_], free: NDArray[np.bool_], law: Mixed, alpha: float, seed: int) -> list[Gap]:
    counts, p = hits.sum(axis=0), np.array(list(law.atoms.values()))
    if law.rest is not None:
        counts, p = np.append(counts, free.sum()), np.append(p, 1 - p.sum())
    elif free.any():
        return [Gap(math.inf, 0.0, "a value that is no atom", {"values": int(free.sum())})]
    if p.size < 2:
        return [Gap(0.0, 0.0, "the one atom")]
    share = alpha / 2 if law.rest is None else alpha / 4
    return [multinomial.cells(counts, p / p.sum(), alpha=share, rng=stream(seed, "atoms")),
            multinomial.each_cell(counts, p / p.sum(), alpha=share)]


def distribution_plans(law: Law, n: int, *, alpha: float, power: float = 0.99) -> list[Plan]:
    """The smallest effects that `distribution` finds in n draws: any difference of the cdfs and, for a continuous law,
    a shift and a scale of the normal scores. Several tests make the power of each a lower bound.

    For a mixed law it is the divergence of the atoms' probabilities.
    """
    if isinstance(law, Discrete):
        found = [detectable(_massart_power, "distribution", alpha=alpha / 3, n=n, power=power, unit="a cdf distance")]
        p = cells_of(law, n)[1]
        return found + ([_of_cells(p, n, alpha / 3, power)] if p.size > 1 else [])
    if isinstance(law, Mixed):
        p = np.array(list(law.atoms.values()))
        return [_of_cells(p, n, alpha / 2, power) if law.rest is None
                else _of_cells(np.append(p, 1 - p.sum()), n, alpha / 4, power)]
    share = alpha / PARTS
    powers = (("distribution", kolmogorov_power, "a cdf distance"), ("shift", mean_of_normal_power, "a shift in σ"),
              ("scale", lambda m, effect, a: variance_of_normal_power(m + 1, effect, a), "a relative variance error"))
    return [detectable(of, name, alpha=share, n=n, power=power, unit=unit) for name, of, unit in powers]


def _of_cells(p: Floats, n: int, alpha: float, power: float) -> Plan:
    of = partial(multinomial.cells_power, k=p.size, smallest=float(p.min()))
    return detectable(of, "cells", alpha=alpha, n=n, power=power, unit="a divergence √(2 KL)")


def _massart_power(n: int, effect: float, alpha: float) -> float:
    slack = effect - tails.massart(alpha, n)
    return 1 - math.exp(-2 * n * slack**2) if slack > 0 else 0.0


