"""A proportion: the share of successes is p. Exact, by the binomial law."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import tails
from fiducial.checks.statistics.samples import BadSample, check_alpha, numbers


def check_probability(p: float) -> float:
    """p itself; ValueError outside [0, 1]."""
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    return p


def proportion(sample: ArrayLike, p: float, *, alpha: float) -> Gap:
    """The share of successes among n draws (True or 1 against False or 0) is p.

        k ~ Bin(n, p)    measured |k/n - p|

    Allowed  the distance from p to the last count whose exact tail on that side still exceeds α/2.
    Rejects  a mask that keeps with probability p + 0.01, with the power of `proportion_power`.
    """
    values = numbers(sample, least=1)
    if not np.all((values == 0) | (values == 1)):
        raise BadSample("a proportion is judged on successes and failures, got other values than 0 and 1: pass a mask")
    return counted(int(values.sum()), values.size, p, alpha=alpha)


def counted(k: int, n: int, p: float, *, alpha: float, where: str = "share of successes") -> Gap:
    """`proportion` for k successes in n draws."""
    if not 0 <= k <= n or n < 1:
        raise BadSample(f"successes must lie between 0 and n ≥ 1, got {k} of {n}")
    low, high = tails.binomial(check_alpha(alpha), n, check_probability(p))
    share, edge = k / n, (low if k < n * p else high) / n
    return Gap(abs(share - p), abs(edge - p), where, {"k": k, "n": n, "p": p})


def proportion_power(n: int, effect: float, alpha: float, *, p: float = 0.5) -> float:
    """The exact power of `proportion` where the true share is p ± effect, the lesser of both; 1 outside [0, 1]."""
    low, high = tails.binomial(alpha, n, p)
    powers = [float(tails.binomial_at_most(low - 1, n, q) + tails.binomial_at_least(high + 1, n, q))
              for q in (p - effect, p + effect) if 0 <= q <= 1]
    return min(powers, default=0.0 if math.isnan(effect) else 1.0)
