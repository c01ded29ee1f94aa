"""From pairs of processes to a verdict, with a stated chance of being wrong.

A pair is two fresh processes, one a version, that work through the same benchmarks in alternation; its figure is
d = log(head / base). Where both versions are the same code, and it is drawn which of the two begins, exchanging the
labels changes nothing: given their sizes, the signs of the n figures are n fair coins. Hence the signed-rank test,
whose null distribution is counted here, is exact for every noise, at any load, and assumes no normality:

    p = 2 P(W ≤ min(W₊, W₋)),   W₊ = Σ ranks of |d| with d > 0,   least p = 2^{1-n}

Screening  SCREEN pairs. A benchmark whose interval lies within ± log(1 + δ) is the same; SCREEN figures all within do.
Confirming all others on n pairs of fresh processes, and on these alone: with K of them Holm's procedure at a = α/2
           bounds the chance that anything is called slower or faster on identical code by a, whatever the screening
           chose, since it has seen none of these processes. n = ⌈log₂(2K/a)⌉ + 3: three more than the least n that can
           reach a/K, so that one pair of the smallest size may point the wrong way.
Again      those that stay undecided with an estimate above the minimum, on 2n fresh pairs at the other α/2: a few wild
           pairs count less among many. Both together err with chance α at most.
Verdict    slower if p (Holm) ≤ a and the estimate (Hodges-Lehmann: the median of all means of two figures) is at least
           log(1 + δ); faster likewise; same if the 95 % interval (order statistics of these means) lies within
           ± log(1 + δ); else undecided.
"""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SCREEN = 6
CONFIDENCE = 0.95
Word = Literal["faster", "slower", "same", "undecided", "failed", "not measured"]


@dataclass(frozen=True)
class Rule:
    """What counts as a change.

    alpha    the chance that a run on identical code calls anything different
    minimum  δ, the least share that counts
    """

    alpha: float = 0.01
    minimum: float = 0.05

    @property
    def margin(self) -> float:
        """log(1 + δ)."""
        return math.log1p(self.minimum)

    @property
    def share(self) -> float:
        """a, the part of α that each of the two confirmations may use up."""
        return self.alpha / 2

    def confirming(self, count: int) -> int:
        """How many pairs decide about so many benchmarks."""
        return math.ceil(math.log2(2 * count / self.share)) + 3


@dataclass(frozen=True)
class Estimate:
    """log(head / base) with its interval at CONFIDENCE, and the exact p of no difference."""

    value: float
    low: float
    high: float
    p: float
    pairs: int

    def within(self, margin: float) -> bool:
        """Whether the whole interval is."""
        return -margin < self.low and self.high < margin


@functools.cache
def counts(doubled_ranks: tuple[int, ...]) -> tuple[int, ...]:
    """Of all choices of signs, how many give each sum of the positive ranks (ranks doubled, for ties are halved)."""
    ways = [1]
    for rank in doubled_ranks:
        longer = ways + [0] * rank
        for total, count in enumerate(ways):
            longer[total + rank] += count
        ways = longer
    return tuple(ways)


def ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each size, ties sharing the mean of theirs."""
    sizes = sorted(abs(value) for value in values)
    return [2 * sizes.index(abs(value)) + 1 + sizes.count(abs(value)) for value in values]


def signed_rank(values: Sequence[float]) -> float:
    """The exact two-sided p that signs are fair coins; figures of exactly 0 have none and say nothing."""
    moved = [value for value in values if value != 0]
    if not moved:
        return 1.0
    found = ranks(moved)
    ways = counts(tuple(sorted(found)))
    positive = sum(rank for rank, value in zip(found, moved, strict=True) if value > 0)
    least = min(positive, sum(found) - positive)
    return min(1.0, 2.0 * sum(ways[: least + 1]) / 2.0 ** len(moved))


def estimate(values: Sequence[float]) -> Estimate:
    """Hodges and Lehmann's estimate with the interval that the exact test leaves."""
    n = len(values)
    means = sorted((a + b) / 2 for a, b in itertools.combinations_with_replacement(values, 2))
    ways = counts(tuple(range(2, 2 * n + 1, 2)))[::2]
    tail, cut = 0, 0
    while (tail := tail + ways[cut]) / 2**n <= (1 - CONFIDENCE) / 2:
        cut += 1
    low, high = (means[cut - 1], means[-cut]) if cut else (-math.inf, math.inf)
    return Estimate(statistics.median(means), low, high, signed_rank(values), n)


def holm(found: Sequence[float]) -> list[float]:
    """p values adjusted by Holm's procedure, in the order given."""
    order = sorted(range(len(found)), key=lambda k: found[k])
    adjusted, highest = [0.0] * len(found), 0.0
    for place, k in enumerate(order):
        highest = max(highest, min(1.0, (len(found) - place) * found[k]))
        adjusted[k] = highest
    return adjusted


def open_still(found: Estimate, p: float, rule: Rule) -> bool:
    """Whether a confirmation leaves something that more pairs may yet show to be a change."""
    return word(found, p, rule) == "undecided" and abs(found.value) >= rule.margin


def word(found: Estimate, p: float, rule: Rule) -> Word:
    """The verdict of a confirmation; p is Holm's."""
    if p <= rule.share and found.value >= rule.margin:
        return "slower"
    if p <= rule.share and found.value <= -rule.margin:
        return "faster"
    return "same" if found.within(rule.margin) else "undecided"
