"""Claims about LSUV: each layer's output has variance 1 on the batch, and its weights keep their directions."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.initializers import EPS, SEEDS

WIDTHS = st.lists(st.integers(2, 8), min_size=2, max_size=6)
TOLERANCES = st.sampled_from([0.1, 1e-3, 1e-10])


def batch(seed: int, features: int) -> Array:
    """64 examples of a size that is far from 1."""
    rng = np.random.default_rng(seed)
    return np.asarray(10.0 ** rng.uniform(-3, 3) * rng.standard_normal((features, 64)))


def outputs(weights: list[Array], x: Array) -> list[Array]:
    """s of each layer, ReLUs between them."""
    found = []
    for w in weights:
        found.append(w @ x)
        x = np.maximum(found[-1], 0.0)
    return found


@claim("behaviour", examples=30, seed=SEEDS, widths=WIDTHS, tol=TOLERANCES)
def every_layer_has_unit_variance(f: Any, seed: int, widths: list[int], tol: float) -> Gap | None:
    """On the batch every layer's output has variance 1.

        |D(s_d) - 1| < tol,  d = 1 … L

    Allowed  tol itself, which one division reaches to rounding, far below the least tol of 1e-10.
    Rejects  layers scaled by their inputs before the layers below were; a division by the variance.
    """
    x = batch(seed, widths[0])
    try:
        weights = f.draw(widths, x, rng=np.random.default_rng(seed), tol=tol)
    except ValueError:  # every unit of a layer is off: there is nothing to scale
        return None
    return Gap.worst([Gap(abs(float(np.var(s)) - 1), tol, f"variance of layer {d + 1}")
                      for d, s in enumerate(outputs(weights, x))])


@claim("invariance", examples=30, seed=SEEDS, widths=WIDTHS)
def layers_keep_their_directions(f: Any, seed: int, widths: list[int]) -> Gap | None:
    """Each layer is only scaled: its weights are a positive multiple of those that it started from.

        W_d' = c_d W_d,  c_d > 0

    Allowed  each entry's quotient is off by u for each of at most 10 divisions, and u for itself: 22 u between two.
    Rejects  rows scaled one by one; an output that is centred by changing weights.
    """
    rng, x = np.random.default_rng(seed), batch(seed, widths[0])
    before = [rng.standard_normal((n_out, n_in)) for n_in, n_out in pairwise(widths)]
    try:
        after = f.scale(before, x, tol=1e-10)
    except ValueError:
        return None
    quotients = [new / old for new, old in zip(after, before, strict=True)]
    return Gap.worst([Gap(float((q.max() - q.min()) / q.max()) if q.min() > 0 else math.inf, 22 * EPS / 2,
                          f"quotients of layer {d + 1}") for d, q in enumerate(quotients)])


@claim("behaviour", examples=30, seed=SEEDS, widths=WIDTHS)
def layers_start_orthonormal(f: Any, seed: int, widths: list[int]) -> Gap | None:
    """The directions that are drawn are orthonormal.

        Wᵀ W = c² I,  or W Wᵀ = c² I when wide

    Allowed  as for an orthogonal matrix m x k: 2 √k k (6m + 20) u + m u, and 20 u for the scaling.
    Rejects  a Gaussian start.
    """
    x = batch(seed, widths[0])
    try:
        weights = f.draw(widths, x, rng=np.random.default_rng(seed))
    except ValueError:
        return None
    gaps = []
    for w in weights:
        tall = w if w.shape[0] >= w.shape[1] else w.T
        m, k = tall.shape
        gram = tall.T @ tall
        scale = float(np.trace(gram)) / k
        allowed = (2 * math.sqrt(k) * k * (6 * m + 20) + m + 24) * EPS / 2
        gaps.append(Gap(float(np.abs(gram / scale - np.eye(k)).max()), allowed, f"WᵀW/c² - I of shape {w.shape}"))
    return Gap.worst(gaps)
