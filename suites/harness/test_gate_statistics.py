"""What the gate claims of its chances: exact tests, a bounded rate of false alarms under wild noise, and its power."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from fiducial.benchmarks.gate.decision import (
    SCREEN,
    Estimate,
    Rule,
    Word,
    estimate,
    holm,
    open_still,
    signed_rank,
    word,
)
from fiducial.benchmarks.gate.selftest import lower, upper

RULE = Rule(alpha=0.01, minimum=0.05)


@pytest.mark.parametrize("n", [1, 5, 13])
def test_the_test_is_wilcoxons(n: int) -> None:
    rng = np.random.default_rng(n)
    for shift in (0.0, 0.5, 3.0):
        values = rng.standard_normal(n) + shift
        assert signed_rank(list(values)) == pytest.approx(float(stats.wilcoxon(values, method="exact").pvalue))


@pytest.mark.parametrize("values", [[1.0, 1.0, -1.0, 2.0], [0.0, 1.0, 2.0, -2.0, 3.0], [0.0, 0.0]])
def test_ties_and_zeros_are_counted_by_hand(values: list[float]) -> None:
    moved = [v for v in values if v]
    sizes = stats.rankdata(np.abs(moved)) if moved else []
    sums = [sum(rank * sign for rank, sign in zip(sizes, signs, strict=True))
            for signs in itertools.product([0, 1], repeat=len(moved))]
    seen = sum(rank for rank, value in zip(sizes, moved, strict=True) if value > 0)
    least = min(seen, sum(sizes) - seen)
    assert signed_rank(values) == pytest.approx(min(1.0, 2 * np.mean(np.array(sums) <= least)))


def test_so_many_pairs_can_reach_what_holm_asks() -> None:
    for count in (1, 2, 20, 60, 1000):
        n = RULE.confirming(count)
        one_wrong = [0.2] * (n - 1) + [-0.1]
        assert signed_rank(one_wrong) * count <= RULE.share


def test_the_interval_covers_and_is_no_wider_than_it_must() -> None:
    rng = np.random.default_rng(0)
    runs = [estimate(list(0.3 + rng.standard_t(1.5, 12))) for _ in range(1000)]
    covered = sum(found.low <= 0.3 <= found.high for found in runs)
    assert stats.binomtest(covered, 1000, 0.95, alternative="less").pvalue > 1e-6
    assert covered < 1000
    assert estimate([0.1] * 5).low == -math.inf  # five signs agree with probability 1/16
    assert (estimate([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).low, estimate([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).high) == (1.0, 6.0)


def test_holm_adjusts_as_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def run(rng: np.random.Generator, benchmarks: int, shifts: Sequence[float]) -> list[Word]:
    """All stages of the decision on figures with heavy tails, one in ten of them 40 % off."""
    def figures(count: int, shift: float) -> list[float]:
        wild = rng.random(count) < 0.1
        return list(math.log1p(shift) + 0.01 * rng.standard_t(2, count) + 0.4 * wild * rng.standard_normal(count))

    flagged = [k for k in range(benchmarks) if not estimate(figures(SCREEN, shifts[k])).within(RULE.margin)]
    verdicts: dict[int, tuple[Estimate, float]] = {}
    for times in (1, 2):
        found = [estimate(figures(times * RULE.confirming(len(flagged)), shifts[k])) for k in flagged]
        verdicts |= dict(zip(flagged, zip(found, holm([each.p for each in found]), strict=True), strict=True))
        flagged = [k for k in flagged if open_still(*verdicts[k], RULE)]
    return [word(*verdicts[k], RULE) if k in verdicts else "same" for k in range(benchmarks)]


def test_identical_code_is_called_different_no_more_often_than_stated() -> None:
    rng = np.random.default_rng(1)
    wrong = sum(any(word in ("slower", "faster") for word in run(rng, 20, [0.0] * 20)) for _ in range(300))
    assert stats.binomtest(wrong, 300, RULE.alpha, alternative="greater").pvalue > 1e-6


def test_ten_percent_are_found_beside_wild_noise() -> None:
    rng = np.random.default_rng(2)
    found = [word for _ in range(20) for word in run(rng, 20, [0.1] * 10 + [0.0] * 10)[:10]]
    assert found.count("slower") > 190


def test_a_significant_change_below_the_minimum_is_none() -> None:
    small = estimate([0.03 + 0.001 * k for k in range(13)])
    assert small.p < RULE.alpha
    assert word(small, small.p, RULE) == "same"


def test_the_bounds_of_a_rate_are_exact() -> None:
    assert upper(0, 30) == pytest.approx(1 - 0.05 ** (1 / 30))
    assert lower(59, 59) == pytest.approx(0.05 ** (1 / 59))
    assert (upper(5, 5), lower(0, 5)) == (1.0, 0.0)
