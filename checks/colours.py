"""Colour shifts along principal components: what one draw does to an image, and the law of the shift."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

UNIT = 2.0**-53
SEEDS = st.integers(0, 2**32 - 1)
EIGHTHS = st.integers(-40, 40).map(lambda k: k / 8)
IMAGES = arrays(np.float64, (2, 3, 3), elements=EIGHTHS)
DRAWS = 4096


def colours(seed: int) -> Array:
    """A small training set of images in [0, 1] whose three colours correlate."""
    rng = np.random.default_rng(seed)
    mixed = rng.uniform(0, 1, (4, 5, 5, 3)) @ np.array([[0.6, 0.3, 0.1], [0.3, 0.5, 0.2], [0.2, 0.2, 0.6]])
    return np.asarray(mixed)


def covariance(x: Array) -> Array:
    """The covariance of the colours, biased."""
    return np.cov(x.reshape(-1, 3), rowvar=False, bias=True)


@claim("value", seed=SEEDS)
def components_are_those_of_the_colours(f: Any, seed: int) -> Gap:
    """The components are orthonormal eigenvectors of the colours' covariance, the largest variance first.

        P Pᵀ = I,  P diag(λ) Pᵀ = C,  λ_1 ≥ λ_2 ≥ λ_3

    Allowed  (n + 40) u for n pixels in [0, 1]: sums over n, and an eigensolver that is backward stable.
    Rejects  a covariance of colours that are not centred.
    """
    x = colours(seed)
    found = f.fit(x)
    p, values = np.asarray(found.p), np.asarray(found.values)
    off = [np.abs(p @ p.T - np.eye(3)).max(), np.abs((p * values) @ p.T - covariance(x)).max(), np.diff(values).max()]
    return Gap(float(np.max(off)), 2 * (x.size / 3 + 40) * UNIT, "component")


@claim("value", x=IMAGES, seed=SEEDS)
def every_pixel_is_shifted_alike(f: Any, x: Array, seed: int) -> Gap:
    """One draw shifts every pixel of an image by the same colour.

        y - x is one colour

    Allowed  4 u (max|x| + max|y|): a sum for each pixel, and the check's difference.
    Rejects  a draw for each pixel; a gain in place of a shift.
    """
    rng = np.random.default_rng(seed)
    y = np.asarray(f.forward(x, f.draw(rng=rng), f.fit(colours(3))))
    shift = (y - x).reshape(-1, 3)
    return Gap(float(np.abs(shift - shift[:1]).max()), 4 * UNIT * float(np.abs(x).max() + np.abs(y).max()), "shift")


@claim("distribution", random=True)
def shift_has_the_squared_covariance(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The shift has mean 0 and the covariance 0.01 C², as the deviation along a component is 0.1 λ.

        y - x ~ N(0, 0.01 C²)

    Allowed  the mean of each whitened coordinate and the covariance, α/4 each, 4096 draws: a variance off by 22 %, a
             correlation of 0.14 and a mean off by 0.14 deviations are found with power 0.99 at α = 1e-9.
    Rejects  √λ for λ; a uniform draw of another variance.
    """
    return _shift(f.forward, f, rng, alpha, power=2)


@claim("distribution", random=True)
def root_shift_has_the_covariance(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """With √λ_i the shift has mean 0 and the covariance 0.01 C, a hundredth of the colours' own.

        y - x ~ N(0, 0.01 C)

    Allowed  as for the shift by λ_i.
    Rejects  λ for √λ.
    """
    return _shift(f.root_forward, f, rng, alpha, power=1)


def _shift(forward: Any, f: Any, rng: np.random.Generator, alpha: float, *, power: int) -> Gap:
    """The mean and the covariance of the shift of a black pixel beside 0 and 0.01 C^power."""
    x = colours(3)
    components = f.fit(x)
    shifts = np.stack([np.asarray(forward(np.zeros((1, 1, 3)), f.draw(rng=rng), components))[0, 0]
                       for _ in range(DRAWS)])
    target = 0.01 * np.linalg.matrix_power(covariance(x), power)
    white = np.linalg.solve(np.linalg.cholesky(target), shifts.T)
    return Gap.worst([*(statistics.mean_student(w, 0.0, alpha=alpha / 4) for w in white),
                      statistics.covariance(shifts, (target + target.T) / 2, alpha=alpha / 4)])
