"""Ensembles and noise: bootstrap samples, averages of members, and Gaussian noise on gradients."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, same
from fiducial.checks.statistics import laws

UNIT = 2.0**-53
EIGHTHS = st.integers(-40, 40).map(lambda k: k / 8)
MEMBERS = st.tuples(st.integers(1, 5), st.integers(1, 4)).flatmap(lambda s: arrays(np.float64, s, elements=EIGHTHS))
VOTES = st.integers(0, 2)
CLASSES = st.tuples(st.integers(1, 6), st.integers(1, 3)).flatmap(lambda s: arrays(np.int64, s, elements=VOTES))
DRAWS = 2**15


@claim("value", n=st.integers(1, 5))
def inclusion_counts_all_samples(f: Any, n: int) -> Gap:
    """The chance that one example is in a bootstrap sample is its share of all nⁿ of them.

        1 - (1 - 1/n)ⁿ = #{(i_1 … i_n) that hold it} / nⁿ

    Allowed  (n + 4) u: a power and two differences.
    Rejects  the limit 1 - 1/e.
    """
    samples = list(product(range(n), repeat=n))
    share = sum(0 in drawn for drawn in samples) / len(samples)
    return Gap(abs(float(f.inclusion(n)) - share), (n + 4) * UNIT, "inclusion")


@claim("distribution", random=True)
def samples_are_drawn_with_replacement(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """A bootstrap sample draws every place uniformly and with replacement.

        P(example 0 is in it) = 1 - (1 - 1/10)¹⁰ = 0.651,  i ~ U{0 … 9}, successive places independent

    Allowed  the exact laws for 2^15 samples of 10, α/3 each: an inclusion off by 0.023 is found with power 0.99 at
             α = 1e-9; without replacement it is 1.
    Rejects  permutations; an index that never reaches the last example.
    """
    drawn = np.asarray(f.draw(10, k=DRAWS, rng=rng))
    return Gap.worst([
        statistics.proportion((drawn == 0).any(axis=1), 1 - 0.9**10, alpha=alpha / 3),
        statistics.distribution(drawn[:, 0].astype(np.float64), laws.integers(0, 9), alpha=alpha / 3),
        statistics.fisher(drawn[:, 0] == 0, drawn[:, 1] == 0, alpha=alpha / 3)])


@claim("value", predictions=MEMBERS)
def members_are_averaged(f: Any, predictions: Array) -> Gap:
    """The prediction is the mean of the members'.

        ŷ = 1/k Σ_j f_j

    Allowed  (k + 2) u max|f|.
    Rejects  a sum; the median.
    """
    k = len(predictions)
    total = sum(predictions[j] for j in range(k)) / k
    off = np.abs(np.asarray(f.forward(predictions)) - total).max()
    return Gap(float(off), 2 * (k + 2) * UNIT * float(np.abs(predictions).max()), "mean")


@claim("value", classes=CLASSES)
def most_members_decide(f: Any, classes: Array) -> Gap:
    """The vote goes to the class that most members name, the lowest of equals.

        argmax_c #{j : c_j = c}

    Allowed  nothing.
    Rejects  the highest of equals.
    """
    columns = [list(column) for column in classes.T]
    expected = [min(range(3), key=lambda c: (-column.count(c), c)) for column in columns]
    return same(expected, np.asarray(f.vote(classes, count=3)).tolist(), "votes")


@claim("distribution", random=True)
def variance_of_the_average(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The variance of an average of k members has a part that more members do not remove.

        Var ŷ = ρ σ² + (1 - ρ) σ² / k

    Allowed  the exact χ² law for 2^15 averages of k normal members, at (k, ρ) = (4, 0.5), (8, 0) and (3, -0.4), α/3
             each: a variance off by 7 % is found with power 0.99 at α = 1e-9.
    Rejects  σ² / k, true of independent members alone.
    """
    gaps = []
    for k, rho in ((4, 0.5), (8, 0.0), (3, -0.4)):
        factor = np.linalg.cholesky(4.0 * ((1 - rho) * np.eye(k) + rho))
        averages = np.asarray(f.forward(factor @ rng.standard_normal((k, DRAWS))))
        claimed = float(f.variance(k=k, sigma2=4.0, rho=rho))
        gaps.append(statistics.variance_of_normal(averages, claimed, alpha=alpha / 3))
    return Gap.worst(gaps)


@claim("distribution", random=True)
def noise_follows_the_schedule(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The noise of step t is normal with the scheduled variance, whatever the gradient.

        (g' - g) ~ N(0, η/(1+t)^γ)

    Allowed  the normal law of 2^15 draws at t = 0, 1, 99, α/3 each: a variance off by 8 % and a mean off by 0.05 σ are
             found with power 0.99 at α = 1e-9.
    Rejects  η/(1+t)^γ as the standard deviation; t counted from 1; noise that scales with the gradient.
    """
    gaps = []
    for t in (0, 1, 99):
        g = np.tile([0.0, 8.0], DRAWS // 2)
        noisy = np.asarray(f.forward(g, f.noise(g.shape, rng=rng), t, eta=0.25, gamma=0.55))
        law = laws.normal(0.0, (0.25 / (1 + t) ** 0.55) ** 0.5)
        gaps.append(statistics.distribution(noisy - g, law, alpha=alpha / 3))
    return Gap.worst(gaps)


@claim("distribution", random=True)
def mean_is_the_gradient(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The noise has mean 0: descent goes, on average, where it went without.

        E g' = g

    Allowed  the exact normal law of a mean of 2^15 draws, σ = ½: a mean off by 0.047 σ is found with power 0.99 at
             α = 1e-9.
    Rejects  noise of one sign.
    """
    g = np.full(DRAWS, 3.0)
    noisy = np.asarray(f.forward(g, f.noise(g.shape, rng=rng), 0, eta=0.25))
    return statistics.mean_of_normal(noisy, 3.0, 0.5, alpha=alpha)


@claim("value", t=st.integers(0, 1000), eta=st.sampled_from([0.01, 0.3, 1.0]), gamma=st.sampled_from([0.55, 0.0, 1.0]))
def variance_falls_as_a_power(f: Any, t: int, eta: float, gamma: float) -> Gap:
    """The variance is η at step 0 and falls with the power γ of the steps.

        σ_t² (1 + t)^γ = η

    Allowed  8 u η: two powers (2 u each), a quotient, a product.
    Rejects  a fall with t^γ, infinite at first; with the power of the deviation, 2 γ.
    """
    with np.errstate(all="ignore"):
        return Gap(abs(float(f.variance(t, eta=eta, gamma=gamma)) * (1 + t) ** gamma - eta), 8 * UNIT * eta, "variance")
