"""Critical values: how far a test's statistic strays under the claim, with probability at most α.

Each is the exact quantile of the statistic's law (normal, Student, χ², binomial, Kolmogorov) or a bound that holds for
every n (Massart). Two-sided values give α/2 to each side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fiducial.checks.statistics.samples import Floats

EXACT_KOLMOGOROV = 2000  # the exact law costs O(n) per evaluation; beyond, Massart's bound is within 0.4 %


def normal(alpha: float) -> float:
    """z with P(|N(0,1)| > z) = α."""
    return float(-special.ndtri(alpha / 2))


def student(alpha: float, nu: float) -> float:
    """t with P(|t_ν| > t) = α."""
    return float(-special.stdtrit(nu, alpha / 2))


@lru_cache(1024)
def chi_square(alpha: float, nu: float) -> tuple[float, float]:
    """(l, h) with P(χ²_ν < l) = P(χ²_ν > h) = α/2."""
    return 2 * float(special.gammaincinv(nu / 2, alpha / 2)), 2 * float(special.gammainccinv(nu / 2, alpha / 2))


def chi_square_above(alpha: float, nu: float) -> float:
    """h with P(χ²_ν > h) = α."""
    return 2 * float(special.gammainccinv(nu / 2, alpha))


def binomial_at_most(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> Floats:
    """P(Bin(n, p) ≤ k) = I_{1-p}(n - k, k + 1); 0 for k < 0 and 1 for k ≥ n."""
    k, n = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    inside = special.betaincc(np.maximum(k, 0) + 1, np.maximum(n - k, 1), p)
    return np.asarray(np.where(k < 0, 0.0, np.where(k >= n, 1.0, inside)), dtype=np.float64)


def binomial_at_least(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> Floats:
    """P(Bin(n, p) ≥ k) = I_p(k, n - k + 1); 1 for k ≤ 0 and 0 for k > n."""
    k, n = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    inside = special.betainc(np.maximum(k, 1), np.maximum(n - k, 0) + 1, p)
    return np.asarray(np.where(k <= 0, 1.0, np.where(k > n, 0.0, inside)), dtype=np.float64)


@lru_cache(1024)
def binomial(alpha: float, n: int, p: float) -> tuple[int, int]:
    """The widest counts (l, h) not refused: P(X < l) ≤ α/2 and P(X > h) ≤ α/2, each as tight as the lattice allows."""
    return _first(lambda k: float(binomial_at_most(k, n, p)) > alpha / 2, n), n - _first(
        lambda k: float(binomial_at_least(n - k, n, p)) > alpha / 2, n)


def _first(true_from: Callable[[int], bool], n: int) -> int:
    """The smallest k in 0…n from which a monotone predicate holds (it holds at n)."""
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if true_from(middle) else (middle, high)
    return high


def massart(alpha: float, n: int) -> float:
    """d = √(ln(2/α) / 2n): P(sup |F_n - F| > d) ≤ α for every n and every law (Massart, 1990)."""
    return math.sqrt(math.log(2 / alpha) / (2 * n))


@lru_cache(1024)
def kolmogorov(alpha: float, n: int) -> float:
    """d with P(sup |F_n - F| > d) ≤ α.

    Up to n = 2000 from the exact one-sided law at α/2 (Smirnov, 1944); the two sides together exceed d with at most
    twice that probability, and both at once with about (α/2)⁴. Beyond, Massart's bound.
    """
    return float(special.smirnovi(n, alpha / 2)) if n <= EXACT_KOLMOGOROV else massart(alpha, n)


@lru_cache(256)
def chi_nodes(nu: int) -> tuple[Floats, Floats]:
    """Nodes and weights for E g(χ_ν) = Σ w_i g(s_i): 96 Gauss-Legendre nodes over all but 1e-22 of the mass."""
    nodes, weights = np.polynomial.legendre.leggauss(96)
    low, high = np.sqrt(2 * special.gammaincinv(nu / 2, 1e-22)), np.sqrt(2 * special.gammainccinv(nu / 2, 1e-22))
    s = low + (high - low) * (nodes + 1) / 2
    log_density = math.log(2) + (nu - 1) * np.log(s) - s**2 / 2 - nu / 2 * math.log(2) - special.gammaln(nu / 2)
    density = weights * np.exp(log_density - log_density.max())
    return s, density / density.sum()


def correlation_below(r: float, n: int, rho: float) -> float:
    """P(R ≤ r) for Pearson's R of n bivariate normal pairs with correlation ρ.

    R/√(1-R²) is distributed as (N + ρ/√(1-ρ²) χ_{n-1}) / χ_{n-2} with the three independent (Ruben, 1966), so
        P(R ≤ r) = E Φ(r/√(1-r²) χ_{n-2} - ρ/√(1-ρ²) χ_{n-1}),
    integrated numerically over both χ.
    """
    if not abs(r) < 1:
        return float(r > 0)
    (s, v), (c, w) = chi_nodes(n - 2), chi_nodes(n - 1)
    inside = special.ndtr(r / math.sqrt(1 - r**2) * s[:, None] - rho / math.sqrt(1 - rho**2) * c)
    return float(v @ inside @ w)


@lru_cache(1024)
def correlation(alpha: float, n: int, rho: float) -> tuple[float, float]:
    """(l, h) with P(R < l) = P(R > h) = α/2 for Pearson's R of n normal pairs with correlation ρ."""
    if rho == 0:  # then R √(n-2) / √(1-R²) is Student's t exactly
        t = student(alpha, n - 2)
        high = t / math.sqrt(n - 2 + t**2)
        return -high, high
    return -_quantile_above(alpha / 2, n, -rho), _quantile_above(alpha / 2, n, rho)


def _quantile_above(alpha: float, n: int, rho: float) -> float:
    """r with P(R > r) = P(R' < -r at -ρ) = α, by bisection in the lower tail, where the integral keeps its digits."""
    low, high = -1.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if correlation_below(-middle, n, -rho) > alpha else (low, middle)
    return high
