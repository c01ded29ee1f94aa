"""What is claimed of minibatches: the risk they estimate, how far off it is, and what a penalty beside it does."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.losses import ONE, Draws, U, drawn, dyadic

EXAMPLES: Draws = st.shared(st.integers(2, 5), key="examples")
LOSSES: Draws = dyadic(EXAMPLES, lambda n: (n,), (1.0,))
SIZE: Draws = drawn(EXAMPLES, lambda rng, n: int(rng.integers(1, n + 1)))
TRIALS = 8192
POPULATION = np.array([0.0, 0.0, 1.0, 1.0])  # four losses; mean ½, σ² = ¼
SPREAD = 0.25


def risks(f: Any, losses: Array, batches: list[Array]) -> Array:
    """The risk on each batch."""
    return np.array([float(f.forward(losses, batch)) for batch in batches])


def without_replacement(n: int, size: int) -> list[Array]:
    """Every batch of different examples."""
    return [np.array(chosen) for chosen in combinations(range(n), size)]


def with_replacement(n: int, size: int) -> list[Array]:
    """Every sequence of examples, n^size of them; sizes above 4 are cut to 4."""
    return [np.array(chosen) for chosen in product(range(n), repeat=min(size, 4))]


@claim("value", examples=40, losses=LOSSES, size=SIZE)
def unbiased_over_all_batches(f: Any, losses: Array, size: int) -> Gap:
    """Averaged over all batches of a size, with or without replacement, the risk is that of all examples.

        1/#batches Σ_batches R(batch) = 1/N Σ L_i

    Allowed  means of at most n^4 = 625 means of at most 5 losses: (625 + 5 + 5) u max|L| for each side.
    Rejects  the sum in the place of the mean.
    """
    n, full = len(losses), float(np.mean(losses))
    allowed = 2 * 640 * U * float(np.abs(losses).max())
    return Gap.worst([Gap(abs(float(np.mean(risks(f, losses, batches))) - full), allowed, how) for how, batches in
                      (("without", without_replacement(n, size)), ("with replacement", with_replacement(n, size)))])


@claim("value", examples=40, losses=LOSSES, size=SIZE)
def variance_over_all_batches(f: Any, losses: Array, size: int) -> Gap:
    """Over all batches the variance is σ²/B with replacement, and σ²/B (N - B)/(N - 1) without: 0 at B = N.

        Var R = σ²/B,   σ²/B (N - B)/(N - 1),   σ² = 1/N Σ (L_i - mean)²

    Allowed  the mean of at most 625 squares of differences, each difference off by 2 · 640 u max|L|:
             4 · 640 u (2 max|L|)².
    Rejects  a batch whose first example counts twice.
    """
    n, full = len(losses), float(np.mean(losses))
    spread = float(np.mean((losses - full) ** 2))
    allowed = 4 * 640 * U * (2 * float(np.abs(losses).max())) ** 2
    drawn_again = min(size, 4)
    expected = {"without": spread / size * (n - size) / (n - 1), "with replacement": spread / drawn_again}
    found = {"without": risks(f, losses, without_replacement(n, size)),
             "with replacement": risks(f, losses, with_replacement(n, size))}
    return Gap.worst([Gap(abs(float(np.mean((found[how] - full) ** 2)) - expected[how]), allowed, how)
                      for how in expected])


@claim("gradient", examples=40, losses=LOSSES, size=SIZE)
def every_example_has_its_share(f: Any, losses: Array, size: int) -> Gap:
    """The gradient of the risk gives each loss its share of the batch, and averaged over batches 1/N.

        ∂R/∂L_i = (times that i was drawn) / B,   1/#batches Σ ∂R/∂L_i = 1/N

    Allowed  means of at most 625 shares of at most 1: 2 · 640 u.
    Rejects  a share of 1/N in a batch of B.
    """
    n = len(losses)
    mean = np.mean([f.backward(losses, batch, ONE) for batch in with_replacement(n, size)], axis=0)
    twice = f.backward(losses, np.array([0, 0, 1]), ONE) - np.eye(n)[0] * 2 / 3 - np.eye(n)[1] / 3
    return Gap(float(np.abs(np.concatenate([mean - 1 / n, twice])).max()), 2 * 640 * U)


@claim("value", examples=40, losses=LOSSES, size=SIZE, place=st.integers(0, 4))
def rises_with_every_loss(f: Any, losses: Array, size: int, place: int) -> Gap:
    """Where the loss of one example in the batch rises by 1, the regularised risk rises by 1/B.

        R(L + e_i, Ω) - R(L, Ω) = 1/B

    Allowed  two means of at most 5 losses and a sum each: 2 · 8 u (max|L| + 2).
    Rejects  -1/N Σ L + Ω, which is least where the losses are greatest.
    """
    batch = np.arange(size)
    raised = losses + np.eye(len(losses))[place % size]
    rise = float(f.penalized_forward(raised, batch, ONE)) - float(f.penalized_forward(losses, batch, ONE))
    return Gap(abs(rise - 1 / size), 16 * U * (float(np.abs(losses).max()) + 2))


@claim("value", examples=40, a=LOSSES, size=SIZE, lam=st.sampled_from((0.5, 0.25, 2.0)))
def penalty_keeps_the_minimizer(f: Any, a: Array, size: int, lam: float) -> Gap:
    """A penalty that is not divided by the batch size leaves the minimizer where it is, whatever the size.

        argmin_w 1/#batches Σ_batches R(½ (w - a)², λ w²) = mean(a) / (1 + 2 λ)   for every B

    Allowed  the minimizer of the parabola through J(-1), J(0), J(1) is (J(-1) - J(1)) / 2 (J(1) + J(-1) - 2 J(0)), of
             denominator 1 + 2λ >= 1; each J errs by at most 16 u max J, so that it errs by 16 · 3 (1 + |w*|) u max J.
    Rejects  λ/B Ω beside the mean of B losses.
    """
    batches = without_replacement(len(a), size)
    low, middle, high = (float(np.mean([f.penalized_forward(0.5 * (w - a) ** 2, batch, np.float64(lam * w**2))
                                        for batch in batches])) for w in (-1.0, 0.0, 1.0))
    found, expected = (low - high) / (2 * (high + low - 2 * middle)), float(np.mean(a)) / (1 + 2 * lam)
    most = float(np.max(0.5 * (np.abs(a) + 1) ** 2)) + lam
    return Gap(abs(found - expected), 48 * (1 + abs(expected)) * U * most)


def sampled(f: Any, draw: str, size: int, rng: np.random.Generator) -> Array:
    """The risk of the population on many drawn batches."""
    pick = getattr(f, draw)
    return np.array([float(f.forward(POPULATION, pick(len(POPULATION), size, rng=rng))) for _ in range(TRIALS)])


def of_one_draw(found: Claim, draw: str) -> Claim:
    """The claim under an id that says how the batches are drawn."""
    return replace(found, id=f"{found.id}-{'without' if draw.endswith('without') else 'with'}-replacement")


def drawn_mean(draw: str) -> Claim:
    """The claim for one way to draw."""
    @claim("distribution", random=True)
    def unbiased(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """The risk on drawn batches has the risk of all examples for its mean.

            E R = 1/N Σ L_i,   four losses 0, 0, 1, 1, batches of 3

        Allowed  that of `mean_of_bounded` for 8192 batches at this α; at 1e-9 a mean off by 0.054 is found with
                 probability 0.99.
        Rejects  a draw that never takes the last example.
        """
        return statistics.mean_of_bounded(sampled(f, draw, 3, rng), 0.5, (0.0, 1.0), alpha=alpha)

    return of_one_draw(unbiased, draw)


def drawn_variance(draw: str, variance: float) -> Claim:
    """The claim for one way to draw three of four, with the variance that it should have."""
    @claim("distribution", random=True)
    def variance_of_the_risk(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """The risk on drawn batches has the variance σ²/B, without replacement times (N - B)/(N - 1).

            Var R = σ²/B = 1/12   or   σ²/B (N - B)/(N - 1) = 1/36,   four losses 0, 0, 1, 1, batches of 3

        Allowed  that of `variance_of_bounded` for 8192 batches at this α; at 1e-9 a variance off by 0.038 is found
                 with probability 0.99, and the two differ by 0.056.
        Rejects  a draw with replacement for one without, and the reverse.
        """
        return statistics.variance_of_bounded(sampled(f, draw, 3, rng), variance, (0.0, 1.0), alpha=alpha)

    return of_one_draw(variance_of_the_risk, draw)


def even(draw: str) -> Claim:
    """The claim for one way to draw."""
    @claim("distribution", random=True)
    def every_example_alike(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """Every example comes first in a batch equally often.

            P(first = i) = 1/N

        Allowed  the exact binomial law at α/4 for each of four examples, 8192 batches; at 1e-9 a share off by 0.043 is
                 found with probability 0.99.
        Rejects  a draw that never takes the last example.
        """
        firsts = np.array([getattr(f, draw)(4, 2, rng=rng)[0] for _ in range(TRIALS)])
        return Gap.worst([statistics.proportion(firsts == i, 0.25, alpha=alpha / 4) for i in range(4)])

    return of_one_draw(every_example_alike, draw)


@claim("behaviour", n=st.integers(1, 9), seed=st.integers(0, 999))
def no_example_twice(f: Any, n: int, seed: int) -> Gap:
    """Drawn without replacement no example comes twice, and a batch of all examples is all of them.

        #{batch} = B,   B = 1 … N

    Allowed  nothing.
    Rejects  a draw with replacement.
    """
    rng = np.random.default_rng(seed)
    lost = [size - len(set(np.asarray(f.draw_without(n, size, rng=rng)).tolist())) for size in range(1, n + 1)]
    return Gap(float(max(lost)), 0.0, "examples that came twice")
