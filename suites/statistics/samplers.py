"""Sound samplers, which a test may refuse with probability α, and mutants, which it must refuse with its power."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fiducial.checks import statistics as st
from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import laws

Rng = np.random.Generator
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sound:
    """A claim that holds: the test draws a fresh sample and judges it at α."""

    name: str
    test: Callable[[Rng, float], Gap]


@dataclass(frozen=True)
class Mutant:
    """A claim that fails by the plan's effect: the test draws n values and judges them at α."""

    name: str
    plan: st.Plan
    test: Callable[[Rng, int, float], Gap]


def seed_of(rng: Rng) -> int:
    """A fresh seed for the randomisation inside a test."""
    return int(rng.integers(2**31))


def skewed(rng: Rng, k: int = 12) -> tuple[NDArray[np.int64], Floats]:
    """Counts of 10 draws over cells whose expected counts run from 5 to 0.002: far from Pearson's asymptotics."""
    weights = 0.5 ** np.arange(1, k + 1, dtype=np.float64)
    p = np.asarray(weights / weights.sum(), dtype=np.float64)
    return rng.multinomial(10, p), p


SIGMA = np.array([[2.0, 0.6, -0.2], [0.6, 1.0, 0.3], [-0.2, 0.3, 0.5]])
FACTOR = np.linalg.cholesky(SIGMA)
NORMAL, UNIFORM, POISSON = laws.normal(), laws.uniform(), laws.poisson(2.5)
DROPOUT = st.Mixed({0.0: 0.3}, laws.normal(0, 2))


def correlated(rng: Rng, n: int, rho: float) -> tuple[Floats, Floats]:
    """Pairs of standard normals with correlation ρ."""
    x, e = rng.normal(size=n), rng.normal(size=n)
    return x, rho * x + math.sqrt(1 - rho**2) * e


SOUND = [
    Sound("proportion of 10,000", lambda r, a: st.proportion(r.random(10_000) < 0.1, 0.1, alpha=a)),
    Sound("proportion of 37", lambda r, a: st.proportion(r.random(37) < 0.02, 0.02, alpha=a)),
    Sound("mean of normal", lambda r, a: st.mean_of_normal(r.normal(3, 2, 100), 3, 2, alpha=a)),
    Sound("mean, Student, n = 3", lambda r, a: st.mean_student(r.normal(3, 2, 3), 3, alpha=a)),
    Sound("mean, Student, n = 10,000", lambda r, a: st.mean_student(r.normal(3, 2, 10_000), 3, alpha=a)),
    Sound("mean of bounded", lambda r, a: st.mean_of_bounded(r.random(200), 0.5, (0, 1), alpha=a)),
    Sound("mean of bounded, rare", lambda r, a: st.mean_of_bounded(r.random(500) < 0.01, 0.01, (0, 1), alpha=a)),
    Sound("variance of normal", lambda r, a: st.variance_of_normal(r.normal(3, 2, 60), 4, alpha=a)),
    Sound("variance about a mean", lambda r, a: st.variance_about(r.normal(3, 2, 5), 4, 3, alpha=a)),
    Sound("variance of bounded", lambda r, a: st.variance_of_bounded(r.random(300), 1 / 12, (0, 1), alpha=a)),
    Sound("correlation 0", lambda r, a: st.correlation(r.normal(size=8), r.random(8), alpha=a)),
    Sound("correlation 0.7", lambda r, a: st.correlation(*correlated(r, 10, 0.7), 0.7, alpha=a)),
    Sound("covariance", lambda r, a: st.covariance(r.normal(size=(40, 3)) @ FACTOR.T + 5, SIGMA, alpha=a)),
    Sound("independence", lambda r, a: st.independence(
        r.exponential(size=150), r.random(150), alpha=a, seed=seed_of(r))),
    Sound("independence of counts", lambda r, a: st.independence(
        r.poisson(1, 200), r.integers(0, 3, 200), alpha=a, seed=seed_of(r))),
    Sound("independence of masks", lambda r, a: st.independence(r.random(300) < 0.4, r.random(300) < 0.7, alpha=a)),
    Sound("serial independence", lambda r, a: st.serial_independence(r.random(200) ** 3, alpha=a, seed=seed_of(r))),
    Sound("cells, 10 draws over 12", lambda r, a: st.cells(*skewed(r), alpha=a, rng=r)),
    Sound("each cell", lambda r, a: st.each_cell(*skewed(r), alpha=a)),
    Sound("distribution, normal", lambda r, a: st.distribution(r.normal(size=200), NORMAL, alpha=a, seed=seed_of(r))),
    Sound("distribution, float32", lambda r, a: st.distribution(
        r.random(2500, np.float32), UNIFORM, alpha=a, seed=seed_of(r))),
    Sound("distribution, Poisson", lambda r, a: st.distribution(
        r.poisson(2.5, 300), POISSON, alpha=a, seed=seed_of(r))),
    Sound("distribution, mixed", lambda r, a: st.distribution(
        r.normal(0, 2, 300) * (r.random(300) < 0.7), DROPOUT, alpha=a, seed=seed_of(r))),
]


def reused(rng: Rng, n: int, share: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Two masks; the second takes `share` of its elements from the first."""
    first, fresh = rng.random(n) < 0.5, rng.random(n) < 0.5
    return first, np.where(rng.random(n) < share, first, fresh)


def neighbours(rng: Rng, n: int, rho: float) -> Floats:
    """Standard normals, each correlated by ρ with the one beside it, as x_i = √(1-θ²) e_i + θ e_{i-1}."""
    theta = math.sqrt((1 - math.sqrt(1 - 4 * rho**2)) / 2)
    e = rng.normal(size=n + 1)
    return np.asarray(math.sqrt(1 - theta**2) * e[1:] + theta * e[:-1])


def cut(rng: Rng, n: int, at: float) -> Floats:
    """Standard normals, drawn again where they fall outside ± at."""
    edge = special.ndtr(-at)
    return np.asarray(special.ndtri(edge + (1 - 2 * edge) * rng.random(n)))


def shared_row(rng: Rng, n: int, d: int, rho: float) -> Floats:
    """Rows of d standard normals that all hold one shared value, and so are correlated by ρ."""
    return np.asarray(math.sqrt(rho) * rng.normal(size=(n, 1)) + math.sqrt(1 - rho) * rng.normal(size=(n, d)))


ALPHA, POWER, FAN = 1e-6, 0.9, 64
SAME_VARIANCE = math.sqrt(3)
UNIFORM_AGAINST_NORMAL = 0.0572  # sup |Φ(x) - U(-√3, √3)(x)| = 0.05720…, at |x| = 0.8044
LOADED = np.array([1.0, 1, 1, 1, 1, 1.1]) / 6.1
FAIR = np.full(6, 1 / 6)
EVEN = np.full(64, 1 / 64)
ONE_MORE = np.append(EVEN[1:], 1.5 / 64) / (64.5 / 64)


def divergence(q: Floats, p: Floats) -> float:
    """√(2 KL(q ‖ p)), the effect of `cells`."""
    return math.sqrt(2 * float(np.sum(special.rel_entr(q, p))))


def plan(test: str, effect: float, **parameters: Any) -> st.Plan:
    """The plan that finds the effect at α = 1e-6 with power 0.9."""
    return st.plan(test, alpha=parameters.pop("alpha", ALPHA), effect=effect, power=POWER, **parameters)


MUTANTS = [
    Mutant("variance off by 1 %", plan("variance_of_normal", 0.01),
           lambda r, n, a: st.variance_of_normal(r.normal(0, math.sqrt(1.01), n), 1, alpha=a)),
    Mutant("n - 1 for n, fan-in 64", plan("variance_of_normal", 1 / (FAN - 1)),
           lambda r, n, a: st.variance_of_normal(r.normal(0, math.sqrt(2 / (FAN - 1)), n), 2 / FAN, alpha=a)),
    Mutant("variance about μ off by 5 %", plan("variance_of_normal", 0.05),
           lambda r, n, a: st.variance_about(r.normal(0, math.sqrt(0.95), n), 1, 0, alpha=a)),
    Mutant("mean off by 0.01 σ", plan("mean_of_normal", 0.01),
           lambda r, n, a: st.mean_of_normal(r.normal(0.01, 1, n), 0, 1, alpha=a)),
    Mutant("mean off by 0.1 s", plan("mean_student", 0.1),
           lambda r, n, a: st.mean_student(r.normal(0.1, 1, n), 0, alpha=a)),
    Mutant("bounded mean off by 0.02", plan("mean_of_bounded", 0.02, sigma=0.96 / math.sqrt(12)),
           lambda r, n, a: st.mean_of_bounded(r.uniform(0.04, 1, n), 0.5, (0, 1), alpha=a)),
    Mutant("bounded variance off by 25 %", plan("variance_of_bounded", 1 / 24),
           lambda r, n, a: st.variance_of_bounded(r.uniform(0.067, 0.933, n), 1 / 12, (0, 1), alpha=a)),
    Mutant("dropout keeps 0.51 for 0.5", plan("proportion", 0.01, p=0.5),
           lambda r, n, a: st.proportion(r.random(n) < 0.51, 0.5, alpha=a)),
    Mutant("a tenth of a mask reused", plan("fisher", 0.1), lambda r, n, a: st.fisher(*reused(r, n, 0.1), alpha=a)),
    Mutant("a whole mask reused", plan("fisher", 0.9), lambda r, n, a: st.fisher(*reused(r, n, 1.0), alpha=a)),
    Mutant("noise shared by 5 %", plan("independence", 0.05),
           lambda r, n, a: st.independence(*correlated(r, n, 0.05), alpha=a, seed=seed_of(r))),
    Mutant("neighbours correlated by 0.05", plan("serial_independence", 0.05),
           lambda r, n, a: st.serial_independence(neighbours(r, n, 0.05), alpha=a, seed=seed_of(r))),
    Mutant("elements of a row correlated by 0.1", plan("covariance", 0.1, d=4),
           lambda r, n, a: st.covariance(shared_row(r, n, 4, 0.1), np.eye(4), alpha=a)),
    Mutant("correlation 0.55 for 0.6", plan("correlation", 0.05, rho=0.6),
           lambda r, n, a: st.correlation(*correlated(r, n, 0.55), 0.6, alpha=a)),
    Mutant("tails cut at 3 σ", plan("cut", float(special.ndtr(-3.0)), alpha=ALPHA / 5),
           lambda r, n, a: st.distribution(cut(r, n, 3.0), NORMAL, alpha=5 * a, seed=seed_of(r))),
    Mutant("uniform for normal, same variance", plan("kolmogorov", UNIFORM_AGAINST_NORMAL, alpha=ALPHA / 5),
           lambda r, n, a: st.distribution(r.uniform(-SAME_VARIANCE, SAME_VARIANCE, n), NORMAL, alpha=5 * a,
                                           seed=seed_of(r))),
    Mutant("one cell of 64 half again too frequent", plan("cells", divergence(ONE_MORE, EVEN), k=64),
           lambda r, n, a: st.cells(r.multinomial(n, ONE_MORE), EVEN, alpha=a, rng=r)),
    Mutant("a face 10 % too frequent", plan("cells", divergence(LOADED, FAIR), k=6),
           lambda r, n, a: st.cells(r.multinomial(n, LOADED), FAIR, alpha=a, rng=r)),
]


def alarms(sound: Sound, *, runs: int, alpha: float, seed: int) -> int:
    """How often the test refuses a sound sampler."""
    rng = st.stream(seed, sound.name)
    return sum(not sound.test(rng, alpha).holds for _ in range(runs))


def refusals(mutant: Mutant, *, runs: int, seed: int) -> int:
    """How often the test refuses the mutant, at the plan's n and α."""
    rng = st.stream(seed, mutant.name)
    return sum(not mutant.test(rng, mutant.plan.n, mutant.plan.alpha).holds for _ in range(runs))


def surely_above(count: int, runs: int, rate: float, confidence: float = 0.9999) -> bool:
    """Whether the lower end of the exact (Clopper-Pearson) interval for count / runs lies above the rate."""
    return count > 0 and float(special.betaincinv(count, runs - count + 1, (1 - confidence) / 2)) > rate


def surely_below(count: int, runs: int, rate: float, confidence: float = 0.9999) -> bool:
    """Whether the upper end of that interval lies below the rate."""
    return surely_above(runs - count, runs, 1 - rate, confidence)
