"""What softmax, log-softmax and log-sum-exp claim beyond their values and gradients.

Bounds count roundings: u = 2⁻⁵³, a library's exp or log is within 4 ulp (8 u), n is the number of classes. A
probability e^(x-m)/Σ is then within (n + 2 (8 + 1) + |x - m|) u of itself, |x - m| u for the rounding of x - m; as
t e^-t ≤ 0.4, it is off by at most (n + 20) u.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import special

from fiducial.checks.activations import EXAMPLES, SUBNORMAL, Ranges, U, gradient, numbers, worst
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap

SHAPES = ((3,), (1,), (2,), (2, 3), (4, 2), (2, 3, 2), (17,))
SCORES = numbers(SHAPES, (1.0, 0.1, 10.0, 50.0))
RANGES = Ranges(SCORES, numbers(SHAPES, (1.0, 0.1, 5.0)), numbers(SHAPES, (1.0, 0.1)))
ONE_EXAMPLE = numbers(((3,), (2,), (1,), (7,)), (1.0, 0.1, 10.0))
EMPTY_BATCH = st.sampled_from(((0, 3), (0, 2, 2))).map(np.zeros)
AXES = st.sampled_from((-1, 0))
SHIFTS = st.sampled_from((1.0, -3.5, 100.0, 1e4, -1e4))
SEEDS = st.integers(0, 2**16)


def roundings(x: Array, axis: int = -1) -> float:
    """(n + 20) u: by how much a probability may be off."""
    return float(x.shape[axis] + 20) * U


def jacobian(f: Any, x: Array) -> Array:
    """The Jacobian of f at one example, a row for each class, from f's own backward pass."""
    return np.stack([gradient(f, x=x, axis=-1, g=g) for g in np.eye(x.size)])


@claim("invariance", examples=EXAMPLES, x=SCORES, c=SHIFTS, axis=AXES)
def shift_invariance(f: Any, x: Array, c: float, axis: int) -> Gap:
    """One constant added to every score changes no probability.

        f(x + c) = f(x)

    Allowed  each score x + c is rounded by u |x + c|, which a probability at most halves, for itself and for the
             others; two evaluations are off by (n + 20) u each.
    Rejects  softmax whose maximum is not taken off: e^x overflows, and the gap is nan.
    Mend     take the maximum off along the axis first: e = exp(x - x.max(axis, keepdims=True)).
    Cares    scores drift together while a network learns, and the loss is nan as soon as one of them passes 709.
    """
    with np.errstate(all="ignore"):
        off = np.abs(f.forward(x=x + c, axis=axis) - f.forward(x=x, axis=axis))
    return worst(off, 2 * roundings(x, axis) + U * float(np.max(np.abs(x + c))), "f(x + c) - f(x)")


@claim("invariance", examples=EXAMPLES, x=ONE_EXAMPLE, seed=SEEDS)
def unequal_shift_multiplies_the_odds(f: Any, x: Array, seed: int) -> Gap:
    """A vector whose entries differ, added to the scores, multiplies each probability by its exponential.

        f(x + b) = f(x) ⊙ e^b / Σ_j f(x)_j e^(b_j)

    Allowed  x + b is rounded by u (|x| + |b|); f(x + b) is off by (n + 20) u; the right-hand side, whose exponential,
             product, sum and quotient are n + 20 more roundings, by 2 (n + 20) u.
    Rejects  softmax(x + b) = softmax(x) for any fixed b: scores less their largest over the batch, class by class.
    Mend     take each example's own largest score off, one number for the example.
    Cares    a number for each class is no shift: it changes the probabilities.
    """
    b = np.round(np.random.default_rng(seed).normal(size=x.shape), 2)
    moved, still = (np.reshape(f.forward(x=scores[None], axis=-1), x.shape) for scores in (x + b, x))
    expected = still * np.exp(b) / np.sum(still * np.exp(b))
    allowed = 3 * roundings(x) + 2 * U * float(np.max(np.abs(x) + np.abs(b)))
    return worst(np.abs(moved - expected), allowed, "f(x + b)")


@claim("invariance", examples=EXAMPLES, x=SCORES, axis=AXES)
def sums_to_one(f: Any, x: Array, axis: int) -> Gap:
    """The probabilities of an example are none below 0 and add up to 1.

        f(x)_k ≥ 0,   Σ_k f(x)_k = 1

    Allowed  each is within (n + 20) u of itself, they weigh 1 together, and a sum of n rounds n times: (2n + 20) u.
    Rejects  probabilities along another axis.
    Mend     divide by the sum along the axis that was asked for (keepdims).
    Cares    over another axis the examples of a batch compete with each other; the loss may still fall.
    """
    p = f.forward(x=x, axis=axis)
    allowed = roundings(x, axis) + x.shape[axis] * U
    return Gap.worst([worst(np.abs(np.sum(p, axis=axis) - 1), allowed, "sum"), worst(-p, 0.0, "below 0")])


@claim("invariance", examples=EXAMPLES, x=SCORES, seed=SEEDS)
def permutation_equivariance(f: Any, x: Array, seed: int) -> Gap:
    """Scores in another order give the same results in that order.

        f(x_π) = f(x)_π

    Allowed  a sum in another order: 2 (n + 20) u, relative to 1 or to the largest result.
    Rejects  a cumulative sum in place of the sum.
    Mend     sum over the whole axis, not cumulatively, and treat no class by its place.
    Cares    the numbering of classes means nothing.
    """
    order = np.random.default_rng(seed).permutation(x.shape[-1])
    y, permuted = f.forward(x=x, axis=-1), f.forward(x=x[..., order], axis=-1)
    return worst(np.abs(permuted - y[..., order]), 2 * roundings(x) * max(1.0, float(np.max(np.abs(y)))), "f(x_π)")


@claim("gradient", examples=EXAMPLES, x=ONE_EXAMPLE)
def jacobian_is_diag_p_minus_p_pt(f: Any, x: Array) -> Gap:
    """The Jacobian of softmax is that of a multinomial's covariance.

        J = diag(p) - p pᵀ

    Allowed  p_k (δ - p_j) of either side: two probabilities at (n + 20) u, and a sum of n: 3 (n + 20) u p_k.
    Rejects  diag(p) alone, the normalization forgotten.
    Mend     ∂x = p ⊙ (g - Σ p g): take the mean of g under p off.
    Cares    every attention layer's gradient passes here; without the second term each score moves alone.
    """
    p = f.forward(x=x, axis=-1)
    off = np.abs(jacobian(f, x) - (np.diag(p) - np.outer(p, p)))
    return worst(off, 3 * roundings(x) * p[:, None] + SUBNORMAL, "J - (diag(p) - p pᵀ)")


@claim("gradient", examples=EXAMPLES, x=ONE_EXAMPLE)
def jacobian_is_symmetric(f: Any, x: Array) -> Gap:
    """The Jacobian of softmax is symmetric: it is the Hessian of log-sum-exp.

        J = Jᵀ

    Allowed  3 (n + 20) u (p_i + p_j): two entries as in `jacobian_is_diag_p_minus_p_pt`.
    Rejects  the mean of g taken off in place of its mean under p: entries p_j (δ_kj - 1/n).
    Mend     weigh the mean that is taken off by p, not by 1/n.
    Cares    the plain mean is right for equal scores, which is how nets start: the mistake shows late.
    """
    p, found = f.forward(x=x, axis=-1), jacobian(f, x)
    return worst(np.abs(found - found.T), 3 * roundings(x) * np.add.outer(p, p) + SUBNORMAL, "J - Jᵀ")


@claim("gradient", examples=EXAMPLES, x=ONE_EXAMPLE)
def jacobian_is_positive_semidefinite(f: Any, x: Array) -> Gap:
    """The Jacobian of softmax has no negative eigenvalue.

        vᵀ J v ≥ 0

    Allowed  its entries are off by 3 (n + 20) u p_k, whose Frobenius norm is at most √n times as much (Weyl), and the
             eigenvalue solver by n u ‖J‖, ‖J‖ ≤ 1.
    Rejects  p pᵀ - diag(p), a lost sign.
    Mend     check the sign of the second term: p ⊙ (g - Σ p g).
    Cares    raising a score must not lower its own probability.
    """
    found = jacobian(f, x)
    least = float(np.linalg.eigvalsh((found + found.T) / 2)[0]) if np.isfinite(found).all() else np.nan
    return Gap(-least, 3 * roundings(x) * x.size**0.5 + 8 * x.size * U, "the least eigenvalue, negated")


@claim("gradient", examples=EXAMPLES, x=ONE_EXAMPLE)
def jacobian_rows_sum_to_zero(f: Any, x: Array) -> Gap:
    """The rows of the Jacobian add up to zero: an equal shift of the scores changes nothing.

        Σ_j J_kj = 0

    Allowed  n entries, off by 3 (n + 20) u p_k together with p_j, and n roundings: 4 (n + 20) u.
    Rejects  diag(p) alone, the normalization forgotten.
    Mend     take Σ p g off inside, along the same axis as the forward pass.
    Cares    else all scores drift together, until they overflow.
    """
    return worst(np.abs(np.sum(jacobian(f, x), axis=1)), 4 * roundings(x), "Σ_j J_kj")


@claim("value", examples=EXAMPLES, x=numbers(((2, 3), (3,), (3, 2), (4, 4)), (1e4, 1e3)))
def no_overflow(f: Any, x: Array) -> Gap:
    """Scores as large as 1e4 give probabilities, none of them nan, and leave the largest score its own.

        0 ≤ f(x) ≤ 1,   Σ_k f(x)_k = 1  for |x| up to some 1e4

    Allowed  (2n + 20) u, as for `sums_to_one`.
    Rejects  the naive form e^x / Σ e^x; one class's scores taken off, those of the largest weight vector.
    Mend     take the maximum of the very example off, exp(x - x.max(axis, keepdims=True)): each exponent is then ≤ 0.
    Cares    scores of thousands come with a high rate or a long context, and one nan ends the run.
    """
    with np.errstate(all="ignore"):
        p = f.forward(x=x, axis=-1)
    allowed = roundings(x) + x.shape[-1] * U
    return Gap.worst([worst(np.abs(np.sum(p, axis=-1) - 1), allowed, "sum"),
                      worst(np.maximum(-p, p - 1), allowed, "outside [0, 1]")])


@claim("value", examples=EXAMPLES, x=SCORES, axis=AXES)
def logarithm_of_softmax(f: Any, x: Array, axis: int) -> Gap:
    """Log-softmax is the logarithm of softmax wherever that is finite.

        f(x) = ln softmax(x)  where softmax(x) > 0

    Allowed  (n + 40) u + 4 u (|x - m| + |f|): the probability's relative error with that of x - m, the logarithm's
             8 u of itself included in 4 ulp, and the roundings of the two differences.
    Rejects  x - m without the logarithm of the sum.
    Mend     subtract ln Σ e^(x - m) from x - m.
    Cares    without it the losses are off by a number that depends on the example.
    """
    p = special.softmax(x, axis=axis)
    y, below = f.forward(x=x, axis=axis), np.abs(x - np.max(x, axis=axis, keepdims=True))
    judged = p > np.finfo(np.float64).tiny
    off = np.abs(y - np.log(np.where(judged, p, 1.0)))
    return worst(off[judged], (roundings(x, axis) + U * (20 + 4 * below + 10 * np.abs(y)))[judged], "f - ln softmax")


@claim("value", examples=EXAMPLES, x=numbers(((2, 3), (3,), (3, 2), (4, 4)), (1e4, 1e3)))
def finite_for_large_scores(f: Any, x: Array) -> Gap:
    """Scores as large as 1e4 give finite results: at most the range of the scores away from 0, or from the largest.

        log-softmax: -(max x - min x) - ln n ≤ f ≤ 0,   log-sum-exp: max x ≤ f ≤ max x + ln n

    Allowed  8 u (|x| + ln n) beyond those intervals, for the maximum taken off and put back.
    Rejects  the logarithm of softmax: -inf where the probability underflows, or nan.
    Mend     x - m - ln Σ e^(x - m), m the largest score; no logarithm of softmax.
    Cares    the loss of a sure mistake is finite; inf has a gradient of nan.
    """
    with np.errstate(all="ignore"):
        y = f.forward(x=x, axis=-1)
    top, low, n = np.max(x, axis=-1), np.min(x, axis=-1), np.log(x.shape[-1])
    if np.ndim(y) == x.ndim:
        beyond = np.maximum(y, (low - top - n)[..., None] - y)
    else:
        beyond = np.maximum(top - y, y - top - n)
    return worst(beyond, 8 * U * (float(np.max(np.abs(x))) * 2 + n), "beyond its interval")


@claim("invariance", examples=EXAMPLES, x=SCORES, c=SHIFTS, axis=AXES)
def shift_passes_through(f: Any, x: Array, c: float, axis: int) -> Gap:
    """One constant added to every score is added to the log-sum-exp.

        f(x + c) = f(x) + c

    Allowed  (n + 20) u for each of the two sums, and 4 u (|x| + |c| + ln n) for the roundings of x + c and of the sums.
    Rejects  ln Σ e^x without its maximum taken off, which overflows.
    Mend     take the maximum off, and add it again after the logarithm.
    Cares    scores of some hundreds overflow otherwise, in float16 scores of a dozen.
    """
    with np.errstate(all="ignore"):
        off = np.abs(f.forward(x=x + c, axis=axis) - (f.forward(x=x, axis=axis) + c))
    size = float(np.max(np.abs(x))) + abs(c) + np.log(x.shape[axis])
    return worst(off, 2 * roundings(x, axis) + 4 * U * size, "f(x + c) - f(x) - c")


@claim("gradient", examples=EXAMPLES, x=SCORES, axis=AXES)
def slopes_are_probabilities(f: Any, x: Array, axis: int) -> Gap:
    """The slopes of log-sum-exp are softmax's probabilities.

        ∂f/∂x = softmax(x)

    Allowed  (n + 20) u for each side, and 2 u (|x| + ln n) where the slope is e^(x - f), f being rounded.
    Rejects  1/n for each score, the slope of a mean.
    Mend     the slope is e^(x - f), f the log-sum-exp itself, along its axis.
    Cares    cross-entropy's gradient is made of it.
    """
    g = np.ones(np.sum(x, axis=axis).shape)
    found = gradient(f, x=x, axis=axis, g=g)
    size = float(np.max(np.abs(x))) + np.log(x.shape[axis])
    return worst(np.abs(found - special.softmax(x, axis=axis)), 2 * roundings(x, axis) + 3 * U * size, "slope")
