"""Critical values and powers against oracles of another make: sums, enumeration, SciPy's own laws."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import special

from fiducial.checks import statistics as st
from fiducial.checks.statistics import dependence, multinomial, tails
from fiducial.checks.statistics.planning import POWERS


def pmf(n: int, p: float) -> list[float]:
    """The binomial law by its sum."""
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


@pytest.mark.parametrize(("n", "p", "alpha"), [
    (1, 0.5, 0.1), (17, 0.3, 0.01), (40, 0.02, 1e-3), (60, 0.999, 1e-6), (9, 0, 0.1), (9, 1, 0.1)])
def test_binomial_edges_are_the_tightest_whose_tails_hold(n: int, p: float, alpha: float) -> None:
    low, high = tails.binomial(alpha, n, p)
    law = pmf(n, p)
    assert sum(law[:low]) <= alpha / 2 < sum(law[: low + 1])
    assert sum(law[high + 1:]) <= alpha / 2 < sum(law[high:])


@pytest.mark.parametrize(("n", "alpha"), [(5, 1e-3), (200, 1e-6), (2000, 1e-3), (5000, 1e-6)])
def test_kolmogorov_keeps_alpha_and_wastes_little(n: int, alpha: float) -> None:
    from scipy.stats import kstwo
    reached = float(kstwo.sf(tails.kolmogorov(alpha, n), n))
    assert 0.85 * alpha <= reached <= alpha * (1 + 1e-9)


@pytest.mark.parametrize(("n", "rho", "r"), [
    (5, 0.5, 0.9), (10, -0.3, 0.2), (40, 0.8, 0.6), (400, 0.1, 0.3), (12, 0.99, 0.9)])
def test_correlation_follows_hotellings_density(n: int, rho: float, r: float) -> None:
    """P(R ≤ r) by quadrature of Hotelling's (1953) density, on x = tanh(s)."""
    s, step = np.linspace(-12, math.atanh(r), 400_001, retstep=True)
    x = np.tanh(s)
    log = (math.log(n - 2) + special.gammaln(n - 1) - special.gammaln(n - 0.5) - 0.5 * math.log(2 * math.pi)
           + (n - 1) / 2 * math.log1p(-rho**2) + (n - 4) / 2 * np.log1p(-x**2) - (n - 1.5) * np.log1p(-rho * x))
    density = np.exp(log) * special.hyp2f1(0.5, 0.5, n - 0.5, (1 + rho * x) / 2) * (1 - x**2)
    expected = float(np.sum(density[1:] + density[:-1]) * step / 2)
    assert tails.correlation_below(r, n, rho) == pytest.approx(expected, rel=1e-7, abs=1e-13)


@pytest.mark.parametrize("alpha", [1e-2, 1e-7])
def test_both_forms_of_the_correlation_law_agree_at_zero(alpha: float) -> None:
    low, high = tails.correlation(alpha, 30, 0.0)
    assert tails.correlation_below(low, 30, 0.0) == pytest.approx(alpha / 2, rel=1e-8)
    assert tails.correlation(alpha, 30, 1e-300)[1] == pytest.approx(high, abs=1e-10)


def test_the_scores_of_a_multinomial_are_independent_and_normal_by_enumeration() -> None:
    """E exp(i t·z) over all outcomes of 3 draws over 3 cells equals that of N(0, I): V is integrated on a grid."""
    p, steps = np.array([0.6, 0.3, 0.1]), 200

    class Grid:
        """Stands in for the generator: hands out given values of V, in turn."""

        def __init__(self, values: list[float]) -> None:
            self.values = values

        def random(self, size: int) -> np.ndarray:
            return np.array([self.values.pop(0) for _ in range(size)])

    totals, weight = np.zeros(3), 0.0
    grid = (np.arange(steps) + 0.5) / steps
    for counts in (c for c in product(range(4), repeat=3) if sum(c) == 3):
        chance = math.factorial(3) / math.prod(map(math.factorial, counts)) * float(np.prod(p**counts))
        for v, w in product(grid[::20], grid[::20]):
            z = multinomial.scores(np.array(counts), p, Grid([v, w]))  # type: ignore[arg-type]
            u = special.ndtr(z)
            totals += chance * np.array([u[0] <= 0.25, u[1] <= 0.6, u[0] <= 0.25 and u[1] <= 0.6])
            weight += chance
    # the grid of ten values of V per node leaves steps of at most 0.1 · P(X = x) in each share
    np.testing.assert_allclose(totals / weight, [0.25, 0.6, 0.15], atol=0.05)


def test_fisher_agrees_with_the_hypergeometric_law_by_its_sum() -> None:
    x, y = np.arange(30) < 12, (np.arange(30) % 3 == 0) | (np.arange(30) < 7)
    both, second = int((x & y).sum()), int(y.sum())
    law = [math.comb(12, k) * math.comb(18, second - k) / math.comb(30, second) for k in range(min(12, second) + 1)]
    assert dependence.fisher(x, y, alpha=0.01).measured == pytest.approx(-math.log10(sum(law[both:])), rel=1e-12)


def test_a_count_is_refused_exactly_beyond_the_edge() -> None:
    low, high = tails.binomial(1e-3, 100, 0.3)
    verdicts = [st.counted(k, 100, 0.3, alpha=1e-3).holds for k in range(101)]
    assert verdicts == [low <= k <= high for k in range(101)]


PARAMETERS: dict[str, dict[str, Any]] = {
    "proportion": {"p": 0.2}, "covariance": {"d": 3}, "cells": {"k": 9}, "correlation": {"rho": 0.3}}


@pytest.mark.parametrize("name", sorted(POWERS))
def test_plans_invert_each_other(name: str) -> None:
    parameters = PARAMETERS.get(name, {})
    found = st.plan(name, alpha=1e-4, effect=0.08, power=0.95, **parameters)
    back = st.plan(name, alpha=1e-4, n=found.n, power=0.95, **parameters)
    assert found.power >= 0.95
    assert back.effect <= 0.08 * 1.0002
    assert back.effect == pytest.approx(0.08, rel=0.03)
    few = st.plan(name, alpha=1e-4, n=max(found.n // 4, 8), power=0.95, **parameters)
    assert few.effect > 1.3 * back.effect
