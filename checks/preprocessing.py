"""Preprocessing: what holds of the training set after a step, and that other sets are changed by it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

UNIT = 2.0**-53
EIGHTHS = st.integers(-80, 80).map(lambda k: k / 8)
TABLES = st.tuples(st.integers(2, 8), st.integers(1, 4)).flatmap(lambda s: arrays(np.float64, s, elements=EIGHTHS))
IMAGES = arrays(np.float64, (3, 2, 4, 3), elements=EIGHTHS)
SEEDS = st.integers(0, 2**32 - 1)
TARGETS = st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (2.0, 6.0)])
AXES = st.sampled_from([(0, 1, 2), None, 0])


def worst(difference: Any) -> float:
    """The largest size of an entry, 0 for none."""
    return float(np.abs(difference).max(initial=0.0))


def varying(x: Array) -> Array:
    """Which features vary."""
    return np.asarray(x.max(axis=0) > x.min(axis=0))


@claim("value", x=TABLES, target=TARGETS)
def range_is_met(f: Any, x: Array, target: tuple[float, float]) -> Gap:
    """On the training set every feature that varies goes from a to b, and one that is constant is a.

        min y_j = a,  max y_j = b

    Allowed  5 u (|a| + |b| + b - a): a difference, a quotient, a product and a sum are rounded.
    Rejects  one range for all features; 0/0 for a constant one.
    """
    a, b = target
    y, varies = np.asarray(f.forward(x, f.fit(x), a=a, b=b)), varying(x)
    ends = [worst(y.min(axis=0) - a), worst((y.max(axis=0) - b)[varies]), worst(y[:, ~varies] - a)]
    return Gap(float(np.max(ends)), 5 * UNIT * (abs(a) + abs(b) + b - a), "end of the range")


SHIFTS = st.tuples(st.sampled_from([0.25, 1.0, 2.0, 16.0]), EIGHTHS)


@claim("invariance", x=TABLES, c=SHIFTS)
def range_ignores_affine_maps(f: Any, x: Array, c: tuple[float, float]) -> Gap:
    """A feature in other units, fitted anew, gives the same.

        f(α x + β) = f(x),  α > 0

    Allowed  10 u: α is a power of two and the sums are exact, so that two evaluations in [0, 1] differ by rounding.
    Rejects  a division by the largest value.
    """
    moved = c[0] * x + c[1] * np.arange(x.shape[1])
    return Gap(worst(np.asarray(f.forward(moved, f.fit(moved))) - np.asarray(f.forward(x, f.fit(x)))), 10 * UNIT, "y")


@claim("value")
def bytes_fill_the_interval(f: Any) -> Gap:
    """Bytes go to [0, 1] and to [-1, 1], ends included, in equal steps.

        f.unit_bytes(k) = k/255,  f.signed_bytes(k) = 2k/255 - 1

    Allowed  4 u.
    Rejects  a division by 256.
    """
    k = np.arange(256)
    off = [worst(np.asarray(f.unit_bytes(k.astype(np.uint8))) - k / 255),
           worst(np.asarray(f.signed_bytes(k.astype(np.uint8))) - (2 * k - 255) / 255)]
    return Gap(float(np.max(off)), 4 * UNIT, "byte")


@claim("value", x=IMAGES, axis=AXES)
def mean_is_zero(f: Any, x: Array, axis: Any) -> Gap:
    """After subtraction the mean is zero over whatever was averaged: a feature, a channel, everything.

        mean_axis (x - μ) = 0

    Allowed  2 (n + 4) u max|x| for n numbers averaged, twice.
    Rejects  X = mean(X), as printed; one mean for all features.
    """
    y = np.asarray(f.forward(x, f.fit(x, axis=axis)))
    if y.shape != x.shape:
        return Gap(np.inf, 0.0, f"shape {y.shape} instead of {x.shape}")
    return Gap(worst(y.mean(axis=axis)), 2 * (x.size + 4) * UNIT * worst(x), "mean")


@claim("value", x=TABLES)
def differences_are_kept(f: Any, x: Array) -> Gap:
    """Subtraction of a mean keeps every difference between two examples.

        y_m - y_n = x_m - x_n

    Allowed  6 u max|x|: two subtractions and the comparison's, of numbers of at most 2 max|x|.
    Rejects  a division by the deviation as well; X = mean(X).
    """
    y = np.asarray(f.forward(x, f.fit(x)))
    return Gap(worst((y - y[:1]) - (x - x[:1])) if y.shape == x.shape else np.inf, 6 * UNIT * worst(x), "difference")


@claim("invariance", x=TABLES)
def subtracting_twice_changes_nothing(f: Any, x: Array) -> Gap:
    """What is centred stays as it is when it is centred again.

        f(f(x)) = f(x)

    Allowed  2 (N + 4) u max|x|: the second mean is the rounding of the first.
    Rejects  a step that subtracts twice the mean, and so swings about it.
    """
    y = np.asarray(f.forward(x, f.fit(x)))
    again = np.asarray(f.forward(y, f.fit(y)))
    return Gap(worst(again - y), 2 * (len(x) + 4) * UNIT * worst(x), "second time")


def condition(x: Array) -> float:
    """1 + max|x|/σ over the features that vary, at least 1."""
    std = np.sqrt(((x - x.mean(axis=0)) ** 2).mean(axis=0))[varying(x)]
    return 1.0 + worst(x) / float(std.min(initial=np.inf))


@claim("value", x=TABLES)
def moments_are_zero_and_one(f: Any, x: Array) -> Gap:
    """On the training set every feature that varies has mean 0 and biased variance 1; a constant one is 0.

        Σ_n y_nj = 0,  Σ_n y_nj² / N = 1

    Allowed  μ and σ are known to (N + 4) u max|x|, which is (N + 4) u κ of σ, κ = 1 + max|x|/σ; mean and variance move
             by at most four times that times √N: 4 (N + 8) √N u κ.
    Rejects  σ² with N - 1; a division by the variance; 0/0 for a constant feature.
    """
    y, varies = np.asarray(f.forward(x, f.fit(x))), varying(x)
    off = [worst(y.mean(axis=0)), worst(((y**2).mean(axis=0) - 1)[varies]), worst(y[:, ~varies])]
    return Gap(float(np.max(off)), 4 * (len(x) + 8) * len(x) ** 0.5 * UNIT * condition(x), "moment")


@claim("invariance", x=TABLES, c=SHIFTS, sign=st.sampled_from([1.0, -1.0]))
def standardization_ignores_affine_maps(f: Any, x: Array, c: tuple[float, float], sign: float) -> Gap:
    """A feature in other units, fitted anew, gives the same; with its sign changed the negative.

        f(α x + β) = sign(α) f(x)

    Allowed  4 (N + 8) √N u (κ(x) + κ(α x + β)), as for the moments: α is a power of two, and the sum is exact.
    Rejects  a division by the mean.
    """
    moved = sign * c[0] * x + c[1] * np.arange(x.shape[1])
    difference = np.asarray(f.forward(moved, f.fit(moved))) - sign * np.asarray(f.forward(x, f.fit(x)))
    allowed = 4 * (len(x) + 8) * len(x) ** 0.5 * UNIT * (condition(x) + condition(moved))
    return Gap(worst(difference), allowed, "y")


@claim("value", seed=SEEDS)
def imagenet_constants_come_after_bytes(f: Any, seed: int) -> Gap:
    """An image of bytes is divided by 255, its channels go to the front, then the constants are applied.

        y[c, i, j] = (x[i, j, c]/255 - μ_c)/σ_c,  μ = (0.485, 0.456, 0.406), σ = (0.229, 0.224, 0.225)

    Allowed  8 u: numbers below 3, four roundings each.
    Rejects  channels left behind; constants meant for [0, 1] applied to bytes.
    """
    x = np.random.default_rng(seed).integers(0, 256, (3, 3, 3), dtype=np.uint8)
    y = np.asarray(f.imagenet_forward(x))
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    expected = np.array([[[(int(x[i, j, c]) / 255 - mean[c]) / std[c] for j in range(3)] for i in range(3)]
                         for c in range(3)])
    return Gap(worst(y - expected), 8 * UNIT * 3, "pixel")


@claim("behaviour", seed=SEEDS)
def statistics_come_from_the_training_set(f: Any, seed: int) -> Gap:
    """What becomes of an example hangs on the training set and on itself, not on what else is in its set.

        f.forward((x_1, …, x_M); φ)_1 does not change with x_2 … x_M,  φ = f.fit(training set)

    Allowed  two evaluations of (x - μ) W, whose sums a larger batch may order otherwise: 4 (D + 4) u (|x| + |μ|) ‖W‖,
             W and μ bounded by the step's effect on the unit vectors and by the training set.
    Rejects  a step that is fitted again to what it transforms.
    """
    rng = np.random.default_rng(seed)
    train, test = rng.integers(-40, 41, (12, 3)) / 8, rng.integers(-40, 41, (6, 3)) / 8
    fitted = f.fit(train)
    changed = np.concatenate([test[:1], test[1:] * 64 - 3])
    first, second = (np.asarray(f.forward(x, fitted))[0] for x in (test, changed))
    effect = worst(np.asarray(f.forward(np.eye(3), fitted)) - np.asarray(f.forward(np.zeros((3, 3)), fitted)))
    return Gap(worst(first - second), 4 * 7 * UNIT * 3 * (worst(train) + worst(test)) * effect, "first example")


@claim("behaviour", x=TABLES)
def nothing_is_drawn(f: Any, x: Array) -> Gap:
    """The step draws nothing: one example becomes the same every time, in training and at test. It is no augmentation.

        f(x) = f(x)

    Allowed  nothing.
    Rejects  a random mirror image among the steps of preprocessing.
    """
    fitted = f.fit(x)
    once = np.asarray(f.forward(x, fitted))
    return Gap(worst([worst(np.asarray(f.forward(x, fitted)) - once) for _ in range(8)]), 0.0, "second time")
