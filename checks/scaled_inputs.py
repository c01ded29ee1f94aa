"""What is claimed of scaling inputs: it makes their variances equal, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

U = 2.0**-53


def _correlation(x: Array) -> tuple[Array, float]:
    """The matrix of correlations of the columns, and how much longer a column is than its centred part."""
    centred = x - x.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    return centred.T @ centred / np.outer(lengths, lengths), float((np.sqrt((x**2).sum(axis=0)) / lengths).max())


@claim("invariance", seed=st.integers(0, 2**16), n=st.sampled_from((5, 30)), examples=30)
def scaling_keeps_the_correlations(f: Any, seed: int, n: int) -> Gap:
    """Inputs that are scaled one by one get the same variance, not the same covariance: correlations stay.

        corr(y) = corr(x),   y = (x - μ)/σ by columns,   x of n rows and 3 correlated columns

    Allowed  16 (n + 10) u ‖x‖/‖x - x̄‖ of the worse table: a centred column errs by (n + 2) u ‖x‖ in its mean and by u
             in each entry, its length and the products by n + 2 more; y is an affine map of x but for 2 u an entry.
    Rejects  whitening, by which every covariance is that of the unit matrix.
    """
    drawn = np.random.default_rng(seed)
    x = drawn.normal(size=(n, 3)) @ drawn.normal(size=(3, 3)) + drawn.normal(size=3)
    (before, one), (after, other) = _correlation(x), _correlation(f.forward(x, f.fit(x)))
    return Gap(float(np.abs(after - before).max()), 16 * (n + 10) * U * max(one, other), "change of a correlation")
