"""What losses of single numbers claim beyond values and gradients: Huber, Kullback-Leibler, logistic, hinge, focal."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.losses import (
    EXAMPLES,
    PAIR,
    REAL,
    SHAPE,
    Draws,
    U,
    drawn,
    dyadic,
    entrywise,
    rounding,
    same_shape,
    slope,
)

WIDTHS: Draws = st.sampled_from((1.0, 0.5, 4.0))
ZERO_OR_ONE = drawn(SHAPE, lambda rng, s: rng.integers(0, 2, s).astype(np.float64))
SIDES = drawn(SHAPE, lambda rng, s: 2.0 * rng.integers(0, 2, s) - 1)
SHARES = drawn(SHAPE, lambda rng, s: rng.integers(0, 9, s) / 8)
NEAR = dyadic(SHAPE, same_shape, (1.0,))
LOGITS: dict[str, Any] = {"x": REAL, "t": SHARES}
YES_OR_NO: dict[str, Any] = {"x": REAL, "t": ZERO_OR_ONE}
MARGINS: dict[str, Any] = {"x": REAL, "t": SIDES}
TABLE: Draws = st.shared(st.sampled_from(((2, 3), (1, 2), (3, 4))), key="table")


def _log_probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    counts = rng.integers(1, 9, shape)
    return np.asarray(np.log(counts / counts.sum(axis=1, keepdims=True)))


def _probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Eighths, zeros among them, that add to 1 in every row."""
    return rng.multinomial(8, [1 / shape[1]] * shape[1], size=shape[0]) / 8


LOG_PROBABILITIES = drawn(TABLE, _log_probabilities)
DIVERGENCE: dict[str, Any] = {"logp": LOG_PROBABILITIES, "t": drawn(TABLE, _probabilities, stream=1)}


def pull_is_limited(width: str, scaled: bool) -> Claim:
    """The claim for a loss of residuals that is linear far out; `scaled`: with slope 1 there, else its width."""
    @claim("gradient", examples=EXAMPLES, **PAIR, extent=WIDTHS)
    def pull_is_limited(f: Any, y: Array, t: Array, extent: float) -> Gap:
        """However far a prediction is off, it is pulled by no more than a fixed strength, and by that beyond the width.

            |∂L/∂y| <= s,   ∂L/∂y = s sign(y - t) where |y - t| >= δ,   s = δ (Huber) or 1 (smooth L1)

        Allowed  the residual rounds once and is divided once: 3 u s.
        Rejects  squared error, whose pull grows with the residual.
        Mend     switch to the linear branch where |y - t| passes the width.
        Cares    one outlier must not outweigh the batch; that is what the loss is chosen for.
        """
        found, strength = slope(f, **{"y": y, "t": t, width: extent, "reduction": "sum"}), 1.0 if scaled else extent
        far = np.abs(y - t) >= extent
        excess = np.where(far, np.abs(found - strength * np.sign(y - t)), np.maximum(np.abs(found) - strength, 0))
        return Gap(float(excess.max()), 3 * U * strength)

    return pull_is_limited


def near_it_is_the_square(definition: Any, width: str, scaled: bool) -> Claim:
    """The claim for a loss of residuals that is quadratic within its width."""
    @claim("value", examples=EXAMPLES, y=dyadic(SHAPE, same_shape, (0.0625,)), extent=WIDTHS)
    def near_it_is_the_square(f: Any, y: Array, extent: float) -> Gap | None:
        """Within the width it is half the squared error, for smooth L1 divided by the width.

            L(y, 0) = ½ y²  or  ½ y²/β   where |y| <= width

        Allowed  4 × the running error bound of the definition; |y| <= ¼ here.
        Rejects  the squared error without the half.
        Mend     ½ r² within the width (Huber), ½ r²/β for smooth L1.
        Cares    the two differ by the factor β, and by nothing at β = 1: the mix-up shows late.
        """
        sample = {"y": y, "t": np.zeros_like(y), width: extent, "reduction": "none"}
        expected = 0.5 * y**2 / (extent if scaled else 1.0)
        return entrywise(np.abs(np.asarray(f.forward(**sample)) - expected), rounding(definition, sample))

    return near_it_is_the_square


def gibbs(definition: Any) -> Claim:
    """The claim for a divergence of probabilities from log-probabilities."""
    @claim("value", examples=EXAMPLES, **DIVERGENCE)
    def nothing_codes_better_than_the_truth(f: Any, logp: Array, t: Array) -> Gap | None:
        """Between distributions the divergence is never negative, and of a distribution from itself it is 0.

            KL(t ‖ q) >= 0,   KL(q ‖ q) = 0

        Allowed  4 × the running error bounds of the definition; q = e^log q adds to 1 within (C + 4) u, and e^log q and
                 log q differ by 4 u |log q| more.
        Rejects  the divergence in the other direction's formula; cross-entropy, whose entropy is left in.
        Mend     Σ t (ln t - ln q), t the target; the input is the logarithm of q.
        Cares    the other direction is another loss, and cross-entropy's least value is not 0.
        """
        other = {"logp": logp, "t": t, "reduction": "batchmean"}
        itself = {"logp": logp, "t": np.exp(logp), "reduction": "batchmean"}
        sums = (logp.shape[1] + 4 + 4 * float(np.abs(logp).max())) * U
        below, zero = -np.asarray(f.forward(**other)), np.abs(np.asarray(f.forward(**itself)))
        return entrywise(np.array([below, zero]),
                         np.array([rounding(definition, other), rounding(definition, itself)]) + 2 * sums)

    return nothing_codes_better_than_the_truth


def yes_is_no_turned_round(definition: Any) -> Claim:
    """The claim for a loss of logits."""
    @claim("invariance", examples=EXAMPLES, **LOGITS)
    def yes_is_no_turned_round(f: Any, x: Array, t: Array) -> Gap | None:
        """To call yes no and no yes, with the score turned round, changes nothing.

            L(-x, 1 - t) = L(x, t)

        Allowed  4 × the running error bounds of the definition at both.
        Rejects  a logarithm bounded on one side only.
        Mend     compute from the score, log1p(e^-|x|) and max(x, 0) - x t; bound neither logarithm.
        Cares    one class would be learnt otherwise than the other.
        """
        one, other = {"x": x, "t": t}, {"x": -x, "t": 1 - t}
        return entrywise(np.abs(np.asarray(f.forward(**one)) - f.forward(**other)),
                         rounding(definition, one) + rounding(definition, other))

    return yes_is_no_turned_round


@claim("value", examples=EXAMPLES, height=st.sampled_from((40.0, 800.0, 1e4)), t=st.sampled_from((0.0, 1.0)))
def linear_in_a_sure_mistake(f: Any, height: float, t: float) -> Gap:
    """A sure mistake costs as much as its score is high, without overflow or bound; a sure hit costs nothing.

        L(∓a, t) → a,   L(±a, t) → 0   as a grows

    Allowed  log(1 + e^-a) <= e^-40, and 4 u a.
    Rejects  the logarithm of a rounded sigmoid, which is infinite or cut off.
    Mend     compute from the score, max(x, 0) - x t + log1p(e^-|x|), not from a rounded probability.
    Cares    probabilities round to 0 at scores of -750 in float64, of -104 in float32; then the loss is inf or stuck.
    """
    side = 2 * t - 1
    found = [float(f.forward(x=np.array([sign * side * height]), t=np.array([t]), reduction="sum")) for sign in (-1, 1)]
    return Gap(max(abs(found[0] - height), abs(found[1])), 4 * U * height + float(np.exp(-40)))


@claim("gradient", examples=EXAMPLES, **MARGINS, margin=WIDTHS)
def beyond_the_margin_nothing_pulls(f: Any, x: Array, t: Array, margin: float) -> Gap:
    """Beyond the margin neither loss nor gradient is left; within, every score is pulled with the same strength.

        ∂L/∂x = 0 where t x > m,   -t where t x < m

    Allowed  nothing: all of these numbers are exact.
    Rejects  the squared hinge; a logistic loss, which never lets go.
    Mend     max(0, m - t x), not squared; its slope is -t within and 0 beyond.
    Cares    only the examples near the margin should decide; that is what the hinge is chosen for.
    """
    found = slope(f, x=x, t=t, margin=margin, reduction="sum")
    expected = np.where(t * x < margin, -t, 0.0)
    return Gap(float(np.where(t * x == margin, 0.0, np.abs(found - expected)).max()), 0.0)


@claim("value", examples=EXAMPLES, **YES_OR_NO)
def without_focus_it_is_logistic(f: Any, x: Array, t: Array) -> Gap:
    """With γ = 0 and no α it is binary cross-entropy, and γ only ever takes away from it.

        L(γ = 0) = log(1 + e^(-(2t-1) x)) >= L(γ = 2)

    Allowed  softplus and a power with exponent 0: 16 u (1 + |x|).
    Rejects  a factor that stays at γ = 0.
    Mend     at γ = 0 the factor (1 - p)^0 is 1, and no α is applied unless given.
    Cares    γ = 0 is the baseline of every comparison.
    """
    z = (2 * t - 1) * x
    logistic = np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))
    allowed = 16 * U * (1 + np.abs(x))
    plain = np.asarray(f.forward(x=x, t=t, alpha=None, gamma=0.0, reduction="none"))
    focused = np.asarray(f.forward(x=x, t=t, alpha=None, gamma=2.0, reduction="none"))
    excess = np.maximum(np.abs(plain - logistic), focused - logistic) - allowed
    worst = int(np.argmax(excess))
    return Gap(float(excess.flat[worst] + allowed.flat[worst]), float(allowed.flat[worst]))


@claim("value", examples=EXAMPLES, height=st.sampled_from((2.0, 4.0, 8.0)), t=st.sampled_from((0.0, 1.0)))
def easy_examples_count_less(f: Any, height: float, t: float) -> Gap:
    """An example that is right with p has its loss taken (1 - p)^γ times.

        L(γ) / L(0) = (1 - p)^γ,   p = σ(±x)

    Allowed  1 - p, which may be subtracted, and a power, a product and a quotient beside it: 64 (1 + |x|) u, absolute.
    Rejects  p^γ, which takes the hard examples' loss away.
    Mend     multiply by (1 - p)^γ, p the probability of the label that is true.
    Cares    with p^γ the easy examples alone are trained on; the loss still falls.
    """
    x, side = np.array([height * (2 * t - 1)]), np.array([t])
    full, less = (float(f.forward(x=x, t=side, alpha=None, gamma=gamma, reduction="sum")) for gamma in (0.0, 2.0))
    expected = (1 / (1 + np.exp(height))) ** 2
    return Gap(abs(less / full - expected), 64 * (1 + height) * U)
