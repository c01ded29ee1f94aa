"""A mean: the expectation is μ. For Gaussian values with known or unknown σ, and for bounded values of any law."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import tails
from fiducial.checks.statistics.samples import Floats, check_alpha, numbers


def check_scale(value: float, name: str) -> float:
    """The value itself; ValueError unless it is positive and finite."""
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return value


def mean_of_normal(sample: ArrayLike, mu: float, sigma: float, *, alpha: float) -> Gap:
    """Draws from N(μ, σ²), σ known, have mean μ.

        √n (x̄ - μ) / σ ~ N(0, 1)    measured |x̄ - μ| / σ

    Allowed  z(α) / √n, exact for every n.
    Rejects  an initializer whose mean is off by 0.01 σ.
    """
    x = numbers(sample, least=1)
    distance = abs(float(np.mean(x - mu))) / check_scale(sigma, "sigma")
    return Gap(distance, tails.normal(check_alpha(alpha)) / math.sqrt(x.size), "mean, in σ", {"n": x.size})


def mean_of_normal_power(n: int, effect: float, alpha: float) -> float:
    """The exact power of `mean_of_normal` where the mean is off by effect · σ."""
    z, shift = tails.normal(alpha), math.sqrt(n) * effect
    return float(special.ndtr(shift - z) + special.ndtr(-shift - z))


def mean_student(sample: ArrayLike, mu: float, *, alpha: float) -> Gap:
    """Draws from a normal law of unknown variance have mean μ.

        √n (x̄ - μ) / s ~ t_{n-1}    measured |x̄ - μ| / s

    Allowed  t_{n-1}(α) / √n, exact for every n.
    Rejects  a mean that is off by 0.01 σ.
    """
    x = numbers(sample)
    spread = float(np.std(x, ddof=1))
    distance = abs(float(np.mean(x)) - mu)
    measured = distance / spread if spread > 0 else math.inf if distance else 0.0
    return Gap(measured, tails.student(check_alpha(alpha), x.size - 1) / math.sqrt(x.size), "mean, in s", {"n": x.size})


def mean_student_power(n: int, effect: float, alpha: float) -> float:
    """The power of `mean_student` where the mean is off by effect · σ, on that side: noncentral t."""
    if n < 2:
        return 0.0
    return 1.0 - float(special.nctdtr(n - 1, math.sqrt(n) * effect, tails.student(alpha, n - 1)))


def check_bounds(bounds: tuple[float, float], value: float, name: str) -> tuple[float, float]:
    """The bounds; ValueError unless they are finite, in order, and hold the claimed value."""
    low, high = bounds
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"bounds must be finite and in order, got {bounds}")
    if not low <= value <= high:
        raise ValueError(f"{name} = {value} lies outside the bounds {bounds}")
    return bounds


def mean_of_bounded(sample: ArrayLike, mu: float, bounds: tuple[float, float], *, alpha: float) -> Gap:
    """Independent draws of any law on [a, b] have mean μ.

        measured |x̄ - μ| / (b - a)

    Allowed  the smaller of two distances, valid for every n and each given α/2:
             empirical Bernstein  √(2 V ln(8/α) / n) + 7 ln(8/α) / (3(n-1)), V the sample variance of (x-a)/(b-a)
             (Maurer and Pontil, 2009, theorem 4), good where the variance is small;
             Chernoff             |m - μ| where n KL(m ‖ μ) = ln(4/α), on the side of x̄, good where μ is near a or b.
    Rejects  a sampler of U(0,1) whose mean is off by 0.02; any value outside [a, b], at once.
    """
    low, high = check_bounds(bounds, mu, "mu")
    x = (numbers(sample) - low) / (high - low)
    if x.min() < 0 or x.max() > 1:
        return Gap(math.inf, 0.0, f"a value outside the bounds {bounds}", {"n": x.size})
    centre, mean = (mu - low) / (high - low), float(np.mean(x))
    edge = _chernoff(centre, math.log(4 / check_alpha(alpha)) / x.size, 1.0 if mean > centre else 0.0)
    allowed = min(_bernstein(x, alpha), abs(edge - centre))
    return Gap(abs(mean - centre), allowed, "mean, over b - a", {"n": x.size})


def _bernstein(x: Floats, alpha: float) -> float:
    log = math.log(8 / alpha)
    return math.sqrt(2 * float(np.var(x, ddof=1)) * log / x.size) + 7 * log / (3 * (x.size - 1))


def _chernoff(mu: float, budget: float, end: float) -> float:
    """The mean m between μ and the end (0 or 1) with KL(m ‖ μ) = budget, rounded away from μ; the end if none."""
    near, far = mu, end
    if special.rel_entr(far, mu) + special.rel_entr(1 - far, 1 - mu) <= budget:
        return end
    for _ in range(60):
        middle = (near + far) / 2
        inside = special.rel_entr(middle, mu) + special.rel_entr(1 - middle, 1 - mu) <= budget
        near, far = (middle, far) if inside else (near, middle)
    return far


def mean_of_bounded_power(n: int, effect: float, alpha: float, *, sigma: float = 0.5) -> float:
    """A power that `mean_of_bounded` has at least where the mean is off by effect · (b - a), for every law with a
    standard deviation of at most sigma · (b - a); at ½, for every law.

    Chernoff   by Pinsker its critical distance is at most h = √(ln(4/α) / 2n), and by Hoeffding x̄ falls short of its
               mean by effect - h with probability at most exp(-2n (effect - h)²).
    Bernstein  with probability 1 - β both √V ≤ σ + √(2 ln(2/β) / (n-1)) (Maurer and Pontil, 2009, theorem 10) and
               x̄ falls short by at most σ √(2 ln(2/β) / n) + ln(2/β) / 3n: the least β for which this suffices.
    """
    if n < 2:
        return 0.0
    slack = effect - math.sqrt(math.log(4 / alpha) / (2 * n))
    hoeffding = 1 - math.exp(-2 * n * slack**2) if slack > 0 else 0.0
    return max(hoeffding, _bernstein_power(n, effect, math.log(8 / alpha), sigma))


def _bernstein_power(n: int, effect: float, log: float, sigma: float) -> float:
    def needed(t: float) -> float:
        spread = sigma + math.sqrt(2 * t / (n - 1))
        return (math.sqrt(2 * log / n) * spread + 7 * log / (3 * (n - 1)) + sigma * math.sqrt(2 * t / n) + t / (3 * n))

    low, high = math.log(2), 50.0  # t = ln(2/β)
    if needed(low) > effect:
        return 0.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if needed(middle) <= effect else (low, middle)
    return 1 - 2 * math.exp(-low)
