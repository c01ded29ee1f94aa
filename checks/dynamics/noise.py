"""What is claimed of noise in gradients: the floor that it leaves, what thins it, and what it is good for."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import integrate, special

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.dynamics.walks import U, velocities
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.statistics import tails

WALKS = 4000
NOISE = np.random.Generator


def _chains(f: Any, rng: NOISE, start: float, rates: list[float], h: float, sigma: float, **options: Any) -> Array:
    """The ends of independent walks on ½ h θ² with gradients h θ + σ ξ, one rate a step."""
    x = np.full(WALKS, start)
    state = f.init(x)
    for lr in rates:
        xi = rng.standard_normal(x.shape)
        x, state = f.step(x, lambda at, xi=xi: h * at + sigma * xi, state, lr=lr, **options)
    return np.asarray(x)


@claim("distribution", random=True)
def minibatch_gradients_are_unbiased(f: Any, rng: NOISE, alpha: float) -> Gap:
    """The gradient of a minibatch is unbiased: its mean over draws is the gradient of the whole set.

        E ∇f_B = ∇f         minibatches of 4 of 40 examples, the set sorted by its targets

    Allowed  `mean_of_bounded` over 4000 minibatches at α/3 for each of 3 weights, between the least and the largest
             gradient of one example: an error of a twelfth of this range is found with power 0.99.
    Rejects  minibatches from the first half of a sorted set; gradients that are sums over the batch.
    """
    x = np.random.default_rng(7).normal(size=(40, 3))
    x = x[np.argsort(x[:, 0])]
    t, theta = x @ np.array([1.0, -2.0, 0.5]) + 1, np.array([0.3, 0.1, -0.2])
    every = np.stack([f.gradient(theta, x=x[k:k + 1], t=t[k:k + 1]) for k in range(40)])
    drawn = [f.sample(rng, 40, 4) for _ in range(4000)]
    found = np.stack([f.gradient(theta, x=x[chosen], t=t[chosen]) for chosen in drawn])
    whole, ends = every.mean(axis=0), (every.min(axis=0) - 1e-12, every.max(axis=0) + 1e-12)
    return Gap.worst([statistics.mean_of_bounded(found[:, i], float(whole[i]), (float(ends[0][i]), float(ends[1][i])),
                                                 alpha=alpha / 3) for i in range(3)])


@claim("distribution", random=True)
def noise_floor_of_descent(f: Any, rng: NOISE, alpha: float) -> Gap:
    """At a constant rate noise keeps descent from the minimum, by a variance that is known.

        Var θ = η σ² / (h (2 - ηh))           h = 2, η = 0.3, σ = 1.5

    Allowed  the χ² law of 4000 walks about 0 at α; after 60 steps the start is left to 0.4^120. A variance off by 21 %
             is found with power 0.99.
    Rejects  ησ²/2h, the limit of small rates, a third below; momentum.
    """
    x = _chains(f, rng, 0.0, [0.3] * 60, 2.0, 1.5)
    return statistics.variance_about(x, 0.3 * 2.25 / (2 * (2 - 0.6)), 0.0, alpha=alpha)


@claim("distribution", random=True)
def noise_floor_of_momentum(f: Any, rng: NOISE, alpha: float) -> Gap:
    """With momentum the floor of the noise is higher by about 1/(1 - α).

        Var θ = η σ² (1 + α) / (h (1 - α) (2 (1 + α) - ηh))           h = 2, η = 0.3, α = 0.8, σ = 1.5

    Allowed  the χ² law of 4000 walks about 0 at α; after 150 steps the start is left to √0.8^300 < 1e-14. A variance
             off by 21 % is found with power 0.99.
    Rejects  plain descent; an average of gradients, which lowers it.
    """
    x = _chains(f, rng, 0.0, [0.3] * 150, 2.0, 1.5, momentum=0.8)
    return statistics.variance_about(x, 0.3 * 2.25 * 1.8 / (2 * 0.2 * (3.6 - 0.6)), 0.0, alpha=alpha)


@claim("distribution", random=True)
def decay_removes_the_noise(f: Any, rng: NOISE, alpha: float) -> Gap:
    """A rate that decays lets the noise's floor go to 0, at the pace of the rate.

        V' = (1 - η_t h)² V + η_t² σ²,   η_t = f.rate(t),   h = 2:   V_300 a tenth of the floor at η_0, or less

    Allowed  the χ² law of 4000 walks about 0 at α; a variance off by 21 % is found with power 0.99.
    Rejects  a constant rate.
    """
    rates = [float(f.rate(t)) for t in range(300)]
    variance = 0.0
    for lr in rates:
        variance = (1 - 2 * lr) ** 2 * variance + lr**2 * 2.25
    floor = rates[0] * 2.25 / (2 * (2 - 2 * rates[0]))
    x = _chains(f, rng, 0.0, rates, 2.0, 1.5)
    return Gap.worst([statistics.variance_about(x, variance, 0.0, alpha=alpha), Gap(variance, 0.1 * floor, "floor")])


@claim("distribution", random=True)
def early_drop_leaves_a_bias(f: Any, rng: NOISE, alpha: float) -> Gap:
    """A rate that is dropped too soon leaves a bias that the small rate cannot remove in what is left of the budget.

        E θ_T = θ_0 Π (1 - η_t h):   η = 0.1 for τ of 200 steps, then 0.001;   θ_0 = 10, h = 1, σ = 1
        τ = 10: E θ_T = 2.88, 13 times the deviation at η = 0.1;   τ = 150: below its own deviation

    Allowed  z(α/2)/√4000 = 0.10 of the known deviation, exact for sums of normal noise; and the two comparisons.
    Rejects  a subject whose rate is not dropped at all; momentum.
    """
    gaps = []
    for tau in (10, 150):
        rates = [0.1] * tau + [0.001] * (200 - tau)
        mean, variance = 10.0, 0.0
        for lr in rates:
            mean, variance = (1 - lr) * mean, (1 - lr) ** 2 * variance + lr**2
        x = _chains(f, rng, 10.0, rates, 1.0, 1.0)
        gaps.append(statistics.mean_of_normal(x, mean, math.sqrt(variance), alpha=alpha / 2))
        floor = math.sqrt(0.1 / 1.9)
        gaps.append(Gap(10 * floor, abs(mean), "bias") if tau == 10 else Gap(abs(mean), math.sqrt(variance), "bias"))
    return Gap.worst(gaps)


@claim("value", beta=st.sampled_from((0.9, 0.5, 0.99)), examples=6)
def weights_of_an_average(f: Any, beta: float) -> Gap:
    """A running average gives the gradient of step m the weight (1 - β) β^{t-m}, 1 - β^t in all.

        v_t = Σ_m (1 - β) β^{t-m} g_m:   measured with g_m = e_m, t = 40

    Allowed  (t - m + 3) u of a weight, one rounding a step and three more; 2 t u for the sum.
    Rejects  momentum's sum, of total weight (1 - β^t)/(1 - β); the gradient of step t in every place of the sum.
    """
    v = -velocities(f, np.eye(40), lr=1.0, momentum=beta)[-1]
    age = np.arange(39, -1, -1)
    weights = (1 - beta) * beta**age
    worst = int(np.argmax(np.abs(v - weights) / weights))
    return Gap.worst([Gap(float(abs(v - weights)[worst]), float((2 * age[worst] + 6) * U * weights[worst]), "weight"),
                      Gap(abs(math.fsum(v) - (1 - beta**40)), 80 * U, "total weight")])


@claim("distribution", random=True)
def averages_thin_the_noise(f: Any, rng: NOISE, alpha: float) -> Gap:
    """A running average of independent gradients has (1 - β)/(1 + β) of their variance, once it is full.

        Var v_t = σ² (1 - β)/(1 + β) (1 - β^{2t})         β = 0.9, σ = 2, t = 5 and 200

    Allowed  the χ² law of 4000 averages about 0 at α/2; a variance off by 21 % is found with power 0.99.
    Rejects  momentum's sum, whose variance is σ²/(1 - β²).
    """
    v = velocities(f, 2 * rng.standard_normal((200, WALKS)), lr=1.0, momentum=0.9)
    gaps = [statistics.variance_about(v[t - 1], 4 * 0.1 / 1.9 * (1 - 0.9 ** (2 * t)), 0.0, alpha=alpha / 2)
            for t in (5, 200)]
    return Gap.worst(gaps)


def _weights(t: int, beta: float) -> Array:
    """The weights of g₁² … g_t² in v̂_t."""
    weights: Array = beta ** np.arange(t)[::-1]
    return np.asarray(weights / weights.sum())


def inverse_moment(t: int, beta: float, p: float) -> float:
    """E v̂^{-p} over standard normal gradients, finite for p < t/2: 1/Γ(p) ∫ s^{p-1} Π (1 + 2 w_i s)^{-1/2} ds."""
    weights = _weights(t, beta)

    def of_log(z: float) -> float:
        return math.exp(p * z - 0.5 * float(np.log1p(2 * weights * math.exp(z)).sum()))

    return float(integrate.quad(of_log, -60, 60, limit=400, epsabs=0, epsrel=1e-9, points=[-2, 0, 2])[0]
                 / special.gamma(p))


def inverse_root_variance(t: int, beta: float) -> float:
    """Var 1/√v̂_t over standard normal gradients, t ≥ 3."""
    return inverse_moment(t, beta, 1.0) - inverse_moment(t, beta, 0.5) ** 2


def _below(y: float, t: int, beta: float) -> float:
    """P(v̂_t < y) for t = 1, 2."""
    if t == 1:
        return math.erf(math.sqrt(y / 2))
    w = _weights(2, beta)

    def inner(g: float) -> float:
        return 2 * math.exp(-g * g / 2) / math.sqrt(2 * math.pi) * math.erf(
            math.sqrt(max(y - w[0] * g * g, 0.0) / (2 * w[1])))

    return float(integrate.quad(inner, 0, math.sqrt(y / w[0]), epsrel=1e-9)[0])


def _squares(f: Any, rng: NOISE, t: int, n: int) -> Array:
    """n draws of v̂_t."""
    state = f.init(np.zeros(n))
    for _ in range(t):
        state = f.moments(rng.standard_normal(n), state, beta1=0.9, beta2=0.999)
    return np.asarray(f.corrected(state, beta1=0.9, beta2=0.999)[1])


@claim("distribution", random=True)
def first_two_rates_have_no_variance(f: Any, rng: NOISE, alpha: float) -> Gap:
    """In the first two steps Adam's rate 1/√v̂ has infinite variance: v̂ comes too near to 0 too often.

        E 1/v̂ = ∫ P(v̂ < 1/a) da = ∞:   P(v̂_1 < y) = erf √(y/2) ~ √y,   P(v̂_2 < y) ~ y/(2√(w₁w₂));   y = 0.1, 0.01

    Allowed  the binomial law of 20,000 draws at α/4; a share off by 0.018 (of 0.08) is found with power 0.99.
    Rejects  averages that begin at 1, which keep every v̂ away from 0; no correction.
    """
    gaps = []
    for t in (1, 2):
        v = _squares(f, rng, t, 20_000)
        gaps += [statistics.proportion(v < y, _below(y, t, 0.999), alpha=alpha / 4) for y in (0.1, 0.01)]
    return Gap.worst(gaps)


def _chebyshev(groups: int, alpha: float) -> float:
    """How many deviations a group's mean may miss by so that half of the groups do with probability α at most."""
    half = groups // 2 + 1
    share = next(q for q in 0.3 * 0.95 ** np.arange(500) if tails.binomial_at_least(half, groups, q) <= alpha)
    return float(1 / math.sqrt(share))


@claim("distribution", random=True)
def variance_of_the_rate_falls(f: Any, rng: NOISE, alpha: float) -> Gap:
    """From the third step on the variance of Adam's rate is finite, and falls as more gradients are averaged.

        Var 1/√v̂_t = E 1/v̂ - (E 1/√v̂)²,   E v̂^{-p} = 1/Γ(p) ∫ s^{p-1} Π_i (1 + 2 w_i s)^{-½} ds
        t = 8: 0.106,   16: 0.0401,   64: 0.00829

    Allowed  for the median of 101 groups' mean squares (1/√v̂ - E)², by Chebyshev from the exact fourth moment with
             half of the groups missing with probability α/3: a variance off by 0.4 is found at every t.
    Rejects  no correction: 1/√v is larger by 1/√(1 - β₂^t).
    """
    gaps, n, groups = [], 400, 101
    for t in (8, 16, 64):
        m = [inverse_moment(t, 0.999, p) for p in (0.5, 1.0, 1.5, 2.0)]
        variance = m[1] - m[0] ** 2
        fourth = m[3] - 4 * m[2] * m[0] + 6 * m[1] * m[0] ** 2 - 3 * m[0] ** 4
        squares = (1 / np.sqrt(_squares(f, rng, t, n * groups)) - m[0]) ** 2
        found = float(np.median(squares.reshape(groups, n).mean(axis=1)))
        allowed = _chebyshev(groups, alpha / 3) * math.sqrt((fourth - variance**2) / n)
        gaps.append(Gap(abs(found - variance), allowed, f"variance at t = {t}", {"found": found, "exact": variance}))
    falls = [inverse_root_variance(t, 0.999) for t in (3, 4, 5, 8, 16, 64)]
    return Gap.worst([*gaps, Gap(max(b / a for a, b in pairwise(falls)), 1.0, "fall")])


@claim("value", t=st.sampled_from((5, 6, 8, 16, 64, 200)), examples=6)
def rectification_tames_the_variance(f: Any, t: int) -> Gap:
    """RAdam's factor keeps the variance of every step near the late ones', which without it exceeds them 1000 times.

        ¼ ≤ r_t² Var 1/√v̂_t / (r_T² Var 1/√v̂_T) ≤ 4,   t = 5 … 200, T = 2000

    Allowed  the bounds; r rests on an approximation of v̂'s law, so that they are no identity: measured 0.33 to 1.07.
    Rejects  no rectification.
    """
    def rectified(at: int) -> float:
        rho, last = f.lengths(at, beta2=0.999)
        return float(f.rectification(rho, last)) ** 2 * inverse_root_variance(at, 0.999)

    return Gap(abs(math.log(rectified(t) / rectified(2000))), math.log(4), "logarithm of the quotient of variances")


def _evaluations(f: Any, rng: NOISE, x: Array, t: Array, each: bool) -> float:
    """Gradients of examples taken until ‖θ - θ*‖ ≤ 0.2 from 0, one example at a time or all of them."""
    theta, state, taken = np.zeros(4), f.init(np.zeros(4)), 0
    while not np.linalg.norm(theta - 1.0) <= 0.2 and taken < 100_000:
        rows = f.sample(rng, len(x), 1 if each else len(x))
        theta, state = f.step(theta, lambda at, rows=rows: f.gradient(at, x=x[rows], t=t[rows]), state, lr=0.1)
        taken += len(rows)
    return float(taken)


@claim("distribution", random=True)
def copies_cost_the_batch_and_not_the_example(f: Any, rng: NOISE, alpha: float) -> Gap:
    """A set given four times over costs batch descent four times as much, and descent by examples nothing more.

        gradients taken until ‖θ - θ*‖ ≤ 0.2:   batch N₄/N₁ = 4;   by examples: the same law for both sets

    Allowed  0 for the batch; for the examples, independence of the count and of the set, 60 runs each, at α: exact, and
             a shift of the law by 1.8 deviations is found with power 0.99.
    Rejects  a rate divided by the size of the set; batches in place of examples.
    """
    x = np.random.default_rng(3).normal(size=(16, 4))
    sets = [(x, x @ np.ones(4)), (np.tile(x, (4, 1)), np.tile(x @ np.ones(4), 4))]
    batch = [_evaluations(f, rng, *data, each=False) for data in sets]
    labels = np.repeat([0.0, 1.0], 60)
    counts = np.array([_evaluations(f, rng, *sets[int(label)], each=True) for label in labels])
    return Gap.worst([Gap(abs(batch[1] - 4 * batch[0]), 0.0, "batch", {"batch": batch}),
                      statistics.independence(labels, counts, alpha=alpha),
                      Gap(float(np.mean(counts)), batch[1] / 4, "by examples, against the batch of the first set")])


@claim("distribution", random=True)
def examples_track_a_moving_optimum(f: Any, rng: NOISE, alpha: float) -> Gap:
    """Descent by examples follows an optimum that moves; the batch lags by what moved while it was gathered.

        the optimum moves by c an example:   lag c (N/(ηh) - (N-1)/2) for batches of N, c/(ηh) for N = 1
        noise σ²/N of a batch:   Var = (ηh)² σ²/N / (1 - (1-ηh)²);      N = 1, 10; ηh = 0.3, c = 0.1, σ = 1

    Allowed  z(α/2)/√4000 = 0.10 of the known deviation, exact for sums of normal noise.
    Rejects  a rate that decays, which loses the optimum.
    """
    gaps, c, s = [], 0.1, 0.3
    for n in (1, 10):
        x, state, place = np.zeros(WALKS), f.init(np.zeros(WALKS)), 0.0
        for _ in range(60):
            seen = place + c * (n - 1) / 2 + rng.standard_normal(WALKS) / math.sqrt(n)
            x, state = f.step(x, lambda at, seen=seen: at - seen, state, lr=s)
            place += c * n
        deviation = math.sqrt(s**2 / n / (1 - (1 - s) ** 2))
        lag = c * (n / s - (n - 1) / 2) * (1 - (1 - s) ** 60)
        gaps.append(statistics.mean_of_normal(place - x, lag, deviation, alpha=alpha / 2))
    return Gap.worst(gaps)


@claim("distribution", random=True)
def noise_leaves_a_shallow_minimum(f: Any, rng: NOISE, alpha: float) -> Gap:
    """Noise leads descent out of a shallow minimum into the deep one more often than not; without it it stays.

        from the shallow minimum at 1:   P(x_T < 0) ≥ ½ with noise of deviation 4, η = 0.05, T = 400;   x_T = 1 without

    Allowed  the share that Bin(400, ½) stays above with probability 1 - α/2, and 0: a subject that leaves with
             probability 0.29 or less is found with power 0.99.
    Rejects  a tenth of the rate, by which the noise is too weak.
    """
    def ends(noise: Callable[[], Array], n: int) -> Array:
        x, state = np.ones(n), f.init(np.ones(n))
        for _ in range(400):
            xi = noise()
            x, state = f.step(x, lambda at, xi=xi: f.slope(at) + 4 * xi, state, lr=0.05)
        return np.asarray(x)

    share = float(np.mean(ends(lambda: rng.standard_normal(400), 400) < 0))
    lowest = tails.binomial(alpha, 400, 0.5)[0] / 400
    return Gap.worst([Gap(0.5 - share, 0.5 - lowest, "share that left", {"share": share}),
                      Gap(float(abs(ends(lambda: np.zeros(1), 1)[0] - 1)), 0.0, "without noise")])
