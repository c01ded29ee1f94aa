"""Normalization: what standardizing blocks of an input promises, whatever the blocks are.

The claims are made for a `Scope` (`checks.standardized_blocks`) and for strategies that draw x, gamma, beta, eps. A
subject has forward(x, gamma, beta, eps=…) and backward(x, gamma, beta, g, eps=…) with the gradients by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import Claim, Refused, claim
from fiducial.checks.evidence import Array, Gap, identical
from fiducial.checks.standardized_blocks import UNIT, Scope, aligned, judged

Draws = SearchStrategy[Any]
EPSILONS = (1e-5, 1e-3, 1e-8, 0.5)
FACTORS = (2.0, 0.5, 10.0, 3.0, 1e-2, 1e3)


def real_arrays(shape: Draws, scales: Sequence[float] = (1.0, 0.1, 20.0), means: Sequence[float] = (0.0, 1.0, -30.0)
                ) -> Draws:
    """Arrays of a drawn shape: normal numbers of two digits, times a scale, about a mean."""

    def made(given: tuple[tuple[int, ...], int, float, float]) -> Array:
        size, seed, scale, mean = given
        return np.asarray(np.round(np.random.default_rng(seed).normal(size=size), 2) * scale + mean)

    return st.tuples(shape, st.integers(0, 2**16), st.sampled_from(scales), st.sampled_from(means)).map(made)


def factors(shape: Draws) -> Draws:
    """Arrays of a drawn shape with entries of both signs, none near zero."""
    return shape.flatmap(lambda size: drawn.arrays(np.float64, size, elements=st.sampled_from((1.0, -0.5, 2.0, -1.5)),
                                                   fill=st.nothing()))


def output_moments(scope: Scope, *, examples: int = 30, **samples: Any) -> Claim:
    """Mean β and variance γ² s² / (s² + ε)."""

    @claim("value", examples=examples, **samples)
    def output_moments(f: Any, **sample: Any) -> Gap | None:
        """Before scale γ and shift β a block has mean 0 and variance s² / (s² + ε), s² the biased variance of x.

            z = (y - β) / γ:   mean z = 0,   mean z² - (mean z)² = s² / (s² + ε)

        Allowed  for the mean the bound e on the rounding of z; for the variance 2 e √(s²/(s²+ε)) + e², and
                 2 δ/σ + (2 m + 10) u for s² itself (`checks.standardized_blocks`).
        Rejects  the unbiased variance in the forward pass: the variance comes out (m-1)/m too small.
        Mend     normalize by the biased variance, division by m; the unbiased one is for the running average.
        Cares    in small blocks the two differ much: by an eighth in the variance at m = 8.
        """
        if (x := judged(scope, sample)) is None:
            return None
        z = (f.forward(**sample) - x.beta) / x.gamma
        error = (x.error_of_y() + 2 * UNIT * (abs(x.gamma * x.x_hat) + abs(x.beta))) / abs(x.gamma)
        e = (x.most(error) + (x.m + 1) * UNIT * x.most(abs(x.x_hat)))
        mean = (x.sums(z) / x.m)[x.labels]
        var = (x.sums((z - mean) ** 2) / x.m)[x.labels]
        share = x.spread**2 / x.root**2
        allowed = 2 * e + e**2 + 4 * x.delta + (2 * x.m + 10) * UNIT
        return Gap.worst([aligned(mean, e, "mean of a block"), aligned(var - share, allowed, "variance of a block")])

    return output_moments


def shift_invariance(scope: Scope, *, examples: int = 30, **samples: Any) -> Claim:
    """f(x + c) = f(x)."""

    @claim("invariance", examples=examples, c=st.sampled_from((1.0, -3.0, 100.0, 1e4, -1e5)), **samples)
    def block_shift_invariance(f: Any, c: float, **sample: Any) -> Gap | None:
        """A constant added to all entries of a block changes no output; each block has a constant of its own.

            f(x + c) = f(x)

        Allowed  the bounds on the rounding of both outputs, twice for x + c, which is itself rounded by u |x + c|.
        Rejects  the variance as mean(x²) - μ², which cancels where |μ| is large beside s.
        Mend     take the mean off first, then square: mean((x - μ)²).
        Cares    activations with a large mean lose all digits of their variance, in float32 soon.
        """
        labels = scope.labels(sample)
        moved = {**sample, "x": sample["x"] + c * (1 + labels % 3)}
        before, after = judged(scope, sample), judged(scope, moved)
        if before is None or after is None:
            return None
        return aligned(f.forward(**moved) - f.forward(**sample), before.error_of_y() + 2 * after.error_of_y(), "y")

    return block_shift_invariance


def positive_scale_invariance(scope: Scope, *, examples: int = 30, **samples: Any) -> Claim:
    """f(a x) → f(x) as ε/s² → 0."""

    @claim("invariance", examples=examples, a=st.sampled_from(FACTORS), **samples)
    def positive_scale_invariance(f: Any, a: float, **sample: Any) -> Gap | None:
        """A positive factor changes the output by no more than ε does: not at all in the limit ε/s² → 0.

            f(a x) - f(x) = γ x̂ (√((s² + ε) / (s² + ε/a²)) - 1),   a > 0

        Allowed  |γ x̂| max(ε, ε/a²) / (2 s²), which bounds the right-hand side (the root of a ratio is off 1 by no
                 more than half of |ε - ε/a²| / s²), and the rounding of both outputs, twice for a x.
        Rejects  division by s² + ε instead of its root: the output is divided by a.
        Mend     divide by √(s² + ε): the root of the sum, ε inside.
        Cares    that the scale of the weights before the layer drops out is what the layer is for.
        """
        scaled = {**sample, "x": sample["x"] * a}
        before, after = judged(scope, sample), judged(scope, scaled)
        if before is None or after is None:
            return None
        drift = abs(before.gamma) * (abs(before.x_hat) + before.error_of_x_hat())
        drift = drift * max(1, a**-2) * sample["eps"] / (2 * before.spread**2) * (1 + 3e-4)  # s is known to 1e-4
        return aligned(f.forward(**scaled) - f.forward(**sample),
                        drift + before.error_of_y() + 2 * after.error_of_y(), "y")

    return positive_scale_invariance


def odd_under_negation(scope: Scope, *, examples: int = 25, **samples: Any) -> Claim:
    """f(-x) - β = -(f(x) - β)."""

    @claim("invariance", examples=examples, **samples)
    def odd_under_negation(f: Any, **sample: Any) -> Gap | None:
        """The sign of the input passes through: -1 is no scale that is lost.

            f(-x) - β = -(f(x) - β)

        Allowed  the rounding of both outputs, and 4 u (|γ x̂| + |β|) for taking β off.
        Rejects  a layer that scales |x̂|, or that takes the mean's absolute value off.
        Mend     divide x - μ, with its sign, by √(s² + ε).
        Cares    half of the information is in the signs.
        """
        if (x := judged(scope, sample)) is None:
            return None
        total = f.forward(**{**sample, "x": -sample["x"]}) + f.forward(**sample) - 2 * x.beta
        return aligned(total, 2 * x.error_of_y() + 4 * UNIT * (abs(x.gamma * x.x_hat) + abs(x.beta)), "y(-x) + y(x)")

    return odd_under_negation


def correlations_untouched(scope: Scope, *, examples: int = 25, **samples: Any) -> Claim:
    """corr(y_i, y_j) = sign(γ_i γ_j) corr(x_i, x_j)."""

    @claim("invariance", examples=examples, **samples)
    def correlations_untouched(f: Any, **sample: Any) -> Gap | None:
        """Correlations between features pass through unchanged: each feature is standardized, nothing is decorrelated.

            corr(y_i, y_j) = sign(γ_i γ_j) corr(x_i, x_j)

        Allowed  with r the rounding of a feature over its deviation, as lengths of vectors: 2 r_i + 2 r_j for the
                 outputs, the same for the inputs, whose mean is rounded by δ, and 2 (n + 5) u for the products.
        Rejects  whitening, after which the covariance is the same for every input: all correlations are 0.
        Mend     divide each feature by its own deviation; whitening is another layer.
        Cares    what later layers learn rests on how features go together.
        """
        if (x := judged(scope, sample)) is None:
            return None
        y, given = f.forward(**sample), sample["x"]
        signs = np.sign(sample["gamma"])
        deviation = abs(x.gamma) * x.spread / x.root
        rounding = x.error_of_y() + (x.m + 3) * UNIT * (abs(x.gamma * x.x_hat) + abs(x.beta))
        r = _features(rounding / deviation + 2 * x.delta * x.root / x.spread).max(axis=0)
        allowed = 2 * r[:, None] + 2 * r + 2 * (x.m + 5) * UNIT
        return aligned(_correlation(y) - np.outer(signs, signs) * _correlation(given), allowed, "correlation")

    return correlations_untouched


def _features(x: Array) -> Array:
    """One column a channel."""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _correlation(x: Array) -> Array:
    columns = _features(x) - _features(x).mean(axis=0)
    columns = columns / np.sqrt((columns**2).sum(axis=0))
    return np.asarray(columns.T @ columns)


def independent_of_the_batch(*, examples: int = 25, **samples: Any) -> Claim:
    """Each example stands alone."""

    @claim("invariance", examples=examples, **samples)
    def independent_of_the_batch(f: Any, **sample: Any) -> Gap | None:
        """An example's output does not depend on the examples beside it, nor on how many they are.

            f(x)[:k] = f(x[:k])

        Allowed  0: the same numbers are summed in the same order, bit for bit.
        Rejects  statistics over the batch, which is batch normalization.
        Mend     take mean and variance over the features of each example, not over the batch.
        Cares    predictions must not depend on who else is asked about.
        """
        if sample["x"].ndim <= sample["gamma"].ndim:
            return None
        whole = f.forward(**sample)
        gaps = [identical(whole[:k], f.forward(**{**sample, "x": np.ascontiguousarray(sample["x"][:k])}),
                          f"the first {k} examples") for k in range(1, len(whole))]
        return Gap.worst(gaps) if gaps else None

    return independent_of_the_batch


def independent_of_the_length(*, examples: int = 25, **samples: Any) -> Claim:
    """Each position of a sequence stands alone."""

    @claim("invariance", examples=examples, **samples)
    def independent_of_the_length(f: Any, **sample: Any) -> Gap | None:
        """A position's output does not depend on the length of the sequence: x is (N, T, D), D the features.

            f(x)[:, :t] = f(x[:, :t])

        Allowed  0: the same numbers are summed in the same order, bit for bit.
        Rejects  statistics over the whole sequence.
        Mend     normalize the last axis alone, position by position.
        Cares    with statistics over the sequence a later token changes an earlier one: the model sees the future.
        """
        if sample["x"].ndim <= sample["gamma"].ndim + 1:
            return None
        whole = f.forward(**sample)
        gaps = [identical(whole[:, :t], f.forward(**{**sample, "x": np.ascontiguousarray(sample["x"][:, :t])}),
                          f"the first {t} positions") for t in range(1, whole.shape[1])]
        return Gap.worst(gaps) if gaps else None

    return independent_of_the_length


def agrees_with(other: Any, scope: Scope, name: str, *, examples: int = 25, **samples: Any) -> Claim:
    """A normalization that is another one at certain settings, before scale and shift; `other` takes γ = 1, β = 0."""

    def agrees(f: Any, **sample: Any) -> Gap | None:
        """Where the blocks are those of another normalization, so are the values before scale and shift.

            f(x; γ = 1, β = 0) = other(x; γ = 1, β = 0)

        Allowed  the rounding of both outputs (`checks.standardized_blocks`).
        Rejects  groups that are cut along the wrong axis, or made of every G-th channel.
        Mend     cut the channels into G runs of neighbours, C/G each, and normalize a run with its positions.
        Cares    weights move between frameworks: other groups are other numbers, without an error.
        """
        plain = {**sample, "gamma": np.ones_like(sample["gamma"]), "beta": np.zeros_like(sample["beta"])}
        if (x := judged(scope, plain)) is None:
            return None
        expected = other(plain["x"], plain["eps"])
        return aligned(f.forward(**plain) - expected, 2 * x.error_of_y(), "x̂")

    agrees.__name__ = name
    return claim("invariance", examples=examples, **samples)(agrees)


def one_value_per_block_is_refused(*, examples: int = 10, **samples: Any) -> Claim:
    """A variance of one value."""

    @claim("behaviour", examples=examples, **samples)
    def one_value_per_block_is_refused(f: Any, **sample: Any) -> Gap:
        """One value alone, whose variance is nothing but 0, is refused in training rather than turned into β.

            x of one value per block: ValueError

        Allowed  0: it is refused or it is not.
        Rejects  a layer that returns β for every input, and learns nothing from it.
        Mend     raise ValueError in training where a block has one value.
        Cares    a last batch of one example then says so, instead of training on constants.
        """
        try:
            y = f.forward(**sample)
        except (ValueError, Refused):
            return Gap(0.0, 0.0)
        return Gap(1.0, 0.0, "one value per block is taken", {"y": np.asarray(y)})

    return one_value_per_block_is_refused
