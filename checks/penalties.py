"""What penalties on weights claim beyond their values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import Claim, claim
from fiducial.checks.claims_of_maps import gradients_of, has_backward
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.gradients import Verdict, check_gradient
from fiducial.checks.losses import EXAMPLES, FINE, REAL, Draws, U, drawn, dyadic, same_shape, slope

LAMBDAS: Draws = st.sampled_from((0.5, 0.25, 2.0, 0.0))
PENALIZED: dict[str, Any] = {"w": REAL, "lam": LAMBDAS}
MATRICES: Draws = st.shared(st.sampled_from(((2, 2), (1, 3), (3, 2), (4, 4))), key="matrices")
MATRIX: dict[str, Any] = {"w": dyadic(MATRICES, same_shape, grain=FINE), "lam": LAMBDAS}


def decay_factor(**samples: Any) -> Claim:
    """The claim for a penalty λ Σ w², however w is arranged."""
    @claim("mode", examples=EXAMPLES, eta=st.sampled_from((0.125, 0.5, 1.0)), **samples)
    def decay_factor(f: Any, w: Array, lam: float, eta: float) -> Gap:
        """One step of plain descent on λ Σ w² shrinks every weight by 1 - 2ηλ, so that λ is half a weight decay.

            w - η ∂Ω/∂w = (1 - 2ηλ) w

        Allowed  the gradient rounds three times, the step and the claim twice each: 7 u (1 + 2ηλ) |w|.
        Rejects  a gradient λ w, which would make λ the weight decay, with the factor 1 - ηλ.
        Mend     keep the 2 in the gradient of λ Σ w², or say that λ/2 stands in the penalty.
        Cares    between libraries the λ of a penalty and a weight decay differ by this 2.
        """
        stepped = w - eta * slope(f, w=w, lam=lam)
        allowed = 7 * U * (1 + 2 * eta * lam) * float(np.abs(w).max())
        return Gap(float(np.abs(stepped - (1 - 2 * eta * lam) * w).max()), allowed)

    return decay_factor


def homogeneous(degree: int, **samples: Any) -> Claim:
    """The claim for a penalty of weights."""
    @claim("invariance", examples=EXAMPLES, factor=st.sampled_from((2.0, 0.5, -1.0, -4.0)), **samples)
    def homogeneous(f: Any, w: Array, lam: float, factor: float) -> Gap:
        """Weights c times as large cost |c|^k times as much: k = 1 for sums of sizes, 2 for sums of squares.

            Ω(c w) = |c|^k Ω(w)

        Allowed  sums of terms of one sign err relatively by (n + 3) u on each side; c is a power of two.
        Rejects  a norm without its square, a square in the place of a size.
        Mend     sum sizes for L1 and squares for L2, without a root over the sum.
        Cares    strengths from the literature hold for one power only.
        """
        here, there = float(f.forward(w=w, lam=lam)), float(f.forward(w=factor * w, lam=lam))
        expected = abs(factor) ** degree * here
        return Gap(abs(there - expected), 2 * (w.size + 3) * U * expected)

    return homogeneous


@claim("gradient", examples=30, w=dyadic(st.sampled_from(((2,), (1,), (2, 3))), same_shape, (1.0,)),
       lam=st.sampled_from((0.5, 2.0)), place=st.integers(0, 5), applies=has_backward)
def kink_at_zero_is_seen(f: Any, w: Array, lam: float, place: int) -> Gap:
    """At a weight of exactly 0 the penalty has a kink, which the gradient engine reports as one, not as a failure.

        ∂Ω/∂w jumps from -λ to λ at w = 0

    Allowed  nothing: the verdict is a word.
    Rejects  a rounded corner, √(w² + δ²).
    Mend     use |w| itself, whose slope jumps at 0; no smoothed root.
    Cares    the kink is what makes weights exactly 0; a rounded corner leaves none there.
    """
    at = np.where(np.arange(w.size).reshape(w.shape) == place % w.size, 0.0, w)

    def backward(*given: Array) -> Array:
        w, g = given
        return np.asarray(gradients_of(f.backward(w=w, lam=lam, g=g), {"w": w, "lam": lam}, f.forward)["w"])

    report = check_gradient(lambda v: np.asarray(f.forward(w=v, lam=lam)), at, backward=backward)
    return Gap(float(report.verdict is not Verdict.KINK), 0.0, f"the verdict is: {report.verdict}")


@claim("gradient", examples=EXAMPLES, w=REAL, lam=st.sampled_from((0.5, 2.0, 0.25)))
def pulls_with_one_strength(f: Any, w: Array, lam: float) -> Gap:
    """Every weight but zero is pulled towards zero with strength λ, small or large; a zero weight by no more.

        ∂Ω/∂w = λ sign(w),   |∂Ω/∂0| <= λ

    Allowed  nothing: λ times ±1 is exact.
    Rejects  2 λ w, whose pull fades with the weight.
    Mend     λ sign(w), with 0 at 0; 2λw belongs to the squared penalty.
    Cares    a pull that fades never reaches 0: nothing becomes sparse.
    """
    found = slope(f, w=w, lam=lam)
    excess = np.where(w != 0, np.abs(found - lam * np.sign(w)), np.maximum(np.abs(found) - lam, 0))
    return Gap(float(excess.max()), 0.0)


@claim("value", examples=EXAMPLES, **MATRIX)
def sum_of_squared_singular_values(f: Any, w: Array, lam: float) -> Gap:
    """The squared Frobenius norm is the sum of the squared singular values.

        Ω = λ Σ_k σ_k²

    Allowed  each singular value is off by at most 10 max(m, n) u σ_1 (a backward stable algorithm, whose modest
             polynomial is taken as 10 max(m, n)), and a sum of mn squares by (mn + 3) u Ω.
    Rejects  the spectral norm, σ_1², and the norm without its square.
    Mend     sum the squares of all entries, without a root at the end.
    Cares    the spectral and the Frobenius norm differ by up to the root of the rank.
    """
    singular = np.linalg.svd(w, compute_uv=False)
    claimed, found = lam * float(np.sum(singular**2)), float(f.forward(w=w, lam=lam))
    error = 10 * max(w.shape) * U * float(singular[0])
    return Gap(abs(found - claimed), 2 * (w.size + 3) * U * claimed + lam * 2.1 * error * float(np.sum(singular)))


@claim("invariance", examples=EXAMPLES, **MATRIX, angle=st.floats(-3, 3),
       rows=drawn(MATRICES, lambda rng, s: rng.permutation(s[0])))
def turning_changes_nothing(f: Any, w: Array, lam: float, angle: float, rows: Array) -> Gap | None:
    """Turning the rows among themselves leaves the penalty as it is.

        Ω(Q W) = Ω(W),   Q orthogonal

    Allowed  QW, of m terms an entry, errs by (m + 1) u |Q||W|, of Frobenius norm at most √2 (m + 1) u ‖W‖, which
             moves Ω relatively by at most 3 (m + 1) u; rounded cos and sin turn a little more or less, 4 u; and
             each sum of mn squares errs by (mn + 3) u.
    Rejects  the sum of absolute entries.
    Mend     sum the squares of all entries.
    Cares    a penalty that depends on the axes prefers some of equal nets.
    """
    if len(w) < 2:
        return None
    i, j = rows[:2]
    c, s = np.cos(angle), np.sin(angle)
    q = np.eye(len(w))
    q[[i, i, j, j], [i, j, i, j]] = c, -s, s, c
    here, there = float(f.forward(w=w, lam=lam)), float(f.forward(w=q @ w, lam=lam))
    roundings = 2 * (w.size + 3) + 3 * (len(w) + 1) + 4
    return Gap(abs(there - here), roundings * U * lam * float(np.sum(w**2)))


