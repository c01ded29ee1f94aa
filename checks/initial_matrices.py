"""Claims about initializers that make a matrix as a whole: orthogonal, Dirac and sparse ones."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
from scipy import special

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, identical
from fiducial.checks.initializers import SEEDS, Draw, over
from fiducial.checks.statistics import Continuous, laws

MATRICES = [Draw((6, 6)), Draw((9, 4)), Draw((4, 9)), Draw((12, 3, 2, 2)), Draw((5, 5), {"gain": 1.75})]


def _flat(draw: Draw, f: Any, rng: np.random.Generator) -> tuple[Array, float]:
    w = draw.of(f, rng)
    return w.reshape(len(w), -1), float(draw.options.get("gain", 1.0))


@claim("value", examples=20, seed=SEEDS)
def columns_are_orthonormal(f: Any, seed: int) -> Gap:
    """The shorter side's vectors are orthonormal, times the gain.

        WᵀW = gain² I,   W Wᵀ = gain² I when W is wide

    Allowed  for m x k, m ≥ k: each of k computed reflectors is off by (6m + 20) u in norm (Higham, 2002, lemma 19.2,
             with the constant of his proof), Q by √k k (6m + 20) u; Gram's matrix by twice that and its own sums m u.
    Rejects  a Gaussian matrix of the same variance; a gain that is squared.
    Mend     take Q of a QR factorisation (of the transpose where W is wide) and multiply by the gain once.
    Cares    only orthonormal columns keep lengths; variance alone keeps them on average.
    """

    def judge(draw: Draw) -> Gap:
        w, gain = _flat(draw, f, np.random.default_rng(seed))
        tall = w if w.shape[0] >= w.shape[1] else w.T
        m, k = tall.shape
        u = float(np.finfo(tall.dtype).eps) / 2
        allowed = 2 * math.sqrt(k) * k * (6 * m + 20) * u + m * u + 4 * u
        return Gap(float(np.abs(tall.T @ tall - gain**2 * np.eye(k)).max()) / gain**2, allowed, "WᵀW/gain² - I")

    return over(MATRICES, judge)


def coordinate_on_a_sphere(m: int) -> Continuous:
    """The law of one coordinate of a uniform unit vector in m dimensions: (1 + t)/2 ~ Beta((m-1)/2, (m-1)/2)."""
    a = (m - 1) / 2
    return Continuous(f"a coordinate on the sphere in {m} dimensions", lambda t: special.betainc(a, a, (1 + t) / 2),
                      lambda t: special.betainc(a, a, (1 - t) / 2), (-1.0, 1.0))


HAAR = [Draw((6, 6)), Draw((8, 5)), Draw((5, 8))]
MATRICES_A_DRAW = 600


@claim("distribution", random=True)
def is_rotation_invariant(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The law is Haar's: rotating the matrix on either side changes nothing.

        ⟨a, W b⟩ is distributed as one coordinate of a uniform unit vector, for all fixed unit vectors a, b

    Allowed  α split over three shapes and two pairs a, b (the first axes, and a fixed oblique pair), then over five
             tests; 600 matrices at α = 1e-9 find a cdf distance of 0.21 with power 0.99.
    Rejects  Q of a factorisation without the sign of R's diagonal: its first entry is always negative.
    Mend     multiply Q's columns by the signs of R's diagonal.
    Cares    without it the matrices prefer a half of the space, whatever LAPACK's convention makes of it.
    """

    def judge(draw: Draw) -> Gap:
        rows, columns = draw.shape
        found = np.stack([draw.of(f, rng) for _ in range(MATRICES_A_DRAW)])
        oblique = [v / np.linalg.norm(v) for v in (np.arange(1.0, rows + 1), np.arange(columns, 0.0, -1))]
        pairs = [(np.eye(rows)[0], np.eye(columns)[0]), oblique]
        law, share = coordinate_on_a_sphere(max(rows, columns)), alpha / (len(HAAR) * len(pairs))
        return Gap.worst([statistics.distribution(np.einsum("i,nij,j->n", a, found, b), law, alpha=share,
                                                  seed=int(rng.integers(2**31))) for a, b in pairs])

    return over(HAAR, judge)


KERNELS = [Draw((3, 3, 3)), Draw((4, 2, 4)), Draw((2, 5, 3, 2)), Draw((6, 2, 3, 3), {"groups": 3}),
           Draw((4, 3, 1, 2, 3), {"groups": 2})]


def convolved(x: Array, w: Array, groups: int) -> Array:
    """Cross-correlation at stride 1, zero-padded so that the kernel's entry ⌊k/2⌋ meets each place: x (channels, …)."""
    kernel = w.shape[2:]
    padded = np.pad(x, [(0, 0), *((k // 2, (k - 1) // 2) for k in kernel)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=tuple(range(1, x.ndim)))
    per_group = np.split(windows, groups)
    axes = (list(range(1, w.ndim)), [0, *range(x.ndim, windows.ndim)])
    return np.concatenate([np.tensordot(part, window, axes)
                           for part, window in zip(np.split(w, groups), per_group, strict=True)])


@claim("behaviour", examples=10, seed=SEEDS)
def convolution_is_the_identity(f: Any, seed: int) -> Gap:
    """A convolution with the kernel passes each channel on, as far as there are channels, group by group.

        y[g m + i] = x[g c + i],  i < min(m, c);  0 on further outputs

    Allowed  0 entries that differ: whole numbers are multiplied by 0 and 1.
    Rejects  a centre off by one in an even kernel; groups ignored.
    Mend     put the 1 at k//2 along every axis, for channel i of each group at its own input i.
    Cares    the identity is how layers are added to a trained net; off by one pixel it shifts every image.
    """

    def judge(draw: Draw) -> Gap:
        groups = draw.options.get("groups", 1)
        rng = np.random.default_rng(seed)
        w = draw.of(f, rng)
        m, c = draw.shape[0] // groups, draw.shape[1]
        x = rng.integers(-9, 10, (groups * c, *(5 for _ in draw.shape[2:]))).astype(np.float64)
        y = np.zeros((draw.shape[0], *x.shape[1:]))
        for g in range(groups):
            y[g * m : g * m + min(m, c)] = x[g * c : g * c + min(m, c)]
        return identical(y, convolved(x, w, groups), "outputs of the convolution")

    return over(KERNELS, judge)


SPARSE = [Draw((5, 3000), {"sparsity": 0.4}), Draw((4, 3000), {"sparsity": 0.3, "std": 0.5})]


def _zeros_of(draw: Draw) -> int:
    sparsity: float = draw.options["sparsity"]
    return math.ceil(sparsity * draw.shape[0])


@claim("value", examples=5, seed=SEEDS)
def columns_have_their_zeros(f: Any, seed: int) -> Gap:
    """Every column has the stated number of zeros.

        #{j : w_ji = 0} = ⌈sparsity · out⌉  for each i

    Allowed  0 columns that differ; a normal number is 0 with probability 0.
    Rejects  zeros drawn entry by entry, which are only so many on average; the number rounded down.
    Mend     round sparsity · out up, and set exactly so many entries of each column to 0.
    Cares    sparse starts are compared by their numbers of connections; a number on average is another method.
    """

    def judge(draw: Draw) -> Gap:
        zeros = np.count_nonzero(draw.of(f, np.random.default_rng(seed)) == 0, axis=0)
        return Gap(float(np.count_nonzero(zeros != _zeros_of(draw))), 0.0, "columns with another number of zeros")

    return over(SPARSE, judge)


@claim("distribution", random=True)
def zeros_fall_anywhere(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Every set of places is equally likely, and the entries elsewhere are normal.

        P(zeros of a column = S) = 1 / C(out, k) for each S of k places;   w ~ N(0, σ²) elsewhere

    Allowed  α split over the draws, and in each over a χ² over the sets (exact) and the law's tests; 3000 columns
             find one set of ten 1.7 times as frequent as the others with power 0.98.
    Rejects  the first k places of every column; σ² taken for σ.
    Mend     draw the places of each column anew, and the others with the standard deviation std.
    Cares    zeros in fixed places cut the same inputs off from every unit.
    """

    def judge(draw: Draw) -> Gap:
        w = draw.of(f, rng)
        sets = {places: i for i, places in enumerate(combinations(range(draw.shape[0]), _zeros_of(draw)))}
        found = [sets.get(tuple(np.flatnonzero(column == 0).tolist()), -1) for column in w.T]
        if -1 in found:
            return Gap(math.inf, 0.0, "a column with another number of zeros")
        share, p = alpha / (2 * len(SPARSE)), np.full(len(sets), 1 / len(sets))
        law = laws.normal(0, draw.options.get("std", 0.01))
        return Gap.worst([
            statistics.cells(np.bincount(found, minlength=len(sets)), p, alpha=share, rng=rng),
            statistics.distribution(w[w != 0], law, alpha=share, seed=int(rng.integers(2**31)))])

    return over(SPARSE, judge)
