"""Counts over cells: n draws fall into k cells with probabilities p. An exact χ² for every n.

A multinomial vector factorises along a binary tree of its cells: given a node's count, the count of its left half is
binomial, independent of everything above. With V uniform,
    u = P(X < x) + V P(X = x),   z = Φ⁻¹(u)
is exactly standard normal whatever the counts before it, so the k - 1 values z are independent and
    Σ z² ~ χ²_{k-1}   exactly, for every n and p.
For large expected counts it equals Pearson's sum; unlike Pearson's it needs none.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import tails
from fiducial.checks.statistics.samples import BadSample, Floats, check_alpha

FARTHEST = 37.0  # Φ(-37) is near the smallest positive number


def _score(left: Floats, total: Floats, share: Floats, rng: np.random.Generator) -> Floats:
    """The randomised normal score of left ~ Bin(total, share), taken from its smaller tail so that no digit is lost."""
    v = rng.random(left.size)
    below, up_to = tails.binomial_at_most(left - 1, total, share), tails.binomial_at_most(left, total, share)
    above, from_here = tails.binomial_at_least(left + 1, total, share), tails.binomial_at_least(left, total, share)
    low = special.ndtri(below + v * (up_to - below))
    high = -special.ndtri(above + (1 - v) * (from_here - above))
    return np.asarray(np.clip(np.where(low < 0, low, high), -FARTHEST, FARTHEST), dtype=np.float64)


def scores(counts: NDArray[np.int64], p: Floats, rng: np.random.Generator) -> Floats:
    """The k - 1 scores of k cells, independent and standard normal if the counts are multinomial(p)."""
    level_counts, level_p = counts.astype(np.float64), np.asarray(p, dtype=np.float64)
    found = []
    while level_p.size > 1:
        odd = level_p.size % 2
        pairs_of = level_p.size - odd
        left, right = level_counts[:pairs_of:2], level_counts[1:pairs_of:2]
        p_left, p_right = level_p[:pairs_of:2], level_p[1:pairs_of:2]
        found.append(_score(left, left + right, p_left / (p_left + p_right), rng))
        level_counts = np.append(left + right, level_counts[pairs_of:])
        level_p = np.append(p_left + p_right, level_p[pairs_of:])
    return np.concatenate(found) if found else np.empty(0)


def check_cells(counts: NDArray[np.int64], p: Floats) -> None:
    """BadSample or ValueError unless counts ≥ 0 and p > 0 match in length and p sums to 1 (to 1e-9)."""
    if counts.shape != p.shape or counts.ndim != 1 or counts.size < 2:
        raise ValueError(f"counts and p must be two lists of one length ≥ 2, got shapes {counts.shape} and {p.shape}")
    if not (np.all(p > 0) and abs(float(p.sum()) - 1) <= 1e-9):
        raise ValueError(f"p must be positive and sum to 1, got sum {float(p.sum()):.12g}: leave out empty cells")
    if counts.min() < 0 or counts.sum() < 1:
        raise BadSample("counts must not be negative and must hold at least one draw")


def cells(counts: NDArray[np.int64], p: Floats, *, alpha: float, rng: np.random.Generator) -> Gap:
    """The counts of n draws over k cells are multinomial(n, p).

        Σ z² ~ χ²_{k-1}    measured Σ z² / (k-1)

    Allowed  the upper quantile of χ²_{k-1} at α, over k - 1; exact for every n.
    Rejects  a die with one face 10 % too frequent.
    """
    check_cells(counts, p)
    z, nu = scores(counts, p, rng), p.size - 1
    worst = int(np.argmax(np.abs(counts - counts.sum() * p) / np.sqrt(p)))
    sample = {"k": p.size, "n": int(counts.sum()), "worst cell": worst, "count": int(counts[worst]),
              "expected": float(counts.sum() * p[worst])}
    allowed = tails.chi_square_above(check_alpha(alpha), nu) / nu
    return Gap(float(z @ z) / nu, allowed, "χ² over cells, per degree", sample)


def cells_power(n: int, effect: float, alpha: float, *, k: int, smallest: float | None = None) -> float:
    """The power of `cells` where effect² = 2 KL(q ‖ p) (near Σ (q-p)²/p): asymptotic in n p.

    A score's square is near 2n KL of its binomial and these add along the tree, so the sum is near a noncentral χ² with
    noncentrality n effect². Its variance has 4n Σ q ln²(q/p) for the 8n KL of that law: more, with δ = q/p - 1, by a
    factor near 1 + Σ p δ³ / 3 Σ p δ² ≤ 1 + effect / 3√p_min, p_min = `smallest`, 1/k unless told. The distance of the
    mean from the critical value is cut accordingly.
    """
    nu, shift = k - 1, min(n * effect**2, 1e9)
    if nu < 1:
        return 0.0
    critical = tails.chi_square_above(alpha, nu)
    spread = math.sqrt(1 + effect / (3 * math.sqrt(smallest or 1 / k)))
    return float(1.0 - special.chndtr(max(critical, nu + shift - (nu + shift - critical) / spread), nu, shift))


def each_cell(counts: NDArray[np.int64], p: Floats, *, alpha: float) -> Gap:
    """Every cell's count is Bin(n, p_i): the exact binomial test of each, with α/k.

        measured max_i of log10 of 1 / P(a count as far out on its side)

    Allowed  log10(2k/α), by the union bound over k cells and two sides.
    Rejects  one rare value drawn twice as often, which a sum over all cells dilutes.
    """
    check_cells(counts, p)
    n = int(counts.sum())
    tail = np.minimum(tails.binomial_at_most(counts, n, p), tails.binomial_at_least(counts, n, p))
    worst = int(np.argmin(tail))
    sample = {"cell": worst, "count": int(counts[worst]), "expected": float(n * p[worst])}
    allowed = math.log10(2 * p.size / check_alpha(alpha))
    return Gap(surprise(float(tail[worst])), allowed, "rarest cell, log10 of 1/probability", sample)


def surprise(probability: float) -> float:
    """log10 of 1/probability, infinite at 0."""
    return -math.log10(probability) if probability > 0 else math.inf
