"""Power: every mutant is refused as often as the plan of its test states."""

import math

import numpy as np
import pytest

from fiducial.checks import statistics as st
from fiducial.suites.statistics.samplers import DROPOUT, MUTANTS, Mutant, plan, refusals, surely_below

SEED = 30


def runs_for(mutant: Mutant) -> int:
    """About half a million draws in all, at least 12 and at most 60 runs."""
    return int(np.clip(500_000 // mutant.plan.n, 12, 60))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_stated_power_is_reached(mutant: Mutant) -> None:
    runs = runs_for(mutant)
    count = refusals(mutant, runs=runs, seed=SEED)
    assert count > 0
    assert not surely_below(count, runs, mutant.plan.power, confidence=0.999)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_stated_power_is_reached_in_many_runs(mutant: Mutant) -> None:
    runs = int(np.clip(100_000_000 // mutant.plan.n, 100, 1000))
    assert not surely_below(refusals(mutant, runs=runs, seed=SEED), runs, mutant.plan.power)


def test_a_power_that_is_overstated_is_caught() -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "mean off by 0.1 s")
    half = Mutant(mutant.name, st.Plan("mean_student", mutant.plan.alpha, 0.1, 0.9, mutant.plan.n // 2), mutant.test)
    assert surely_below(refusals(half, runs=60, seed=SEED), 60, 0.9)


@pytest.mark.slow
def test_a_mean_off_by_two_thousandths_is_refused_in_ten_million_draws() -> None:
    deep = plan("mean_of_normal", 0.002)
    assert 9e6 < deep.n < 1.1e7
    x = np.random.default_rng(SEED).normal(0.002, 1, deep.n)
    assert not st.mean_of_normal(x, 0, 1, alpha=deep.alpha).holds
    assert st.mean_of_normal(x - 0.002, 0, 1, alpha=deep.alpha).holds


def test_whole_distributions_find_wrong_variances_and_means_too() -> None:
    rng, claim = np.random.default_rng(SEED), st.law("normal(0, 1)")
    plans = {found.test: found for found in st.distribution_plans(claim, 100_000, alpha=1e-6, power=0.99)}
    shifted = rng.normal(plans["shift"].effect * 1.05, 1, 100_000)
    scaled = rng.normal(0, math.sqrt(1 + plans["scale"].effect * 1.05), 100_000)
    assert "mean" in st.distribution(shifted, claim, alpha=1e-6).where
    assert "variance" in st.distribution(scaled, claim, alpha=1e-6).where


def test_dependence_that_correlation_misses_is_found_by_the_cells() -> None:
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=4000)
    y = x**2 + 0.1 * rng.normal(size=4000)
    assert st.correlation(x, y, alpha=1e-6).holds
    assert "cells" in st.independence(x, y, alpha=1e-6).where


def test_a_block_used_again_is_found_at_its_lag() -> None:
    block = np.random.default_rng(SEED).random(64)
    gap = st.serial_independence(np.tile(block, 2), alpha=1e-6, lag=64)
    assert not gap.holds


def test_one_rare_value_twice_as_often_is_found_by_its_own_binomial() -> None:
    p = np.append(np.full(255, 0.998 / 255), 0.002)
    q = np.append(np.full(255, 0.996 / 255), 0.004)
    counts = np.random.default_rng(SEED).multinomial(30_000, q)
    assert st.cells(counts, p, alpha=1e-6, rng=np.random.default_rng(1)).holds
    assert st.each_cell(counts, p, alpha=1e-6).sample["cell"] == 255
    assert not st.each_cell(counts, p, alpha=1e-6).holds


def test_a_rare_success_is_found_where_none_was_expected() -> None:
    values = np.zeros(20)
    assert st.distribution(values, st.law("bernoulli(0.001)"), alpha=1e-6).holds
    values[:4] = 1
    assert "rarest cell" in st.distribution(values, st.law("bernoulli(0.001)"), alpha=1e-6).where


@pytest.mark.parametrize(("sampler", "claim", "where"), [
    (lambda r: r.poisson(2.7, 20_000), "poisson(2.5)", ""),
    (lambda r: r.integers(0, 7, 5000), "integers(0, 5)", "probability 0"),
    (lambda r: r.random(5000) * 1.001, "uniform(0, 1)", "outside"),
    (lambda r: r.binomial(10, 0.31, 50_000), "binomial(10, 0.3)", ""),
    (lambda r: np.floor(400 * r.random(5000)) / 400 + 1e-4, "uniform(0, 1)", "cells"),
    (lambda r: r.normal(0, 2, 5000) * (r.random(5000) < 0.6), DROPOUT, ""),
    (lambda r: r.normal(0, 2.5, 5000) * (r.random(5000) < 0.7), DROPOUT, "variance"),
    (lambda r: r.choice([-1.0, 1.0, 0.5], 500), {-1: 0.5, 1: 0.5}, "no atom"),
    (lambda r: r.standard_t(4, 20_000) / math.sqrt(2), "normal(0, 1)", "extremes"),
])
def test_other_wrong_samplers_are_refused(sampler: object, claim: object, where: str) -> None:
    assert callable(sampler)
    gap = st.distribution(sampler(np.random.default_rng(SEED)), st.law(claim), alpha=1e-6)
    assert not gap.holds
    assert where in gap.where
