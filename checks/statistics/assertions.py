"""`assert_distribution`: one line in anybody's pytest.

>>> import numpy as np
>>> assert_distribution(lambda rng, n: rng.normal(0, 2, n), "normal(0, 2)")
>>> assert_distribution(np.random.default_rng(7).uniform(-1, 1, 5000), "normal(0, 0.57735)")  # same mean and variance
Traceback (most recent call last):
    ...
AssertionError: the sample does not follow normal(0, 0.57735)
  where     extremes: no. 1 from the end is small and too far in, log10 of 1/probability
  measured  92.8
  allowed   8.38
  also      distance of the cdfs 0.0643 (allowed 0.04015); χ² over cells, per degree 7.33 (allowed 1.515)
  chance    alpha = 1e-06 for all parts together, n = 5000, seed 0
  detects   a cdf distance of 0.0616, a shift in σ of 0.106, a relative variance error of 0.161, each with power 0.99
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics.distributions import distribution_plans, parts
from fiducial.checks.statistics.laws import Law, law
from fiducial.checks.statistics.samples import BadSample, check_alpha

DRAWS = 100_000
POWER = 0.99


def assert_distribution(sample: ArrayLike | Callable[[np.random.Generator, int], ArrayLike], dist: Any, *,
                        alpha: float = 1e-6, seed: int = 0, n: int | None = None) -> None:
    """AssertionError, in at most 8 lines, unless the sample follows the law.

    sample  the draws, in any shape, or a sampler `(rng, n) -> n draws`, which is given np.random.default_rng(seed)
    dist    "normal(0, 1)" (see `laws.NAMED`), a frozen scipy.stats distribution, a cdf, a pair (cdf, pmf), a table
            {value: probability}, or a `Mixed` law
    alpha   the chance that a sound sample is refused: exact or an upper bound, for every n
    n       how many draws a sampler gives, 100,000 unless told; the message states what that many detect

    A sample that cannot be judged (nan, constant, whole numbers for a continuous law, too few) fails with one sentence;
    a wrong call is a ValueError or TypeError.
    """
    check_alpha(alpha)
    claim = law(dist)
    values = _drawn(sample, seed, n)
    try:
        refused = [gap for gap in parts(values, claim, alpha=alpha, seed=seed) if not gap.holds]
    except BadSample as error:
        raise AssertionError(str(error)) from None
    if refused:
        raise AssertionError(message(refused, claim, np.size(values), alpha, seed))


def _drawn(sample: Any, seed: int, n: int | None) -> ArrayLike:
    """The draws: of the sampler if it is one, else the sample itself."""
    if not callable(sample):
        if n is not None:
            raise ValueError(f"n = {n} is for samplers, but draws were given: leave n out, or pass a sampler (rng, n)")
        return np.asarray(sample)
    wanted = DRAWS if n is None else n
    if wanted < 1:
        raise ValueError(f"n must be at least 1, got {wanted}")
    rng = np.random.default_rng(seed)
    try:
        signature(sample).bind(rng, wanted)
    except TypeError:
        raise TypeError("a sampler is called as sampler(rng, n), which this one does not take: wrap it") from None
    except ValueError:  # some built-in functions have no signature to look at
        pass
    values = np.asarray(sample(rng, wanted))
    if values.size != wanted:
        raise AssertionError(f"the sampler returned {values.size} values, not the {wanted} asked for: return n values")
    return values


def message(refused: list[Gap], claim: Law, n: int, alpha: float, seed: int) -> str:
    """What was measured where the gap is widest, what is allowed, and what this many draws detect."""
    gap = Gap.worst(refused)
    plans = distribution_plans(claim, n, alpha=alpha, power=POWER)
    found = ", ".join(f"{plan.unit} of {plan.effect:.3g}" for plan in plans)
    extra = ", ".join(f"{key} {value:.6g}" for key, value in gap.sample.items() if key != "n")
    also = "; ".join(f"{other.where} {other.measured:.4g} (allowed {other.allowed:.4g})"
                     for other in refused if other is not gap)
    return "\n".join([
        f"the sample does not follow {claim.name}",
        f"  where     {gap.where}" + (f" ({extra})" if extra else ""),
        f"  measured  {gap.measured:.4g}",
        f"  allowed   {gap.allowed:.4g}",
        *([f"  also      {also}"] if also else []),
        f"  chance    alpha = {alpha:g} for all parts together, n = {n}, seed {seed}",
        f"  detects   {found}, each with power {POWER}",
    ])
