"""Dropout: what a random mask keeps and at which scale, and what training and test have in common."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.statistics import laws

UNIT = 2.0**-53
UNITS = {"float64": UNIT, "float32": 2.0**-24}
EIGHTHS = st.integers(-40, 40).map(lambda k: k / 8)
INPUTS = arrays(np.float64, array_shapes(max_dims=3, max_side=5), elements=EIGHTHS)
NONZERO = arrays(np.float64, array_shapes(max_dims=3, max_side=5), elements=EIGHTHS.filter(bool))
RATES = st.sampled_from([0.5, 0.0, 0.1, 0.25, 0.75, 0.9])
SEEDS = st.integers(0, 2**32 - 1)
UNITS_OF_A_LAYER = st.integers(1, 5)
DRAWS = 2**17
CALLS = 1000


def formats(f: Any) -> list[str]:
    """The dtypes that a subject takes."""
    return list(getattr(f, "dtypes", ("float64",)))


def relative(y: Array, target: Array) -> float:
    """How far each entry is from 0 or from its target, whichever is nearer, over the target; inf where that is 0."""
    distance = np.minimum(np.abs(y), np.abs(y - target))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(distance == 0, 0.0, distance / np.abs(target))
    return float(np.max(ratio, initial=0.0))


@claim("value", x=INPUTS, p=RATES, seed=SEEDS)
def kept_entries_are_scaled(f: Any, x: Array, p: float, seed: int) -> Gap:
    """In training every entry is 0 or the input over 1 - p.

        y_i ∈ {0, x_i / (1 - p)}

    Allowed  4 u relative: 1 - p, its reciprocal and the product are rounded, and the quotient compared with is.
    Rejects  the classic form, which does not scale in training.
    Mend     multiply by mask/(1 - p) in training.
    Cares    the classic form wants another test mode; a mix of both changes every activation's size.
    """
    gaps = []
    for dtype in formats(f):
        y = np.asarray(f.train(x.astype(dtype), p=p, rng=np.random.default_rng(seed)))
        gaps.append(Gap(relative(y, x / (1 - p)) if y.shape == x.shape else np.inf, 4 * UNITS[dtype], dtype))
    return Gap.worst(gaps)


@claim("mode", x=INPUTS)
def test_is_the_identity(f: Any, x: Array) -> Gap:
    """At test nothing is changed, whatever p is: it is not needed.

        f.test(x) = x

    Allowed  nothing.
    Rejects  a subject that scales by 1 - p at test as well.
    Mend     return the input where training is off: the scaling was done in training.
    Cares    scaled twice, every prediction is made by a net that was never trained.
    """
    y = np.asarray(f.test(x))
    return Gap(float(np.count_nonzero(y != x)) if y.shape == x.shape else np.inf, 0.0, "entries that differ")


@claim("value", x=INPUTS, seed=SEEDS)
def rate_zero_keeps_everything(f: Any, x: Array, seed: int) -> Gap:
    """With p = 0 training changes nothing.

        y = x    at p = 0

    Allowed  nothing: 1/(1 - 0) is exact.
    Rejects  a mask that compares a random number with p the wrong way round.
    Mend     compare as uniform >= p, so that p = 0 keeps all.
    Cares    p = 0 is how dropout is switched off in configurations.
    """
    y = np.asarray(f.train(x, p=0.0, rng=np.random.default_rng(seed)))
    return Gap(float(np.count_nonzero(y != x)), 0.0, "entries that differ")


@claim("value", x=INPUTS, seed=SEEDS)
def rate_one_drops_everything(f: Any, x: Array, seed: int) -> Gap:
    """With p = 1 everything is 0, and nothing is nan.

        y = 0    at p = 1

    Allowed  nothing.
    Rejects  m x / (1 - p) as it is written: 0/0 is nan.
    Mend     handle p = 1 by itself: return zeros, without dividing.
    Cares    sweeps of p end at 1, and nan spreads through everything.
    """
    y = np.asarray(f.train(x, p=1.0, rng=np.random.default_rng(seed)))
    return Gap(float(np.count_nonzero(y != 0)), 0.0, "entries that are not 0")


@claim("gradient", x=NONZERO, p=RATES, seed=SEEDS)
def gradient_uses_the_same_mask(f: Any, x: Array, p: float, seed: int) -> Gap:
    """The gradient passes where the entry was kept, by the same factor, and nowhere else.

        ∂L/∂x_i = g_i y_i / x_i

    Allowed  0 where y_i = 0; else 8 u relative, for the factor in y, the one in the gradient, and the check's quotient.
    Rejects  a backward pass that draws a mask of its own.
    Mend     keep the mask of the forward pass for the backward pass, factor and all.
    Cares    a second draw makes the gradient that of another net; the loss still falls.
    """
    rng = np.random.default_rng(seed)
    g = rng.integers(1, 5, x.shape).astype(np.float64)
    y, dx = f.train_with_gradient(x, g, p=p, rng=rng)
    expected = g * y / x
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(dx == expected, 0.0, np.abs(dx - expected) / np.abs(expected))
    return Gap(float(np.max(ratio, initial=0.0)), 8 * UNIT, "gradient, relative")


@claim("distribution", random=True)
def drop_rate_is_p(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Each entry is dropped with probability p.

        #{y_i = 0} ~ Bin(n, p) for x = 1

    Allowed  exact binomial quantiles for n = 2^17 at p = 0.1 and 0.5, α/2 each. A rate that is off by 0.012 (p = ½)
             or 0.0072 (p = 0.1) is found with power 0.99 at α = 1e-9.
    Rejects  a mask whose probability to keep is p.
    Mend     keep where a uniform number is at least p: p is the probability to drop.
    Cares    at p = ½ a mix-up of the two is invisible; at 0.1 it drops nine tenths.
    """
    return Gap.worst([statistics.proportion(np.asarray(f.train(np.ones(DRAWS), p=p, rng=rng)) == 0, p, alpha=alpha / 2)
                      for p in (0.1, 0.5)])


@claim("distribution", random=True)
def mean_is_kept(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The mean over draws is the input.

        E y_i = x_i

    Allowed  `mean_of_bounded` on [0, 1/(1 - p)] for n = 2^17 at p = ¼: a mean off by 0.017 is found with power 0.99 at
             α = 1e-9.
    Rejects  scaling by 1/p instead of 1/(1 - p).
    Mend     divide what is kept by 1 - p, the probability to keep.
    Cares    at test nothing is scaled: with another mean the next layer sees inputs that it was not trained on.
    """
    y = np.asarray(f.train(np.ones(DRAWS), p=0.25, rng=rng))
    return statistics.mean_of_bounded(y, 1.0, (0.0, 4 / 3), alpha=alpha)


@claim("distribution", random=True)
def entries_are_dropped_independently(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Entries are dropped independently of each other, in one call and from call to call.

        #{kept among 8 × 8} ~ Bin(64, 1 - p), neighbours independent, the same entry in successive calls too

    Allowed  the exact law of the count in 1000 calls, Fisher's exact law for neighbours along the last axis and for the
             same entry in one call and the next, α/3 each: a correlation of 0.049 between neighbours is found with
             power 0.99 at α = 1e-9.
    Rejects  a mask with one draw for each row; exactly p n entries dropped; one mask for all calls.
    Mend     draw one number for each entry in each call.
    Cares    a mask for whole rows or for all calls is another method, and regularizes otherwise.
    """
    kept = np.stack([np.asarray(f.train(np.ones((8, 8)), p=0.5, rng=rng)) != 0 for _ in range(CALLS)])
    counts = kept.sum(axis=(1, 2)).astype(np.float64)
    pairs = kept.reshape(CALLS, 32, 2)
    again = kept.reshape(CALLS // 2, 2, 64)
    return Gap.worst([
        statistics.distribution(counts, laws.binomial(64, 0.5), alpha=alpha / 3),
        statistics.fisher(pairs[..., 0].ravel(), pairs[..., 1].ravel(), alpha=alpha / 3),
        statistics.fisher(again[:, 0].ravel(), again[:, 1].ravel(), alpha=alpha / 3),
    ])


@claim("distribution", random=True)
def rate_may_differ_per_unit(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """An array p gives each unit its own rate and its own scale.

        P(y_i = 0) = p_i,  y_i ∈ {0, x_i / (1 - p_i)}

    Allowed  exact binomial quantiles for 2^15 draws of each of four units, α/4 each: a rate off by 0.024 is found with
             power 0.99 at α = 1e-9. For the scale 4 u relative.
    Rejects  a subject that takes the mean of p for all.
    """
    p = np.array([0.1, 0.4, 0.6, 0.9])
    y = np.asarray(f.train(np.ones((DRAWS // 4, 4)), p=p, rng=rng))
    return Gap.worst([Gap(relative(y, 1 / (1 - p) * np.ones_like(y)), 4 * UNIT, "scale"),
                      *(statistics.proportion(y[:, i] == 0, p[i], alpha=alpha / 4) for i in range(4))])


def masks(n: int) -> Array:
    """All 2ⁿ masks of n units, one a row."""
    return np.array(list(product([False, True], repeat=n)))


def probabilities_of(kept: Array, p: float) -> Array:
    """The probability of each mask."""
    count = kept.sum(axis=1)
    return np.asarray((1 - p) ** count * p ** (kept.shape[1] - count))


def softmax(z: Array) -> Array:
    """Along the last axis."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def geometric_gap(thinned: Callable[[Array], Array], whole: Array, n: int, seed: int) -> Gap:
    """Softmax regression on every thinned input, averaged geometrically, beside the one on the whole input.

    Rounding moves a logit of n + 1 terms by (n + 2) u Σ|terms|, a mean of 2ⁿ of them by 2ⁿ u of its size, and softmax
    and logarithm by a few u more; a probability moves by at most half as much as the logits.
    """
    rng = np.random.default_rng(seed)
    w, b = rng.integers(-4, 5, (3, n)) / 4, rng.integers(-4, 5, 3) / 4
    logs = [np.log(softmax(w @ thinned(kept) + b)) for kept in masks(n)]
    averaged = softmax(np.mean(logs, axis=0))
    largest = float(np.abs(w).sum(axis=1).max() * 2 * np.abs(whole).max(initial=1.0) * 2 + 3)
    return Gap(float(np.abs(averaged - softmax(w @ whole + b)).max()), (2**n + n + 20) * UNIT * largest, "probability")


SMALL = UNITS_OF_A_LAYER.flatmap(lambda n: arrays(np.float64, n, elements=EIGHTHS))


@claim("value", examples=30, x=SMALL, seed=SEEDS)
def test_is_the_geometric_mean(f: Any, x: Array, seed: int) -> Gap:
    """For softmax regression at p = ½ the output at test is the geometric mean over all 2ⁿ thinned nets, exactly.

        softmax(W x + b) ∝ Π_m softmax(W f.forward(x, m) + b)^(1/2ⁿ)

    Allowed  rounding of logits, of their mean over 2ⁿ masks and of softmax: (2ⁿ + n + 20) u times the largest logit.
    Rejects  a subject that scales by 1 - p at test as well.
    """
    return geometric_gap(lambda kept: f.forward(x, kept, p=0.5), np.asarray(f.test(x)), x.size, seed)


@claim("value", examples=30, y=SMALL, seed=SEEDS)
def half_weights_are_the_geometric_mean(f: Any, y: Array, seed: int) -> Gap:
    """For softmax regression at p = ½ halved inputs give the geometric mean over all 2ⁿ thinned nets, exactly.

        softmax(W f.inference(y) + b) ∝ Π_m softmax(W f.forward(y, m) + b)^(1/2ⁿ)

    Allowed  as for the inverted form: (2ⁿ + n + 20) u times the largest logit.
    Rejects  a subject that changes nothing at test.
    """
    return geometric_gap(lambda kept: f.forward(y, kept), np.asarray(f.inference(y, p=0.5)), y.size, seed)


LAYERS = UNITS_OF_A_LAYER.flatmap(lambda n: st.tuples(*[arrays(np.float64, n, elements=EIGHTHS)] * 2))


@claim("value", layer=LAYERS, b=EIGHTHS.filter(bool), p=RATES)
def score_at_test_is_the_mean(f: Any, layer: tuple[Array, Array], b: float, p: float) -> Gap:
    """The score at test is the mean of the score in training over all masks; the bias is not scaled.

        f.score(y, w, b) = Σ_m P(m) (Σ w_i m_i y_i + b)

    Allowed  (2ⁿ + 3n + 10) u (Σ|w_i y_i| + |b|): n + 1 terms in a score, at most n + 1 factors in a probability, 2ⁿ
             masks summed.
    Rejects  (1 - p)(Σ w_i y_i + b), which scales the bias too.
    """
    y, w = layer
    kept = masks(y.size)
    scores = np.array([np.asarray(f.forward(y, m)) @ w + b for m in kept])
    size = float(np.abs(w * y).sum() + abs(b))
    measured = abs(float(f.score(y, w, b, p=p)) - float(probabilities_of(kept, p) @ scores))
    return Gap(measured, (2**y.size + 3 * y.size + 10) * UNIT * size, "score")


@claim("value", examples=30, layer=LAYERS, b=EIGHTHS, p=RATES)
def mean_output_is_over_all_masks(f: Any, layer: tuple[Array, Array], b: float, p: float) -> Gap:
    """The mean output of a nonlinear unit is the mean over all masks, which the output of the mean score is not.

        E θ(S) = Σ_m P(m) θ(Σ w_i m_i y_i + b),  θ = exp(-|·|) and the identity

    Allowed  θ has slope at most 1: (2ⁿ + 3n + 10) u (Σ|w_i y_i| + |b| + 1).
    Rejects  θ(E S): equal for the identity, off by up to ½ for the other.
    """
    y, w = layer
    kept = masks(y.size)
    scores = (kept * y) @ w + b
    allowed = (2**y.size + 3 * y.size + 10) * UNIT * float(np.abs(w * y).sum() + abs(b) + 1)
    off = [float(f.mean_output(y, w, b, theta, p=p)) - float(probabilities_of(kept, p) @ theta(scores))
           for theta in (bell, np.positive)]
    return Gap(float(np.abs(off).max()), allowed, "mean output")


def bell(s: Array) -> Array:
    """exp(-|s|)."""
    return np.asarray(np.exp(-np.abs(s)))


@claim("value", y=SMALL, p=RATES)
def inference_is_the_mean(f: Any, y: Array, p: float) -> Gap:
    """What is given at test is the mean of what is given in training over all masks.

        f.inference(y) = Σ_m P(m) f.forward(y, m)

    Allowed  (2ⁿ + 3n + 10) u max|y|.
    Rejects  a subject that changes nothing at test.
    """
    kept = masks(y.size)
    mean = probabilities_of(kept, p) @ np.array([np.asarray(f.forward(y, m)) for m in kept])
    allowed = (2**y.size + 3 * y.size + 10) * UNIT * float(np.abs(y).max(initial=0.0))
    return Gap(float(np.abs(np.asarray(f.inference(y, p=p)) - mean).max(initial=0.0)), allowed, "mean")


@claim("distribution", random=True)
def mask_is_bernoulli(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """A mask keeps each entry with probability 1 - p, independently.

        m_i ~ Bernoulli(1 - p)

    Allowed  exact binomial quantiles for 2^17 entries, and the exact law of the count in 1000 masks of 8 × 8, α/2 each.
             A rate off by 0.0096 is found with power 0.99 at α = 1e-9.
    Rejects  a mask that keeps with probability p; exactly (1 - p) n entries kept.
    """
    counts = [float(np.sum(f.mask((8, 8), p=0.2, rng=rng))) for _ in range(CALLS)]
    return Gap.worst([statistics.proportion(f.mask((DRAWS,), p=0.2, rng=rng), 0.8, alpha=alpha / 2),
                      statistics.distribution(np.array(counts), laws.binomial(64, 0.8), alpha=alpha / 2)])
