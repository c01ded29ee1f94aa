"""Dependence: covariance, correlation, independence of two samples and of the successive draws of one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import multinomial, tails
from fiducial.checks.statistics.plans import stream
from fiducial.checks.statistics.samples import BadSample, Floats, check_alpha, numbers, pairs, rows
from fiducial.checks.statistics.variances import two_sided_ratio

MOST_CELLS_A_SIDE = 16
DRAWS_PER_CELL = 8


def correlation(x: ArrayLike, y: ArrayLike, rho: float = 0.0, *, alpha: float) -> Gap:
    """Bivariate normal pairs of unknown means and variances have correlation ρ.

        r = Σ (x-x̄)(y-ȳ) / √(Σ (x-x̄)² Σ (y-ȳ)²)    measured |r - ρ|

    Allowed  the distance to the exact quantile of r on that side, α/2 each: Student's t at ρ = 0, else Ruben's
             representation of r, integrated. At ρ = 0 one of the two samples being normal and independent suffices.
    Rejects  two noise arrays that share a tenth of their variance.
    """
    if not -1 < rho < 1:
        raise ValueError(f"rho must lie strictly between -1 and 1, got {rho}")
    a, b = pairs(x, y, least=4)
    r = float(np.clip(_pearson(a, b), -1, 1))
    low, high = tails.correlation(check_alpha(alpha), a.size, rho)
    return Gap(abs(r - rho), high - rho if r >= rho else rho - low, "correlation", {"r": r, "n": a.size})


def _pearson(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / math.sqrt(float(a @ a) * float(b @ b)))


def correlation_power(n: int, effect: float, alpha: float, *, rho: float = 0.0) -> float:
    """The exact power of `correlation` where it is ρ ± effect, the lesser of both; 1 where neither is a correlation."""
    if n < 4:
        return 0.0
    low, high = tails.correlation(alpha, n, rho)
    powers = [tails.correlation_below(low, n, q) + tails.correlation_below(-high, n, -q)
              for q in (rho - effect, rho + effect) if abs(q) < 1]
    return min(powers, default=1.0)


def covariance(sample: ArrayLike, sigma: ArrayLike, *, alpha: float) -> Gap:
    """Normal vectors x (n × d) of unknown mean have covariance Σ.

        y = L⁻¹ (x - x̄), Σ = L Lᵀ:  Σ_n y_i² ~ χ²_{n-1},   y_i·y_j / ‖y_i‖ ~ N(0, 1) for i < j
        measured  each variance against 1, each product against 0

    Allowed  the exact quantile of each of the d(d+1)/2 statistics at α / (d(d+1)/2), by the union bound.
    Rejects  elements of one mask that are correlated by 0.1; one coordinate with 10 % more variance.
    """
    x, target = rows(sample), np.asarray(sigma, dtype=np.float64)
    n, d = x.shape
    if target.shape != (d, d) or not np.array_equal(target, target.T):
        raise ValueError(f"sigma must be a symmetric {d} × {d} matrix, got shape {target.shape}")
    try:
        factor = np.linalg.cholesky(target)
    except np.linalg.LinAlgError as error:
        raise ValueError("sigma must be positive definite: leave out coordinates that others determine") from error
    products = np.linalg.solve(factor, (x - x.mean(axis=0)).T)
    gram = products @ products.T
    share = check_alpha(alpha) / (d * (d + 1) / 2)
    return Gap.worst([*_variances(gram, n, share), _products(gram, share)])


def _variances(gram: Floats, n: int, alpha: float) -> list[Gap]:
    return [two_sided_ratio(float(gram[i, i]) / (n - 1), n - 1, alpha, f"variance of whitened coordinate {i}")
            for i in range(len(gram))]


def _products(gram: Floats, alpha: float) -> Gap:
    z = np.abs(np.triu(gram, 1)) / np.sqrt(np.diag(gram))[:, None]
    i, j = np.unravel_index(int(np.argmax(z)), z.shape)
    return Gap(float(z[i, j]), tails.normal(alpha), f"product of whitened coordinates {i} and {j}, in σ")


def covariance_power(n: int, effect: float, alpha: float, *, d: int) -> float:
    """The power of `covariance` where two whitened coordinates are correlated by `effect`: of their product alone.

    Given ‖y_i‖ = s the product is N(effect · s, 1 - effect²), and s ~ χ_{n-1}.
    """
    if n < 3 or effect >= 1:
        return float(effect >= 1 and n >= 3)
    s, weights = tails.chi_nodes(n - 1)
    z = tails.normal(alpha / (d * (d + 1) / 2))
    return float(weights @ special.ndtr((effect * s - z) / math.sqrt(1 - effect**2)))


def uniform_ranks(values: Floats, rng: np.random.Generator) -> Floats:
    """Fresh uniforms in the order of the values, ties in random order (after Bell and Doksum, 1965).

    The ranks of independent draws of one law are a uniform permutation, and so independent of the fresh ordered
    uniforms that take their places: the result is exactly n independent uniforms, whatever the law.
    """
    order = np.lexsort((rng.random(values.size), values))
    result = np.empty(values.size)
    result[order] = np.sort(rng.random(values.size))
    return result


def independence(x: ArrayLike, y: ArrayLike, *, alpha: float, seed: int = 0) -> Gap:
    """Pairs (x_i, y_i), each sample independent draws of any law, are independent.

        u, v = fresh uniforms in the order of x and of y;  z, w = Φ⁻¹(u), Φ⁻¹(v)
        measured  |correlation of z and w|, and χ² of (u, v) over k × k cells of equal mass, k² ≤ n/8, k ≤ 16

    Allowed  Student's law and χ²_{k²-1}, α/2 each: exact for every n and every law, ties included. Samples of two
             values are judged by Fisher's exact law instead, which loses nothing to ties.
    Rejects  a mask that is used again; y = x² + noise, which is uncorrelated.
    """
    a, b = pairs(x, y, least=8)
    check_alpha(alpha)
    if np.unique(a).size == 2 and np.unique(b).size == 2:
        return fisher(a == a.max(), b == b.max(), alpha=alpha)
    rng = stream(seed, "independence")
    return _of_uniforms(uniform_ranks(a, rng), uniform_ranks(b, rng), alpha, rng)


def _of_uniforms(u: Floats, v: Floats, alpha: float, rng: np.random.Generator) -> Gap:
    gap = correlation(special.ndtri(np.maximum(u, 1e-300)), special.ndtri(np.maximum(v, 1e-300)), alpha=alpha / 2)
    gaps = [Gap(gap.measured, gap.allowed, "correlation of the normal scores", gap.sample)]
    k = min(int(math.sqrt(u.size / DRAWS_PER_CELL)), MOST_CELLS_A_SIDE)
    if k >= 2:
        counts = np.bincount((u * k).astype(np.int64) * k + (v * k).astype(np.int64), minlength=k * k)
        gaps.append(multinomial.cells(counts, np.full(k * k, 1 / k**2), alpha=alpha / 2, rng=rng))
    return Gap.worst(gaps)


def independence_power(n: int, effect: float, alpha: float) -> float:
    """The power of `independence` where the normal scores are correlated by `effect`: of its correlation, at α/2.

    Asymptotic in n: the fresh order statistics stray from the scores that they replace by about √(ln ln n / n).
    """
    return correlation_power(n, effect, alpha / 2)


def fisher(x: ArrayLike, y: ArrayLike, *, alpha: float) -> Gap:
    """Two samples of yes and no are independent: given both totals the common successes are hypergeometric.

        k = #(x and y) | #x, #y ~ Hypergeometric(n, #x, #y)    measured log10 of 1 / P(this far out on its side)

    Allowed  log10(2/α), exact for every n.
    Rejects  a dropout mask that is used again.
    """
    a, b = np.asarray(x, dtype=bool), np.asarray(y, dtype=bool)
    if a.shape != b.shape or a.ndim != 1:
        raise BadSample(f"x and y must be two lists of one length, got shapes {a.shape} and {b.shape}")
    n, first, second, both = a.size, int(a.sum()), int(b.sum()), int((a & b).sum())
    k = np.arange(max(0, first + second - n), min(first, second) + 1)
    log_p = _log_choose(first, k) + _log_choose(n - first, second - k)
    p = np.exp(log_p - log_p.max())
    tail = float(min(p[k <= both].sum(), p[k >= both].sum()) / p.sum())
    shared = {"both": both, "expected": first * second / n, "n": n}
    where = "common successes, log10 of 1/probability"
    return Gap(multinomial.surprise(tail), math.log10(2 / check_alpha(alpha)), where, shared)


def fisher_power(n: int, effect: float, alpha: float) -> float:
    """The power of `fisher` where the two are correlated by `effect`, both with share ½: asymptotic in n.

    The common successes, standardised given the totals, are about N(√n φ, 1 - φ²); their lattice costs one step of
    2/√n at most, which is taken off.
    """
    z, root, spread = tails.normal(alpha), math.sqrt(n), math.sqrt(max(1 - effect**2, 1e-12))
    return float(special.ndtr((root * min(effect, 1.0) - z - 2 / root) / spread))


def _log_choose(n: int, k: Floats | np.ndarray) -> Floats:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))


def serial_independence(sample: ArrayLike, *, alpha: float, lag: int = 1, seed: int = 0) -> Gap:
    """Successive draws of one law, whatever it is, are independent.

        u = fresh uniforms in the order of the whole sample, exactly independent under the claim; the pairs
        (u_i, u_{i+lag}) with i in even blocks of `lag` share no draw, and are judged as in `independence`

    Allowed  as in `independence`, for n/2 pairs: exact for every n and every law.
    Rejects  elements that are correlated with their neighbours; a block that is used again `lag` places on.
    """
    if lag < 1:
        raise ValueError(f"lag must be at least 1, got {lag}")
    values = numbers(sample, least=max(16, 2 * lag))
    rng = stream(seed, "serial independence")
    u = uniform_ranks(values, rng)
    whole = u[: u.size // (2 * lag) * 2 * lag].reshape(-1, 2, lag)
    return _of_uniforms(whole[:, 0].ravel(), whole[:, 1].ravel(), check_alpha(alpha), rng)


def serial_independence_power(n: int, effect: float, alpha: float) -> float:
    """The power of `serial_independence` where normal scores `lag` apart are correlated by `effect`."""
    return independence_power(n // 2, effect, alpha)
