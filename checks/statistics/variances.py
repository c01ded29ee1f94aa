"""A variance: the second central moment is σ². Exact for Gaussian values; for bounded values of any law by a mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import tails
from fiducial.checks.statistics.means import check_bounds, check_scale, mean_of_bounded, mean_of_bounded_power
from fiducial.checks.statistics.samples import check_alpha, numbers


def two_sided_ratio(ratio: float, nu: int, alpha: float, where: str) -> Gap:
    """|ratio - 1| against the distance that χ²_ν / ν keeps from 1 on that side, with α/2 to each side."""
    low, high = tails.chi_square(check_alpha(alpha), nu)
    allowed = high / nu - 1 if ratio >= 1 else 1 - low / nu
    return Gap(abs(ratio - 1), allowed, where, {"ratio": ratio, "degrees of freedom": nu})


def variance_of_normal(sample: ArrayLike, variance: float, *, alpha: float) -> Gap:
    """Draws from a normal law of unknown mean have variance σ².

        (n-1) s² / σ² ~ χ²_{n-1}    measured |s²/σ² - 1|

    Allowed  the distance of the χ² quantile on that side, exact for every n.
    Rejects  an initializer that divides by n - 1 instead of n; a variance off by 1 %.
    """
    x = numbers(sample)
    ratio = float(np.var(x, ddof=1)) / check_scale(variance, "variance")
    return two_sided_ratio(ratio, x.size - 1, alpha, "variance, relative")


def variance_about(sample: ArrayLike, variance: float, mu: float, *, alpha: float) -> Gap:
    """Draws from N(μ, ·), μ known, have variance σ²: `variance_of_normal` with χ²_n and Σ (x - μ)² / n."""
    x = numbers(sample, least=1)
    ratio = float(np.mean((x - mu) ** 2)) / check_scale(variance, "variance")
    return two_sided_ratio(ratio, x.size, alpha, "variance about μ, relative")


def variance_of_normal_power(n: int, effect: float, alpha: float) -> float:
    """The exact power of `variance_of_normal` where the variance is σ²(1 ± effect), the lesser of both sides.

    `variance_about` has this power with one value fewer.
    """
    if n < 2:
        return 0.0
    low, high = tails.chi_square(alpha, n - 1)
    scales = [scale for scale in (1 - effect, 1 + effect) if scale > 0]
    return min(float(special.gammainc((n - 1) / 2, low / scale / 2) + special.gammaincc((n - 1) / 2, high / scale / 2))
               for scale in scales)


def variance_of_bounded(sample: ArrayLike, variance: float, bounds: tuple[float, float], *, alpha: float) -> Gap:
    """Independent draws of any law on [a, b], of unknown mean, have variance σ².

        y_i = (x_{2i} - x_{2i+1})² / 2 are independent, lie in [0, (b-a)²/2] and have mean σ²

    Allowed  that of `mean_of_bounded` for y; a variance is at most (b-a)²/4.
    Rejects  a uniform sampler whose variance is off by 10 %; any value outside [a, b], at once.
    """
    low, high = check_bounds(bounds, bounds[0], "bounds")
    x = numbers(sample, least=4)
    if not 0 <= variance <= (high - low) ** 2 / 4:
        raise ValueError(f"a variance on {bounds} lies between 0 and {(high - low) ** 2 / 4:g}, got {variance}")
    if x.min() < low or x.max() > high:
        return Gap(float("inf"), 0.0, f"a value outside the bounds {bounds}", {"n": x.size})
    even = x[: x.size // 2 * 2]
    y = (even[::2] - even[1::2]) ** 2 / 2
    gap = mean_of_bounded(y, variance, (0.0, (high - low) ** 2 / 2), alpha=alpha)
    return Gap(gap.measured, gap.allowed, "variance, over (b - a)²/2", {"n": x.size})


def variance_of_bounded_power(n: int, effect: float, alpha: float) -> float:
    """A power that `variance_of_bounded` has at least where the variance is off by effect · (b - a)²/2."""
    return mean_of_bounded_power(n // 2, effect, alpha)
