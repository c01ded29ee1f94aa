"""What is claimed of the mean of the last M gradients: whom it weighs, what it thins, and what it is over an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.dynamics.walks import U, velocities
from fiducial.checks.evidence import Gap

WALKS = 4000


@claim("value", t=st.integers(1, 40))
def weights_of_a_window(f: Any, t: int) -> Gap:
    """A moving window gives each of the last M gradients the same weight, 1 in all from the first step on.

        v_t = 1/min(t, M) Σ g_m over the last min(t, M):   measured with g_m = e_m, M = f.window

    Allowed  u of a weight: a sum of one 1 and zeros is exact, and is divided once.
    Rejects  a window that counts zeros before the first gradient; an average whose weights fall; momentum's sum.
    """
    found = -velocities(f, np.eye(t), lr=1.0)[-1]
    held = min(t, f.window)
    weights = np.where(np.arange(t) >= t - held, 1 / held, 0.0)
    return Gap(float(np.abs(found - weights).max()), U / held, "weight")


@claim("distribution", random=True)
def windows_thin_the_noise(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The mean of the last M independent gradients has a share 1/M of their variance, and 1/t before there are M.

        Var v_t = σ²/min(t, M)         σ = 2, t = 3 and 60, M = f.window

    Allowed  the χ² law of 4000 means about 0 at α/2; a variance off by 21 % is found with power 0.99.
    Rejects  a window that counts zeros before the first gradient; momentum's sum.
    """
    v = velocities(f, 2 * rng.standard_normal((60, WALKS)), lr=1.0)
    return Gap.worst([statistics.variance_about(v[t - 1], 4 / min(t, f.window), 0.0, alpha=alpha / 2)
                      for t in (3, 60)])


@claim("value", seed=st.integers(0, 2**16), late=st.integers(0, 12), examples=30)
def a_window_over_an_epoch_is_the_full_gradient(f: Any, seed: int, late: int) -> Gap:
    """At a fixed point a window as long as an epoch holds the full gradient, wherever in the next epoch it is asked.

        examples in one order, M of them, read in a circle from `late` on:   v_{M + late} = 1/M Σ g

    Allowed  2 M u Σ|g|/M, for two sums of M terms and a division each.
    Rejects  a window that forgets the newest gradient; an average whose weights fall.
    """
    examples = np.random.default_rng(seed).normal(size=(f.window, 3))
    read = np.concatenate([examples, np.tile(examples, (2, 1))[:late]])
    found = -velocities(f, read, lr=1.0)[-1]
    allowed = 2 * (f.window + 1) * U * float(np.abs(examples).sum(axis=0).max()) / f.window
    return Gap(float(np.abs(found - examples.mean(axis=0)).max()), allowed, "full gradient")
