"""A continuous law: independent draws follow F. Five exact tests that share α, each strong where the others are weak.

F turns the draws into u = F(x), uniform under the claim, and z = Φ⁻¹(u), standard normal: exactly, for every n.
    kolmogorov   sup |F_n - F|                 any difference; the one with a guaranteed power
    extremes     u_(1), u_(2), u_(4) …, and from above    tails: cut, too light, too heavy
    mean         mean of z                     a shift
    variance     mean of z² against 1          a scale
    cells        χ² over cells of equal mass   gaps, steps, lumps
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import multinomial, tails
from fiducial.checks.statistics.laws import Continuous
from fiducial.checks.statistics.plans import stream
from fiducial.checks.statistics.samples import Floats, check_alpha, continuous, half_step
from fiducial.checks.statistics.variances import two_sided_ratio

PARTS = 5
LEAST = 8
MOST_CELLS = 256
DRAWS_PER_CELL = 8
COARSE = 1e-12  # a unit roundoff above this is that of float32 or below
SMALLEST = 1e-300  # keeps the normal scores finite


@dataclass(frozen=True)
class Uniforms:
    """Sorted u = F(x) and 1 - u = (1 - F)(x), each with its own full precision near 0; `z` are the normal scores."""

    low: Floats
    high: Floats

    @property
    def z(self) -> Floats:
        """Φ⁻¹(u), from the smaller of u and 1 - u."""
        return np.asarray(np.where(self.low < 0.5, special.ndtri(self.low), -special.ndtri(self.high)))


def outside(values: Floats, law: Continuous, slack: Floats | float) -> Gap | None:
    """A gap that nothing allows, if a value lies off the support by more than its own rounding; else None."""
    low, high = law.support
    off = np.maximum(low - values, values - high)
    if not np.any(off > 2 * slack):
        return None
    worst = float(values[int(np.argmax(off))])
    return Gap(math.inf, 0.0, f"a value outside [{low:g}, {high:g}]", {"value": worst})


def uniforms(values: Floats, law: Continuous, slack: Floats | float, unit: float, rng: np.random.Generator) -> Uniforms:
    """Sorted uniforms of a sample whose numbers were rounded to ± slack, in a format of this unit roundoff.

    Rounding in float32 and below lumps the draws; spread over its own half step again a value follows F up to the
    second order of that step. Generators on a grid do return the ends of a bounded law: within one unit roundoff of
    such an end u is drawn again, uniformly, which is exact under the claim whether u came from a grid or not.
    """
    if unit > COARSE:
        values = np.clip(values + slack * (2 * rng.random(values.size) - 1), *law.support)
    x = np.sort(values)
    low, high = np.asarray(law.cdf(x), dtype=np.float64), np.asarray(law.sf(x), dtype=np.float64)
    for side in (low, high):
        if side.shape != x.shape or not np.all((side >= 0) & (side <= 1)):
            raise ValueError(f"the cdf of {law.name} must map values into [0, 1]: return an array like its argument")
    low, high = np.maximum(low, SMALLEST), np.maximum(high, SMALLEST)
    if math.isfinite(law.support[0]):
        _draw_again(low, max(unit, 2.0**-53), rng)
    if math.isfinite(law.support[1]):
        _draw_again(high[::-1], max(unit, 2.0**-53), rng)
    return Uniforms(low, high)


def _draw_again(ascending: Floats, step: float, rng: np.random.Generator) -> None:
    """Put fresh uniforms on (0, step], in order, in the place of the values below the step."""
    count = int(np.searchsorted(ascending, step))
    ascending[:count] = step * (1 - np.sort(rng.random(count))[::-1])


def kolmogorov(u: Uniforms, *, alpha: float) -> Gap:
    """The empirical distribution stays near F.

        D = sup |F_n - F|    measured D

    Allowed  the exact law up to n = 2000, then √(ln(2/α) / 2n) (Massart, 1990), valid for every n.
    Rejects  a uniform sampler used for a normal law of equal variance.
    """
    n = u.low.size
    steps = np.arange(n + 1) / n
    distance = max(float(np.max(steps[1:] - u.low)), float(np.max(u.low - steps[:-1])))
    return Gap(distance, tails.kolmogorov(alpha, n), "distance of the cdfs", {"n": n})


def kolmogorov_power(n: int, effect: float, alpha: float) -> float:
    """A power that `kolmogorov` has at least against any law whose cdf differs from F by `effect` somewhere.

    At that point F_n falls short of its mean by effect - d with probability ≤ exp(-2n (effect - d)²) (Hoeffding).
    """
    slack = effect - tails.kolmogorov(alpha, n)
    return 1 - math.exp(-2 * n * slack**2) if slack > 0 else 0.0


def extremes(u: Uniforms, *, alpha: float) -> Gap:
    """The smallest and largest draws lie where n draws put them.

        u_(k) ~ Beta(k, n+1-k) for k = 1, 2, 4, … ≤ n/2, and 1 - u_(n+1-k) likewise
        measured  max of log10 of 1 / P(this far out on its side)

    Allowed  log10(m/α) for the m one-sided tests, by the union bound; each is exact.
    Rejects  a normal sampler cut at 3 σ.
    """
    n = u.low.size
    k = 2 ** np.arange(int(math.log2(max(n // 2, 1))) + 1)
    p = []
    for value in (u.low[k - 1], u.high[n - k]):
        p += [special.betainc(k, n + 1 - k, value), special.betaincc(k, n + 1 - k, value)]
    tail, kinds = np.concatenate(p), ("small and too far out", "small and too far in",
                                      "large and too far out", "large and too far in")
    worst = int(np.argmin(tail))
    where = f"extremes: no. {k[worst % k.size]} from the end is {kinds[worst // k.size]}, log10 of 1/probability"
    return Gap(multinomial.surprise(float(tail[worst])), math.log10(tail.size / alpha), where, {"n": n})


def cut_power(n: int, mass: float, alpha: float) -> float:
    """The exact power of the outermost value of `extremes` against a tail of this mass that is cut off on one side.

    The cut law keeps u ≤ 1 - mass: u/(1 - mass) is uniform, and the test refuses when its maximum falls below
    (α/m)^{1/n}.
    """
    m = 4 * (int(math.log2(max(n // 2, 1))) + 1)
    edge = math.exp(math.log(alpha / m) / n)
    return min(1.0, edge / (1 - mass)) ** n if mass < 1 else 1.0


def score_mean(u: Uniforms, *, alpha: float) -> Gap:
    """The normal scores have mean 0: `mean_of_normal` for z = Φ⁻¹(F(x)), exact whatever F is."""
    z = u.z
    return Gap(abs(float(np.mean(z))), tails.normal(alpha) / math.sqrt(z.size), "mean of the normal scores, in σ",
               {"n": z.size})


def score_variance(u: Uniforms, *, alpha: float) -> Gap:
    """The normal scores have variance 1: `variance_about` 0 for z = Φ⁻¹(F(x)), exact whatever F is."""
    z = u.z
    return two_sided_ratio(float(np.mean(z**2)), z.size, alpha, "variance of the normal scores, relative")


def equal_cells(u: Uniforms, rng: np.random.Generator, *, alpha: float) -> Gap:
    """The draws fall equally often into k cells of equal mass: `multinomial.cells`, k = min(n/8, 256)."""
    k = min(u.low.size // DRAWS_PER_CELL, MOST_CELLS)
    if k < 2:
        return Gap(0.0, 1.0, "χ² over cells: too few values for two cells")
    counts = np.bincount(np.minimum((u.low * k).astype(np.int64), k - 1), minlength=k)
    return multinomial.cells(counts, np.full(k, 1 / k), alpha=alpha, rng=rng)


def of_continuous(sample: ArrayLike, law: Continuous, *, alpha: float, seed: int = 0) -> list[Gap]:
    """The five tests of this module, each at α/5; BadSample for whole numbers, constants, nan or fewer than 8 values.

    `seed` draws the randomisation inside the tests (ties of coarse formats, cells), never the sample.
    """
    check_alpha(alpha)
    values = continuous(sample, least=LEAST)
    slack, unit = half_step(sample)
    return judged(values, law, slack, unit, alpha=alpha, rng=stream(seed, "continuous"))


def judged(values: Floats, law: Continuous, slack: Floats | float, unit: float, *, alpha: float,
           rng: np.random.Generator) -> list[Gap]:
    """`of_continuous` for values that were looked at already."""
    off = outside(values, law, slack)
    if off is not None:
        return [off]
    u, share = uniforms(values, law, slack, unit, rng), alpha / PARTS
    tests: list[Callable[..., Gap]] = [kolmogorov, extremes, score_mean, score_variance]
    return [*(test(u, alpha=share) for test in tests), equal_cells(u, rng, alpha=share)]
