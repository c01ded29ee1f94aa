"""Running statistics: exponential averages of batch means and variances, as batch normalization keeps them.

A subject has init(channels) and step(x, state, momentum=…) with m, the weight of the newest batch; a state has `mean`
and `var`, one entry a channel. Batches are drawn as one array, (T, N, C, …).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import Claim, Refused, claim
from fiducial.checks.evidence import Array, Gap, identical
from fiducial.checks.normalization import real_arrays
from fiducial.checks.standardized_blocks import UNIT, aligned
from fiducial.checks.statistics import variance_of_normal
from fiducial.checks.statistics.variances import two_sided_ratio

Draws = SearchStrategy[Any]
Correction = Callable[[int], float]
CHANNELS = 4096
SHAPES = ((2, 3, 2), (1, 4, 1), (7, 2, 3), (30, 5, 2), (4, 2, 2, 3), (3, 1, 2, 2, 2))
BATCHES: Draws = real_arrays(st.sampled_from(SHAPES))
MOMENTUM = st.sampled_from((0.1, 0.01, 0.5, 1.0, 0.0, 0.9))


def unbiased(n: int) -> float:
    """n / (n - 1): torch's running variance."""
    return n / (n - 1)


def biased(n: int) -> float:
    """1: the running variance of Keras 3."""
    return 1.0


def _followed(f: Any, batches: Array, momentum: float, start: Any = None) -> Any:
    """The state after all batches."""
    state = f.init(batches.shape[2]) if start is None else start
    for x in batches:
        state = f.step(x, state, momentum=momentum)
    return state


def _columns(x: Array) -> Array:
    """(values, C)."""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


@claim("behaviour", channels=st.sampled_from((1, 2, 5)))
def starts_at_zero_and_one(f: Any, channels: int) -> Gap:
    """Before the first batch the mean is 0 and the variance 1, so that inference leaves its input as it is.

        r_μ = 0,   r_σ² = 1

    Allowed  0.
    Rejects  a variance that starts at 0, which makes inference divide by √ε.
    """
    state = f.init(channels)
    return Gap.worst([identical(np.zeros(channels), state.mean, "running mean"),
                      identical(np.ones(channels), state.var, "running variance")])


def weighted_average_of_the_batches(correction: Correction) -> Claim:
    """The recursion, summed up; `correction(n)` is what the biased variance of n values is multiplied with."""

    @claim("value", examples=60, batches=BATCHES, momentum=MOMENTUM)
    def weighted_average_of_the_batches(f: Any, batches: Array, momentum: float) -> Gap:
        """After T batches the average is what is left of the start and a weighted sum of the batches' statistics.

            r_T = (1 - m)^T r_0 + m Σ_t (1 - m)^(T-t) stat_t

        Allowed  that of a statistic (n u A for a mean; 2 s δ + δ² + (n + 4) u s², δ = (n + 2) u A, for a variance,
                 times its correction), which averaging does not enlarge, and (4 T + 4) u of the largest term; twice,
                 once for the sum that is compared with.
        Rejects  the weights exchanged (momentum as the weight of the past), or the other variance.
        """
        state = _followed(f, batches, momentum)
        columns = [_columns(x) for x in batches]
        n, total = len(columns[0]), len(columns)
        weights = momentum * (1 - momentum) ** np.arange(total - 1, -1, -1)
        mean, var = np.array([c.mean(axis=0) for c in columns]), np.array([c.var(axis=0) for c in columns])
        largest, factor = np.abs(batches).max(), correction(n)
        delta = (n + 2) * UNIT * largest
        spread = 2 * np.sqrt(var.max()) * delta + delta**2 + (n + 4) * UNIT * var.max()
        steps = (4 * total + 4) * UNIT
        expected_var = (1 - momentum) ** total + factor * (weights @ var)
        return Gap.worst([
            aligned(state.mean - weights @ mean, float(2 * (delta + steps * largest)), "running mean"),
            aligned(state.var - expected_var, float(2 * (factor * spread + steps * (1 + factor * var.max()))),
                    "running variance")])

    return weighted_average_of_the_batches


@claim("invariance", examples=40, batches=BATCHES, momentum=MOMENTUM)
def the_start_is_forgotten(f: Any, batches: Array, momentum: float) -> Gap:
    """Each batch takes the share m away from what the start still counts, whatever the batches are.

        r_T(r_0 = a) - r_T(r_0 = b) = (1 - m)^T (a - b)

    Allowed  (4 T + 4) u of the largest term of either run, and both are rounded; the statistics are the same numbers.
    Rejects  a correction for the start, as Adam has it: the difference is lost at once.
    """
    start = f.init(batches.shape[2])
    other = start._replace(mean=start.mean + 8, var=start.var + 8)
    before, after = (_followed(f, batches, momentum, s) for s in (start, other))
    left = 8 * (1 - momentum) ** len(batches)
    size = 10 + np.abs(batches).max() + 2 * np.square(batches - batches.mean()).max()
    allowed = float(2 * (4 * len(batches) + 4) * UNIT * size)
    return Gap.worst([aligned(getattr(after, name) - getattr(before, name) - left, allowed, f"running {name}")
                      for name in ("mean", "var")])


def expected_variance(correction: Correction) -> Claim:
    """What a running variance of small batches is an estimate of."""

    @claim("distribution", random=True)
    def expected_variance(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """The running variance of normal batches of two has the expectation σ² (unbiased), or half of it (biased).

            Σ r_σ² / E ~ χ² with C degrees of freedom, over C channels at m = 1;   E = σ² or σ²/2

        Allowed  the distance of the χ² quantile at α on that side, exact; C = 4096.
                 At α = 1e-9 a variance off by 21 % is found with a power of 0.99.
        Rejects  the other variance, which is off by a factor of 2.
        """
        x = rng.normal(3.0, 2.0, (2, CHANNELS))
        state = f.step(x, f.init(CHANNELS), momentum=1.0)
        ratio = float(np.mean(state.var)) / (4.0 * correction(2) / unbiased(2))
        return two_sided_ratio(ratio, CHANNELS, alpha, "mean of the running variances, relative")

    return expected_variance


@claim("distribution", random=True)
def the_mean_of_a_small_batch_is_noisy(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The mean of a batch of m values has the variance σ²/m: the smaller the batch, the noisier its statistic.

        Var μ_B = σ² / m    at m = 2, 8 and 32

    Allowed  the distance of the χ² quantile at α/3 on that side, over C = 4096 channels, exact for normal values.
             At α = 1e-9 a variance off by 21 % is found with a power of 0.99.
    Rejects  a statistic of the first half of the batch: its variance is twice as large.
    """
    gaps = []
    for m in (2, 8, 32):
        state = f.step(rng.normal(0.0, 2.0, (m, CHANNELS)), f.init(CHANNELS), momentum=1.0)
        gaps.append(variance_of_normal(state.mean, 4.0 / m, alpha=alpha / 3))
    return Gap.worst(gaps)


@claim("behaviour", channels=st.sampled_from((1, 2, 5)))
def one_value_per_channel_is_refused(f: Any, channels: int) -> Gap:
    """One value per channel has no variance to average, and is refused.

        x of shape (1, C): ValueError

    Allowed  0: it is refused or it is not.
    Rejects  an average into which the variance 0 of one value goes.
    """
    try:
        state = f.step(np.ones((1, channels)), f.init(channels), momentum=0.1)
    except (ValueError, Refused):
        return Gap(0.0, 0.0)
    return Gap(1.0, 0.0, "one value per channel is taken", {"var": np.asarray(state.var)})
