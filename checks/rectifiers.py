"""What ReLU and its kin claim beyond their values and gradients. u = 2⁻⁵³.

Means of max(0, ·) of Gaussian numbers are bounded by concentration: y is an L-Lipschitz function of z ~ N(0, 1), so the
mean of n of them is an L/√n-Lipschitz function of n independent normal numbers, and leaves its expectation by more than
t with a probability of at most 2 exp(-n t² / 2L²) (Borell; Tsirelson, Ibragimov, Sudakov), for every n.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import special

from fiducial.checks.activations import DRAWS, EXAMPLES, NUMBERS, Ranges, U, gradient, numbers, off_zero, slope, worst
from fiducial.checks.claims import claim
from fiducial.checks.claims_of_maps import has_backward
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.gradients import Verdict, check_gradient
from fiducial.checks.statistics import BadSample, distribution, mean_of_bounded, proportion
from fiducial.checks.statistics.laws import uniform

LEAKS = st.sampled_from((0.01, 0.2, 0.5, 0.0, 1.0, -0.25))
FACTORS = st.sampled_from((2.0, 0.5, 3.0, 0.1, 1e3))
BOUNDS = st.sampled_from(((1 / 8, 1 / 3), (0.0, 1.0), (0.25, 0.5)))
LOWER, UPPER = 1 / 8, 1 / 3


def deviation(lipschitz: float, n: int, alpha: float) -> float:
    """How far a mean of n L-Lipschitz functions of normal numbers strays, but for a chance α: L √(2 ln(2/α) / n)."""
    return lipschitz * math.sqrt(2 * math.log(2 / alpha) / n)


@claim("invariance", examples=EXAMPLES, x=NUMBERS, c=FACTORS)
def positively_homogeneous(f: Any, x: Array, c: float) -> Gap:
    """A positive factor passes through.

        f(c x) = c f(x),  c > 0

    Allowed  nothing: both sides round the same product, or are 0.
    Rejects  ReLU6, which is cut off at 6.
    Mend     no cap from above, no shift.
    Cares    weights can be moved between layers only where factors pass through.
    """
    return worst(np.abs(f.forward(x=c * x) - c * f.forward(x=x)), 0.0, "f(cx) - c f(x)")


@claim("invariance", examples=EXAMPLES, x=NUMBERS)
def idempotent(f: Any, x: Array) -> Gap:
    """What has passed once passes unchanged.

        f(f(x)) = f(x)

    Allowed  nothing: no number is rounded.
    Rejects  a leak of 0.01, which leaks again.
    Mend     use max(0, x), without a leak.
    Cares    conversions may leave an activation twice in a net: with ReLU that is harmless, with a leak it is not.
    """
    y = f.forward(x=x)
    return worst(np.abs(f.forward(x=y) - y), 0.0, "f(f(x)) - f(x)")


@claim("distribution", random=True)
def half_of_the_outputs_are_0(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Half of the outputs are 0 where inputs are symmetric about 0.

        x ~ N(0, 1)  ⇒  P(y = 0) = ½

    Allowed  that of `proportion`, exact; with 20,000 draws and α = 1e-9 a share off by 0.033 is found with power 0.999.
    Rejects  a leaky ReLU, no output of which is 0.
    Mend     use max(0, x): no leak, no shift.
    Cares    sparse activations are what ReLU is chosen for, and what He's variance counts on.
    """
    return proportion(f.forward(x=rng.normal(size=DRAWS)) == 0, 0.5, alpha=alpha)


@claim("distribution", random=True)
def half_of_the_second_moment(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Half of the second moment passes where inputs are symmetric about 0.

        x ~ U(-1, 1)  ⇒  E y² = ½ E x² = 1/6

    Allowed  that of `mean_of_bounded` on [0, 1], exact for every n; with 20,000 draws and α = 1e-9 a moment off by 0.04
             is found with a power above 0.9999.
    Rejects  |x|, which lets all of it pass.
    Mend     let positive inputs pass as they are and others not at all.
    Cares    He's factor 2 undoes just this half; anything else makes signals grow or die with depth.
    """
    return mean_of_bounded(np.square(f.forward(x=rng.uniform(-1, 1, DRAWS))), 1 / 6, (0.0, 1.0), alpha=alpha)


@claim("gradient", applies=has_backward)
def kink_is_called_a_kink(f: Any) -> Gap:
    """At 0 the gradient engine finds a kink, and no failure, whatever slope is claimed there.

        lim f'(x), x → 0⁻  ≠  lim f'(x), x → 0⁺

    Allowed  nothing: the engine's verdict is `kink here`.
    Rejects  a smooth function in place of ReLU, such as softplus.
    Mend     use max(0, x) itself; softplus is a function of its own.
    Cares    a check of gradients that calls a kink a failure is switched off, and then finds nothing.
    """
    def backward(x: Array, g: Array) -> Array:
        return gradient(f, x=x, g=g)

    report = check_gradient(lambda x: np.asarray(f.forward(x=x)), np.zeros(1), backward=backward)
    return Gap(float(report.verdict is not Verdict.KINK), 0.0, f"the verdict is {report.verdict}")


@claim("gradient", examples=EXAMPLES, a=LEAKS)
def slope_at_0_is_the_leak(f: Any, a: float) -> Gap:
    """The slope at 0 is the leak.

        f'(0) = a

    Allowed  nothing: a is returned as it is.
    Rejects  a slope of 1 where x ≥ 0, as JAX has it.
    Mend     choose x > 0 for the slope of 1, so that 0 takes the leak.
    Cares    inputs of exactly 0 are common; where frameworks differ there, runs part.
    """
    return worst(np.abs(slope(f, np.zeros(2), a=a) - a), 0.0, "f'(0) - a")


@claim("invariance", examples=EXAMPLES, x=NUMBERS)
def relu_at_leak_0(f: Any, x: Array) -> Gap:
    """Without a leak it is ReLU.

        f(x; a = 0) = max(0, x)

    Allowed  nothing: no number is rounded.
    Rejects  a leak of 0.01 whatever is asked.
    Mend     multiply negative entries by the leak that is given; no constant in its place.
    Cares    a leak that cannot be switched off makes ablations meaningless.
    """
    return worst(np.abs(f.forward(x=x, a=0.0) - np.maximum(x, 0)), 0.0, "f(x) - max(0, x)")


@claim("invariance", examples=EXAMPLES, x=NUMBERS)
def identity_at_leak_1(f: Any, x: Array) -> Gap:
    """With all leaking it is the identity.

        f(x; a = 1) = x

    Allowed  nothing: no number is rounded.
    Rejects  a leak that is taken off what is positive too.
    Mend     positive entries pass as they are; only negative ones are multiplied.
    Cares    the leak's meaning is fixed by its ends, 0 and 1.
    """
    return worst(np.abs(f.forward(x=x, a=1.0) - x), 0.0, "f(x) - x")


def channels(sizes: st.SearchStrategy[tuple[int, ...]], *, shared: bool) -> st.SearchStrategy[Array]:
    """Leaks of two digits: one, or one for each channel of inputs of those sizes."""
    return st.tuples(sizes, st.integers(0, 2**16)).map(
        lambda s: np.round(np.random.default_rng(s[1]).normal(0.25, 0.5, 1 if shared else s[0][1]), 2))


SIZES: st.SearchStrategy[tuple[int, ...]] = st.shared(
    st.sampled_from(((2, 3), (1, 2), (3, 1), (2, 3, 2), (2, 2, 2, 3))), key="prelu")
IMAGES: st.SearchStrategy[Array] = SIZES.flatmap(lambda shape: numbers((shape,), (1.0, 0.1, 10.0, 1e3)))
NEAR_IMAGES: st.SearchStrategy[Array] = SIZES.flatmap(lambda shape: numbers((shape,), (1.0,)).map(off_zero))
LEAK_OF_ALL, LEAK_OF_EACH = channels(SIZES, shared=True), channels(SIZES, shared=False)
IMAGE_RANGES = Ranges(IMAGES, IMAGES, NEAR_IMAGES)
NO_IMAGES: st.SearchStrategy[Array] = SIZES.map(lambda shape: np.zeros((0, *shape[1:])))
LEAKS_TRAINED = st.one_of(LEAK_OF_EACH, LEAK_OF_ALL)


@claim("gradient", examples=EXAMPLES, x=IMAGES, beta=LEAK_OF_EACH, seed=st.integers(0, 2**16))
def leak_gradient_is_a_sum(f: Any, x: Array, beta: Array, seed: int) -> Gap:
    """The gradient of a leak sums over all entries that share it: those of a channel, or all of them.

        ∂β_c = Σ_{n, …} g min(0, x),   shared: Σ_c ∂β_c

    Allowed  2 N u Σ |g min(0, x)|, N entries: products and sums, in any order, on both sides.
    Rejects  a mean over the batch in place of the sum.
    Mend     sum over all entries that share the leak, the batch among them.
    Cares    a mean divides the leak's rate by the size of the batch.
    """
    g = np.random.default_rng(seed).integers(-3, 4, x.shape).astype(np.float64)
    terms = np.moveaxis(g * np.minimum(x, 0), 1, 0).reshape(beta.size, -1)
    allowed = 2 * x.size * U * float(np.sum(np.abs(terms)))

    def found(leak: Array) -> Array:
        return gradient(f, "beta", x=x, beta=leak, g=g)

    return Gap.worst([worst(np.abs(found(beta) - terms.sum(axis=1)), allowed, "one leak a channel"),
                      worst(np.abs(found(beta[:1]) - terms.sum()), allowed, "one leak for all")])


@claim("invariance", examples=EXAMPLES, x=IMAGES, beta=LEAK_OF_ALL)
def equal_leaks_are_one(f: Any, x: Array, beta: Array) -> Gap:
    """One leak for each channel, all equal, is one leak for all.

        f(x; (β, …, β)) = f(x; β)

    Allowed  nothing: both compute the same product.
    Rejects  a leak that only the first channel is given.
    Mend     broadcast the leaks along the channels' axis.
    Cares    a leak that meets the wrong axis goes unnoticed while all are equal.
    """
    each = np.repeat(beta, x.shape[1])
    return worst(np.abs(f.forward(x=x, beta=each) - f.forward(x=x, beta=beta)), 0.0, "f(x; β…) - f(x; β)")


@claim("distribution", random=True)
def test_is_the_mean_of_training(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The value at test is the expectation of the value in training.

        E f_train(x) = f_test(x) = ½(l + u) x  for x < 0

    Allowed  that of `mean_of_bounded` on [l, u], exact for every n; with 20,000 draws and α = 1e-9 a mean off by 0.04
             of u - l is found with a power above 0.9999. E[1/a] for a ~ U(3, 8) is off by 0.069.
    Rejects  the form x/a, a ~ U(3, 8), tested at x/5.5: E[1/a] = ln(8/3)/5 = 0.196, and 1/5.5 = 0.182.
    Mend     draw the slope, not its reciprocal, and use (lower + upper)/2 at test.
    Cares    the paper's x/a with 1/5.5 at test is 7 % off the mean of training.
    """
    leaks = -f.train(-np.ones(DRAWS), rng=rng, lower=LOWER, upper=UPPER)
    claimed = -float(f.test(-np.ones(1), lower=LOWER, upper=UPPER)[0])
    if not LOWER <= claimed <= UPPER:
        return Gap(math.inf, 0.0, f"the leak at test is {claimed}, outside [{LOWER}, {UPPER}]")
    return mean_of_bounded(leaks, claimed, (LOWER, UPPER), alpha=alpha)


@claim("distribution", random=True)
def leaks_are_uniform(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """In training every entry below 0 has a leak of its own, uniform between the bounds.

        f_train(x) / x ~ U(l, u), independent, for x < 0

    Allowed  that of `distribution`, exact; with 20,000 draws and α = 1e-9 a distribution function off by 0.035
             anywhere is found with power 0.99.
    Rejects  one leak drawn for all entries.
    Mend     draw a leak for each entry in each call, uniform on [lower, upper].
    Cares    one leak for all entries is another method with far less noise.
    """
    leaks = -f.train(-np.ones(DRAWS), rng=rng, lower=LOWER, upper=UPPER)
    try:
        return distribution(leaks, uniform(LOWER, UPPER), alpha=alpha)
    except BadSample as error:
        return Gap(math.inf, 0.0, str(error))


@claim("behaviour", examples=EXAMPLES, x=numbers(scales=(1.0, 10.0)), bounds=BOUNDS, seed=st.integers(0, 2**16))
def gradient_leaks_as_the_values_do(f: Any, x: Array, bounds: tuple[float, float], seed: int) -> Gap:
    """The backward pass meets the leaks of its own forward pass; what is positive passes both whole.

        ∂x = g f_train(x) / x,   f_train(x) = x for x > 0

    Allowed  4 u |∂x|: a product, and the quotient that recovers the leak.
    Rejects  leaks drawn anew in the backward pass.
    Mend     keep the drawn leaks for the backward pass.
    Cares    leaks drawn anew make the gradient that of another function.
    """
    g = np.random.default_rng(seed).integers(1, 4, x.shape).astype(np.float64)
    y, found = f.train_with_gradient(x, g, rng=np.random.default_rng(seed), lower=bounds[0], upper=bounds[1])
    leak = y[x != 0] / x[x != 0]
    gaps = [Gap(0.0, 0.0), worst(np.abs(y[x > 0] - x[x > 0]), 0.0, "a positive entry") if (x > 0).any() else None,
            worst(np.abs(found[x != 0] - g[x != 0] * leak), 4 * U * g[x != 0], "∂x - g leak") if x.any() else None]
    return Gap.worst([gap for gap in gaps if gap is not None])


def moments(x: float, s: float) -> tuple[float, float]:
    """E max(0, x + s z) and its second moment, z ~ N(0, 1)."""
    below, density = float(special.ndtr(x / s)), math.exp(-((x / s) ** 2) / 2) / math.sqrt(2 * math.pi)
    return x * below + s * density, (x * x + s * s) * below + x * s * density


INPUTS = (-3.0, -1.0, -0.25, 0.0, 0.5, 2.0)


def rectified(f: Any, rng: np.random.Generator, alpha: float) -> list[tuple[Array, float, float, float]]:
    """For each input: outputs under drawn noise, the standard deviation √σ(x), both tolerances' α and x."""
    found = []
    for x in INPUTS:
        inputs = np.full(DRAWS, x)
        y = np.asarray(f.forward(x=inputs, z=f.draw(inputs.shape, rng=rng)))
        found.append((y, math.sqrt(float(special.expit(x))), alpha / len(INPUTS), x))
    return found


@claim("distribution", random=True)
def mean_under_noise(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The mean output of a noisy ReLU, whose noise has the variance s² = σ(x).

        E y = x Φ(x/s) + s φ(x/s)

    Allowed  s √(2 ln(2/α) / n), by concentration, y being s-Lipschitz in the noise; with 20,000 draws and α = 1e-9 / 6
             0.048 s, so that a mean off by 0.08 s is found with a power above 0.999.
    Rejects  s = σ(x), the sigmoid taken for the standard deviation.
    """
    return Gap.worst([Gap(abs(float(np.mean(y)) - moments(x, s)[0]), deviation(s, y.size, a), f"mean at x = {x}")
                      for y, s, a, x in rectified(f, rng, alpha)])


@claim("distribution", random=True)
def second_moment_under_noise(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """The second moment of a noisy ReLU, whose noise has the variance s² = σ(x).

        E y² = (x² + s²) Φ(x/s) + x s φ(x/s)

    Allowed  for the root r of the mean square: it is s/√n-Lipschitz in the noise, so it keeps within s √(2 ln(2/α) / n)
             of E r; and r̄² - s²/n ≤ (E r)² ≤ r̄², r̄ the root of E y², by the Gaussian Poincaré inequality. With
             20,000 draws and α = 1e-9 / 6 a root off by 0.08 s + s²/(n r̄) is found with a power above 0.999.
    Rejects  noise of variance 1, whatever the input.
    """
    gaps = []
    for y, s, a, x in rectified(f, rng, alpha):
        root = math.sqrt(moments(x, s)[1])
        below = root - math.sqrt(max(0.0, root * root - s * s / y.size))
        gaps.append(Gap(abs(math.sqrt(float(np.mean(np.square(y)))) - root), deviation(s, y.size, a) + below,
                        f"root of the second moment at x = {x}"))
    return Gap.worst(gaps)
