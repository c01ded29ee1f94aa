"""What gates, exponential units, hard variants and Maxout claim beyond their values and gradients. u = 2⁻⁵³."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import special

from fiducial.checks.activations import EXAMPLES, NUMBERS, Ranges, U, numbers, slope, worst
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.rectifiers import deviation

ALPHAS = st.sampled_from((1.0, 0.5, 2.0, 1.6732632423543772))
INTERVALS = st.sampled_from(((-1.0, 1.0), (0.0, 6.0), (-2.5, 0.5)))
PIECES = st.shared(st.sampled_from((2, 3, 1)), key="maxout")
GROUPS: st.SearchStrategy[Array] = PIECES.flatmap(
    lambda k: numbers(((2 * k,), (k,), (3, 2 * k), (2, k), (2, 2, 3 * k)), (1.0, 10.0, 1e3)))
GROUP_RANGES = Ranges(GROUPS, GROUPS, GROUPS)
LEAST_OF_MISH = -0.308844  # mish(-1.1924) = -0.3088434


@claim("invariance", examples=EXAMPLES, x=NUMBERS)
def gates_of_both_signs_add_up(f: Any, x: Array) -> Gap:
    """The gates of x and -x add up to 1, so that the outputs differ by the input.

        f(x) - f(-x) = x Γ(x) + x Γ(-x) = x

    Allowed  24 u |x|: each gate is within 14 u of itself or 6 u of 1, the two weigh 1 together, and two products, a
             difference and the argument of an erf or tanh are rounded.
    Rejects  a gate to which a factor ½ is lost.
    Mend     keep the ½ in ½(1 + erf(x/√2)): the gate runs from 0 to 1.
    Cares    a gate that never opens shrinks every signal that it passes.
    """
    return worst(np.abs(f.forward(x=x) - f.forward(x=-x) - x), 24 * U * np.abs(x), "f(x) - f(-x) - x")


@claim("value", examples=EXAMPLES, x=NUMBERS)
def close_to_gelu(f: Any, x: Array) -> Gap:
    """The form by tanh is within 4.8e-4 of x Φ(x).

        |f(x) - x Φ(x)| ≤ 4.8e-4

    Allowed  4.8e-4: the largest difference is 4.732e-4, at |x| = 2.70; rounding, 24 u |x|, comes on top.
    Rejects  the paper's other form, x σ(1.702 x), which is off by 0.02.
    Mend     use ½x(1 + tanh(√(2/π)(x + 0.044715x³))); x·σ(1.702x) is another approximation.
    Cares    weights trained with one are run with the other, and each layer adds its difference.
    """
    return worst(np.abs(f.forward(x=x) - x * special.ndtr(x)), 4.8e-4 + 24 * U * np.abs(x), "f(x) - x Φ(x)")


@claim("value", examples=EXAMPLES, x=st.sampled_from((40.0, 100.0, 1e4)).map(lambda x: np.array([x])), alpha=ALPHAS)
def saturates_at_minus_alpha(f: Any, x: Array, alpha: float) -> Gap:
    """Far below zero the output is -α.

        f(x) → -α,  x → -∞

    Allowed  α e^-40 and 8 u α, a library's expm1 being within 4 ulp.
    Rejects  e^(αx) - 1, α in the exponent.
    Mend     multiply the exponential by α: α(e^x - 1), α not in the exponent.
    Cares    at the default α = 1 the mistake is invisible.
    """
    return worst(np.abs(f.forward(x=-x, alpha=alpha) + alpha), alpha * (math.exp(-40) + 8 * U), "f(-x) + α")


@claim("gradient", examples=EXAMPLES, alpha=ALPHAS)
def slope_at_0_is_alpha(f: Any, alpha: float) -> Gap:
    """The slope at 0 is that of the exponential.

        f'(0) = α

    Allowed  4 u α: e^0 = 1, and two products.
    Rejects  a slope of 1 where x ≥ 0.
    Mend     choose the exponential's branch at 0, or say which slope is meant there; e^0 α = α.
    Cares    inputs of exactly 0 are common after sparse layers.
    """
    return worst(np.abs(slope(f, np.zeros(2), alpha=alpha) - alpha), 4 * U * alpha, "f'(0) - α")


SELU_DRAWS = 100_000
SELU_SLOPE = 1.7580993408473766  # λα, the steepest slope of SELU


@claim("distribution", random=True)
def keeps_mean_0_and_variance_1(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Standard normal inputs give outputs of mean 0 and second moment 1: the fixed point for which α and λ are chosen.

        x ~ N(0, 1)  ⇒  E y = 0, E y² = 1

    Allowed  L √(2 ln(4/α) / n), L = λα, by concentration (`checks.rectifiers`), for the mean and for the root of the
             mean square, and L²/n for the latter's expectation; with 100,000 draws and α = 1e-9 0.037: a mean off by
             0.06 is found with a power above 0.999.
    Rejects  an ELU that is not scaled: its mean is 0.16.
    Mend     scale by λ = 1.0507 and use α = 1.6733, both of them to full precision.
    Cares    without the fixed point there is nothing self-normalizing: signals of deep nets drift.
    """
    y = f.forward(x=rng.normal(size=SELU_DRAWS))
    allowed = deviation(SELU_SLOPE, SELU_DRAWS, alpha / 2)
    return Gap.worst([Gap(abs(float(np.mean(y))), allowed, "mean"),
                      Gap(abs(math.sqrt(float(np.mean(np.square(y)))) - 1), allowed + SELU_SLOPE**2 / SELU_DRAWS,
                          "root of the second moment")])


@claim("value", examples=EXAMPLES, x=NUMBERS)
def between_its_minimum_and_relu(f: Any, x: Array) -> Gap:
    """Mish never exceeds ReLU, and is never below -0.308844.

        -0.308844 ≤ mish(x) ≤ max(0, x)

    Allowed  32 u |x|: a library's tanh, log1p and exp are within 4 ulp each.
    Rejects  x softplus(x), the tanh forgotten.
    Mend     multiply by tanh(softplus(x)), the tanh included.
    Cares    x·softplus(x) grows as x²: activations explode with depth.
    """
    y = f.forward(x=x)
    return worst(np.maximum(LEAST_OF_MISH - y, y - np.maximum(x, 0)), 32 * U * np.abs(x), "outside its range")


@claim("invariance", examples=EXAMPLES, x=NUMBERS, interval=INTERVALS)
def projects_onto_its_interval(f: Any, x: Array, interval: tuple[float, float]) -> Gap:
    """Every output lies in the interval, and what lies there already stays.

        l ≤ f(x) ≤ u,   f(f(x)) = f(x)

    Allowed  nothing: no number is rounded.
    Rejects  clipping from above alone.
    Mend     clamp from both sides: min(max(x, l), u).
    Cares    what is unbounded on one side overflows in quantized nets, for which it was clamped.
    """
    lower, upper = interval
    y = f.forward(x=x, lower=lower, upper=upper)
    again = f.forward(x=y, lower=lower, upper=upper)
    return Gap.worst([worst(np.maximum(lower - y, y - upper), 0.0, "outside its interval"),
                      worst(np.abs(again - y), 0.0, "f(f(x)) - f(x)")])


@claim("invariance", examples=EXAMPLES, x=GROUPS, pieces=PIECES, seed=st.integers(0, 2**16))
def order_within_a_group_is_free(f: Any, x: Array, pieces: int, seed: int) -> Gap:
    """The order of the pieces of a group changes nothing.

        f(x_π) = f(x),  π a permutation within each group

    Allowed  nothing: no number is rounded.
    Rejects  groups of entries that lie n apart, where neighbours are meant.
    """
    order = np.random.default_rng(seed).permutation(pieces)
    moved = x.reshape(*x.shape[:-1], -1, pieces)[..., order].reshape(x.shape)
    y = f.forward(x=x, pieces=pieces, axis=-1)
    return worst(np.abs(f.forward(x=moved, pieces=pieces, axis=-1) - y), 0.0, "f(x_π) - f(x)")


@claim("invariance", examples=EXAMPLES, x=NUMBERS)
def relu_of_a_pair_with_0(f: Any, x: Array) -> Gap:
    """The Maxout of pairs (x, 0) is ReLU.

        f((x, 0)) = max(0, x)

    Allowed  nothing: no number is rounded.
    Rejects  the piece of largest size |x| in place of the largest.
    """
    pairs = np.stack([x, np.zeros_like(x)], axis=-1).reshape(*x.shape[:-1], -1)
    return worst(np.abs(f.forward(x=pairs, pieces=2, axis=-1) - np.maximum(x, 0)), 0.0, "f((x, 0)) - max(0, x)")
