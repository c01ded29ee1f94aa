"""Whitening: covariances after a step, what it keeps, and which of all whitenings it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

UNIT = 2.0**-53
SEEDS = st.integers(0, 2**32 - 1)
CORRECTIONS = st.sampled_from([1e-5, 0.0, 0.5])
WORST_CONDITION = 1e6


class Sample(NamedTuple):
    """Correlated data x (N, D) about a mean that is not 0, their covariance, and its eigenvalues, falling."""

    x: Array
    covariance: Array
    values: Array

    @property
    def bound(self) -> float:
        """Rounding of a covariance after whitening, absolute: (4 N + 40 D) u ‖X‖²/N / s_min.

        The covariance that a step finds is off by E, ‖E‖ ≤ (N + 10 D + 4) u ‖X‖_F²/N (sums over N, an eigensolver that
        is backward stable); (C + E)^{-1/2} whitens C to ‖E‖/s_min; a whitened entry rounds by (D + 4) u ‖x‖/√s_min,
        and the covariance of N of them by twice that and (N + 4) u.
        """
        n, d = self.x.shape
        return float((4 * n + 40 * d) * UNIT * (self.x**2).sum() / n / self.smallest)

    @property
    def smallest(self) -> float:
        """The least variance that is not 0."""
        return float(self.values[self.values > 1e-9 * self.values[0]].min())


def sample(seed: int, *, rank: int = 3) -> Sample | None:
    """Twelve examples of three features that span `rank` dimensions; None where the condition is too large to judge."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-8, 9, (12, rank)) / 4 @ (rng.integers(-8, 9, (rank, 3)) / 4) + rng.integers(-3, 4, 3)
    c = covariance(x)
    values = np.linalg.eigvalsh(c)[::-1]
    if values[0] == 0 or values[rank - 1] * WORST_CONDITION < values[0]:
        return None
    return Sample(x, c, values)


def covariance(x: Array) -> Array:
    """Biased: X_cᵀ X_c / N."""
    centred = x - x.mean(axis=0)
    return np.asarray(centred.T @ centred / len(x))


def transformed(f: Any, x: Array, **options: Any) -> Array:
    """The training set after the step."""
    return np.asarray(f.forward(x, f.fit(x), **options))


@claim("value", seed=SEEDS)
def covariance_becomes_diagonal(f: Any, seed: int) -> Gap | None:
    """On the principal axes no two components of the training set correlate, and their variances are the eigenvalues.

        cov(y) = diag(s),  s_1 ≥ s_2 ≥ …

    Allowed  that of a whitened covariance times s_1: (4 N + 40 D) u ‖X‖²/N, and no more, as nothing is divided.
    Rejects  axes of X Xᵀ/N without centring; the transpose of the axes, as numpy.linalg.svd returns them.
    """
    drawn = sample(seed)
    if drawn is None:
        return None
    y = transformed(f, drawn.x)
    return Gap(float(np.abs(covariance(y) - np.diag(drawn.values)).max()), drawn.bound * drawn.smallest, "covariance")


@claim("invariance", seed=SEEDS)
def distances_are_kept(f: Any, seed: int) -> Gap | None:
    """A turn keeps the distance of any two examples.

        ‖y_m - y_n‖ = ‖x_m - x_n‖

    Allowed  20 D u times the largest norm: U is orthogonal to 10 D u, and a difference of two turned examples rounds
             by (D + 4) u of their norms.
    Rejects  components divided by their deviations.
    """
    drawn = sample(seed)
    if drawn is None:
        return None
    y = transformed(f, drawn.x)
    before, after = (np.linalg.norm(z[:, None] - z[None, :], axis=-1) for z in (drawn.x, y))
    largest = float(np.linalg.norm(drawn.x, axis=1).max())
    return Gap(float(np.abs(after - before).max()), 2 * 20 * 3 * UNIT * largest, "distance")


@claim("value", seed=SEEDS)
def axes_are_those_of_the_svd(f: Any, seed: int) -> Gap | None:
    """The axes are the right singular vectors of the centred data, up to their signs.

        |y| = |X_c V|,  X_c = Z diag(√(N s)) Vᵀ;  numpy's svd returns Vᵀ

    Allowed  an axis turns by ‖E‖/gap between neighbouring eigenvalues, E as for the covariance: (4 N + 40 D) u ‖X‖²/N
             times ‖x‖/gap, for both decompositions; None where the gap is below a hundredth of s_1.
    Rejects  the transpose of the axes.
    """
    drawn = sample(seed)
    if drawn is None or np.diff(drawn.values).max() > -drawn.values[0] / 100:
        return None
    centred = drawn.x - drawn.x.mean(axis=0)
    expected = np.abs(centred @ np.linalg.svd(centred, full_matrices=False)[2].T)
    gap = float(-np.diff(drawn.values).max())
    allowed = 2 * drawn.bound * drawn.smallest / gap * float(np.linalg.norm(drawn.x, axis=1).max())
    return Gap(float(np.abs(np.abs(transformed(f, drawn.x)) - expected).max()), allowed, "component")


@claim("value", seed=SEEDS, eps=CORRECTIONS)
def components_get_variance_one(f: Any, seed: int, eps: float) -> Gap | None:
    """After PCA whitening the components do not correlate and have variance 1, but for what ε takes.

        cov(y) = diag(s / (s + ε))

    Allowed  (4 N + 40 D) u ‖X‖²/N / s_min.
    Rejects  a division by the eigenvalue, whose root it should be.
    """
    drawn = sample(seed)
    if drawn is None:
        return None
    found = covariance(transformed(f, drawn.x, eps=eps))
    return Gap(float(np.abs(found - np.diag(drawn.values / (drawn.values + eps))).max()), drawn.bound, "covariance")


@claim("value", seed=SEEDS)
def covariance_becomes_identity(f: Any, seed: int) -> Gap | None:
    """After ZCA whitening of data of full rank the covariance is the identity.

        cov(X_c C^{-1/2}) = I

    Allowed  (4 N + 40 D) u ‖X‖²/N / s_min.
    Rejects  C^{-1} for its root.
    """
    drawn = sample(seed)
    if drawn is None:
        return None
    return Gap(float(np.abs(covariance(transformed(f, drawn.x)) - np.eye(3)).max()), drawn.bound, "covariance")


@claim("value", seed=SEEDS)
def lost_rank_gives_a_projector(f: Any, seed: int) -> Gap | None:
    """Where the data do not span every dimension the covariance becomes the projector onto those that they span.

        cov(y) = P,  P = U_r U_rᵀ

    Allowed  (4 N + 40 D) u ‖X‖²/N / s_r for the r variances that are not 0, and as much for P from the check's own
             decomposition.
    Rejects  C^{-1/2} as it is written: rounding's remains of the other variances are blown up, or divided by 0.
    """
    drawn = sample(seed, rank=2)
    if drawn is None:
        return None
    _, values, vectors = np.linalg.svd(drawn.x - drawn.x.mean(axis=0))
    spanned = vectors[: int((values > 1e-6 * values[0]).sum())]
    with np.errstate(all="ignore"):
        found = covariance(transformed(f, drawn.x))
    return Gap(float(np.abs(found - spanned.T @ spanned).max()), 2 * drawn.bound, "covariance")


@claim("value", seed=SEEDS)
def matrix_is_symmetric_and_positive(f: Any, seed: int) -> Gap | None:
    """ZCA's matrix is symmetric and positive definite: it stretches along the axes, and turns nothing.

        W = Wᵀ,  vᵀ W v > 0

    Allowed  (3 D + 10) u ‖W‖ for either, W being a product of three matrices.
    Rejects  PCA whitening, whose matrix ends with a turn.
    """
    drawn = sample(seed)
    if drawn is None:
        return None
    w = np.asarray(f.matrix(f.fit(drawn.x)))
    least = float(np.linalg.eigvalsh((w + w.T) / 2).min())
    return Gap(max(float(np.abs(w - w.T).max()), -least), 19 * UNIT * float(np.linalg.norm(w)), "asymmetry")


@claim("value", seed=SEEDS, turns=SEEDS)
def nothing_white_is_nearer(f: Any, seed: int, turns: int) -> Gap | None:
    """Of all whitenings ZCA moves the data least.

        ‖X_c W - X_c‖_F ≤ ‖X_c W Q - X_c‖_F  for every orthogonal Q

    Allowed  the rounding of either side: 2 (4 N + 40 D) u ‖X‖²/N / s_min, times √(N D) for a white set's size.
    Rejects  PCA whitening.
    """
    drawn = sample(seed)
    if drawn is None:
        return None
    y, centred = transformed(f, drawn.x), drawn.x - drawn.x.mean(axis=0)
    rng = np.random.default_rng(turns)
    distances = [float(np.linalg.norm(y @ np.linalg.qr(rng.standard_normal((3, 3)))[0] - centred)) for _ in range(20)]
    return Gap(max(float(np.linalg.norm(y - centred)) - min(distances), 0.0), 12 * drawn.bound, "distance")
