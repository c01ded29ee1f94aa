"""What smooth activations claim beyond their values and gradients, and the numbers that they are tried on.

Bounds count roundings: u = 2⁻⁵³, and a library's exp, tanh, log1p or erf is taken to be within 4 ulp, which is 8 u.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from scipy import special

from fiducial.checks.claims import claim
from fiducial.checks.claims_of_maps import gradients_of
from fiducial.checks.error_rules import FLOAT64
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.statistics import mean_of_bounded

U = FLOAT64.unit
SUBNORMAL = FLOAT64.normal  # a result below the smallest normal number may be 0
SHAPES: tuple[tuple[int, ...], ...] = ((1,), (2,), (3,), (2, 3), (3, 2, 2), (17,))
SCALES = (1.0, 0.1, 10.0, 40.0, 1e-3, 100.0)  # at 5 σ of the largest e^-x is still no subnormal number
SCALES_OF_FLOAT32 = (1.0, 0.1, 10.0, 1e-3)  # for float32 they begin at e^-87
BETAS = st.sampled_from((1.0, 2.0, 0.5, 10.0))
DRAWS = 20_000
EXAMPLES = 30


def numbers(shapes: Sequence[tuple[int, ...]] = SHAPES,
            scales: Sequence[float] = SCALES) -> SearchStrategy[Array]:
    """Normal numbers of two digits times a scale; in one of four arrays about every third is exactly 0.

    A seed says all but the shape: one draw costs Hypothesis a quarter of what four do, and seed 0 is the simplest.
    """
    def made(shape: tuple[int, ...], seed: int) -> Array:
        rng = np.random.default_rng(seed)
        zeros = rng.random(shape) < (1 / 3 if seed % 4 == 3 else 0.0)
        return np.where(zeros, 0.0, np.round(rng.normal(size=shape), 2) * scales[seed // 4 % len(scales)])

    return st.builds(made, st.sampled_from(shapes), st.integers(0, 2**16))


class Ranges(NamedTuple):
    """The same arguments in three ranges: for float64, for float32, and for differences, which smooth functions bear
    where they move in floats and their second derivative does not jump: at a size of ¼ to some 5."""

    wide: SearchStrategy[Array]
    float32: SearchStrategy[Array]
    near: SearchStrategy[Array]


def off_zero(x: Array) -> Array:
    """Every entry a quarter farther from 0."""
    return np.asarray(np.where(x < 0, x - 0.25, x + 0.25))


NUMBERS: SearchStrategy[Array] = numbers()
REALS = Ranges(NUMBERS, numbers(scales=SCALES_OF_FLOAT32), numbers(scales=(1.0,)).map(off_zero))
WITH_KINKS = Ranges(NUMBERS, numbers(scales=SCALES_OF_FLOAT32), numbers(scales=(10.0, 1.0)))
TIMES_BETA = Ranges(numbers(scales=(1.0, 0.1, 10.0, 15.0, 1e-3)), numbers(scales=(1.0, 0.1, 1e-3)), REALS.near)
EMPTY: SearchStrategy[Array] = st.sampled_from(((0, 3), (0,), (2, 0), (0, 2, 2))).map(np.zeros)
FAR: SearchStrategy[Array] = st.lists(st.sampled_from((710.0, 1e3, 1e4, 800.0)), min_size=1, max_size=3).map(np.array)


def gradient(f: Any, name: str = "x", **arguments: Any) -> Array:
    """f's backward pass, for one of its arguments."""
    return np.asarray(gradients_of(f.backward(**arguments), arguments, f.forward)[name])


def slope(f: Any, x: Array, **options: Any) -> Array:
    """f's backward pass for a cotangent of ones: the derivative, entry by entry."""
    return gradient(f, x=x, **options, g=np.ones(x.shape))


def worst(measured: Array, allowed: Any, where: str) -> Gap:
    """The entry that uses most of what it is allowed; one that uses more, or is nan, before any other."""
    off, room = np.broadcast_arrays(np.asarray(measured, dtype=np.float64), np.asarray(allowed, dtype=np.float64))
    if off.size == 0:
        return Gap(0.0, 0.0, where)
    with np.errstate(all="ignore"):
        used = np.where(off <= room, np.where(room > 0, off / room, 0.0), np.inf)
    i = int(np.argmax(used))
    return Gap(float(off.flat[i]), float(room.flat[i]), where)


@claim("invariance", examples=EXAMPLES, x=NUMBERS)
def complement(f: Any, x: Array) -> Gap:
    """The sigmoids of x and -x add up to 1.

        σ(-x) = 1 - σ(x)

    Allowed  16 u: each σ is within 14 u of itself (two exponentials at 8 u, of which one counts half, a sum, a
             quotient), the two weigh 1 together, and two sums are rounded.
    Rejects  another S-shaped curve, e^(-e^-x).
    Mend     compute 1/(1 + e^-x), by e^x/(1 + e^x) for x < 0.
    Cares    what is certain of no must be certain of not yes: losses use σ(-x) for 1 - σ(x).
    """
    return worst(np.abs(f.forward(x=x) + f.forward(x=-x) - 1), 16 * U, "σ(x) + σ(-x) - 1")


@claim("gradient", examples=EXAMPLES, x=NUMBERS)
def slope_at_most_a_quarter(f: Any, x: Array) -> Gap:
    """The slope of the sigmoid lies between 0 and a quarter.

        0 ≤ σ'(x) ≤ 1/4

    Allowed  u above 1/4: four roundings of a number of this size. Nothing below 0.
    Rejects  the slope of tanh, 1 - y², which reaches 1.
    Mend     σ' = y (1 - y), y the output; 1 - y² is tanh's slope.
    Cares    that each sigmoid takes three quarters of a gradient away is why deep nets of them stop to learn.
    """
    s = slope(f, x)
    return Gap.worst([worst(s - 0.25, U, "above 1/4"), worst(-s, 0.0, "below 0")])


@claim("gradient", examples=EXAMPLES, x=NUMBERS)
def slope_is_the_product(f: Any, x: Array) -> Gap:
    """The slope of the sigmoid is the sigmoid of x times the sigmoid of -x.

        σ'(x) = σ(x) σ(-x)

    Allowed  48 u σ(x): the product of two sigmoids is within 29 u of itself; y (1 - y) loses the 14 u of y twice, once
             through y and once through 1 - y, and three roundings.
    Rejects  the backward pass through σ'(y) in place of σ'(x), y the output.
    Mend     compute the slope from the input's sigmoid, y (1 - y); keep y, and do not take σ' of y.
    Cares    the mistake leaves signs and order as they are: a net trains, only worse.
    """
    y = f.forward(x=x)
    return worst(np.abs(slope(f, x) - y * f.forward(x=-x)), 48 * U * np.abs(y) + SUBNORMAL, "slope")


@claim("distribution", random=True)
def mean_output_is_a_half(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The mean output of the sigmoid is ½ where inputs are symmetric about 0.

        x ~ N(0, 2²)  ⇒  E σ(x) = ½

    Allowed  that of `mean_of_bounded` on [0, 1], exact for every n; with 20,000 draws and α = 1e-9 a mean off by 0.04
             is found with a power above 0.9999.
    Rejects  a sigmoid whose input is shifted by ½.
    Mend     compute 1/(1 + e^-x) of the input itself, without a shift.
    Cares    a mean output of ½ is what the next layer's bias has to undo; a shifted one starts every unit off balance.
    """
    return mean_of_bounded(f.forward(x=rng.normal(0, 2, DRAWS)), 0.5, (0.0, 1.0), alpha=alpha)


@claim("value", examples=EXAMPLES, x=FAR)
def saturates_without_overflow(f: Any, x: Array) -> Gap:
    """Inputs as large as ±1e4 give 0 and 1, and finite slopes of 0.

        σ(x) = 1, σ(-x) = 0, σ'(±x) = 0  for 710 ≤ x ≤ 1e4

    Allowed  4 u: σ(-710) is 4.5e-309, and 1 is rounded.
    Rejects  e^x / (1 + e^x), which is nan where e^x overflows.
    Mend     branch on the sign: 1/(1 + e^-x) for x ≥ 0 and e^x/(1 + e^x) below, so that no exponent is positive.
    Cares    logits of some hundreds come with a high rate, and one nan ends the run.
    """
    with np.errstate(all="ignore"):
        off = [np.abs(f.forward(x=x) - 1), np.abs(f.forward(x=-x)), np.abs(slope(f, x)), np.abs(slope(f, -x))]
    return worst(np.concatenate(off), 4 * U, "where the sigmoid saturates")


@claim("invariance", examples=EXAMPLES, x=NUMBERS)
def odd(f: Any, x: Array) -> Gap:
    """The function is odd.

        f(-x) = -f(x)

    Allowed  16 u |f(x)|: two evaluations, each within 4 ulp.
    Rejects  (e^2x - 1)/(e^2x + 1), which is nan for large x and -1 for large -x.
    Mend     compute with e^-2|x| and put the sign back, or call the library's own tanh.
    Cares    one side that is less exact, or nan, biases a net towards the other sign.
    """
    with np.errstate(all="ignore"):
        y, mirrored = f.forward(x=x), f.forward(x=-x)
    return worst(np.abs(y + mirrored), 16 * U * np.abs(y), "f(x) + f(-x)")


@claim("value", examples=EXAMPLES, x=NUMBERS)
def stretched_sigmoid(f: Any, x: Array) -> Gap:
    """tanh is the sigmoid of twice the input, stretched to (-1, 1).

        tanh x = 2 σ(2x) - 1

    Allowed  40 u: twice the 14 u of σ ≤ 1, the rounding of the difference, and the 8 u of tanh ≤ 1.
    Rejects  2 σ(x) - 1, the input not doubled.
    Mend     double the input before the sigmoid: 2 σ(2x) - 1.
    Cares    gates are written with either; with a wrong stretch weights cannot be carried over.
    """
    return worst(np.abs(f.forward(x=x) - (2 * special.expit(2 * x) - 1)), 40 * U, "tanh x - (2 σ(2x) - 1)")


@claim("gradient", examples=EXAMPLES, x=NUMBERS)
def slope_between_0_and_1(f: Any, x: Array) -> Gap:
    """The slope of tanh lies between 0 and 1.

        0 ≤ tanh'(x) ≤ 1

    Allowed  4 u above 1, for two or three roundings of numbers near 1; nothing below 0.
    Rejects  1 + y², a lost sign.
    Mend     tanh' = 1 - y², y the output.
    Cares    a slope above 1 makes gradients grow with depth where the unit ought to saturate.
    """
    s = slope(f, x)
    return Gap.worst([worst(s - 1, 4 * U, "above 1"), worst(-s, 0.0, "below 0")])


@claim("gradient")
def slope_at_0_is_four_times_the_sigmoids(f: Any) -> Gap:
    """At 0 tanh is four times as steep as the sigmoid.

        tanh'(0) = 4 σ'(0) = 1

    Allowed  8 u: tanh 0 may be off by the smallest of numbers, and 1 - y² is rounded.
    Rejects  2 σ(x) - 1, whose slope at 0 is ½.
    Mend     tanh x = 2 σ(2x) - 1: double the input as well; the slope is 1 - y².
    Cares    initializers' gains take a slope of 1 at 0 for granted; with ½ a signal halves in every layer.
    """
    return worst(np.abs(slope(f, np.zeros(1)) - 1), 8 * U, "slope at 0")


@claim("distribution", random=True)
def mean_output_is_0(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The mean output of tanh is 0 where inputs are symmetric about 0.

        x ~ N(0, 2²)  ⇒  E tanh x = 0

    Allowed  that of `mean_of_bounded` on [-1, 1], exact for every n; with 20,000 draws and α = 1e-9 a mean off by 0.08
             is found with a power above 0.9999.
    Rejects  the sigmoid in its place, whose mean output is ½.
    Mend     compute tanh itself: (e^x - e^-x)/(e^x + e^-x), without a shift of input or output.
    Cares    units whose outputs have mean 0 pass gradients of both signs on; that is why tanh trains easier than the
             sigmoid.
    """
    return mean_of_bounded(f.forward(x=rng.normal(0, 2, DRAWS)), 0.0, (-1.0, 1.0), alpha=alpha)


@claim("invariance", examples=EXAMPLES, x=NUMBERS, beta=BETAS)
def difference_is_the_input(f: Any, x: Array, beta: float) -> Gap:
    """The softplus of x is that of -x plus x.

        softplus(x) - softplus(-x) = x

    Allowed  u (36/β + 5 |x|): each ln(1 + e^-β|x|) is off by 8 u of the exponential and of the logarithm, both at most
             1, and by u β|x| e^-β|x| ≤ u/2 for its argument, all over β; sums and quotients round numbers up to
             |x| + ln 2/β.
    Rejects  x itself above a threshold of βx = 20, as torch has it: off by 2e-9.
    Mend     use max(0, x) + log1p(exp(-β|x|))/β, which needs no threshold.
    Cares    variances and rates are made by softplus; a jump at a threshold shows in whatever is differentiated twice.
    """
    y, mirrored = f.forward(x=x, beta=beta), f.forward(x=-x, beta=beta)
    return worst(np.abs(y - mirrored - x), U * (36 / beta + 5 * np.abs(x)), "softplus(x) - softplus(-x) - x")


@claim("gradient", examples=EXAMPLES, x=NUMBERS, beta=BETAS)
def slope_is_the_sigmoid(f: Any, x: Array, beta: float) -> Gap:
    """The slope of softplus is the sigmoid.

        softplus'(x) = σ(βx)

    Allowed  u (32 + |βx|) σ(βx): two sigmoids at 14 u each and a product; rounding βx moves ln σ by at most u |βx|.
    Rejects  σ(x), the β left out.
    Mend     hand β to the backward pass: softplus'(x) = σ(βx).
    Cares    at the default β = 1 the mistake is invisible; whoever sets another one trains with wrong gradients.
    """
    expected = special.expit(beta * x)
    allowed = U * (32 + np.abs(beta * x)) * expected + SUBNORMAL
    return worst(np.abs(slope(f, x, beta=beta) - expected), allowed, "slope - σ(βx)")


@claim("value", examples=EXAMPLES, x=NUMBERS, beta=BETAS)
def lies_just_above_relu(f: Any, x: Array, beta: float) -> Gap:
    """Softplus lies above ReLU, by at most ln 2/β.

        0 ≤ softplus(x) - max(0, x) ≤ ln 2/β

    Allowed  u (18/β + 2 |x|), half of what `difference_is_the_input` derives for two evaluations, on either side.
    Rejects  ln(1 + e^βx), not divided by β.
    Mend     divide by β after the logarithm: log1p(e^(βx))/β.
    Cares    softplus stands in for ReLU; off by a factor it is neither.
    """
    above = f.forward(x=x, beta=beta) - np.maximum(x, 0)
    return worst(np.maximum(-above, above - np.log(2) / beta), U * (18 / beta + 2 * np.abs(x)), "softplus - ReLU")


@claim("value", examples=EXAMPLES, x=NUMBERS, beta=BETAS)
def threshold_costs_little(f: Any, x: Array, beta: float) -> Gap:
    """Cutting softplus off at βx = 20 changes it by at most 2.1e-9/β.

        |f(x) - ln(1 + e^βx)/β| ≤ ln(1 + e^-20)/β

    Allowed  that, and u (36/β + 5 |x|) for the rounding of two evaluations (`difference_is_the_input`).
    Rejects  a cut at βx = 10, where the logarithm is still 4.5e-5.
    Mend     cut off at βx = 20 or later, or not at all: log1p and an exponent below 0 need no cut.
    Cares    a cut that comes early is a step in the function, and its derivative says 1 where it is less.
    """
    off = np.abs(f.forward(x=x, beta=beta) - np.logaddexp(0, beta * x) / beta)
    return worst(off, np.log1p(np.exp(-20)) / beta + U * (36 / beta + 5 * np.abs(x)), "softplus cut off")
