"""Sequential tests: stop early on clear cases, and spend the budget once.

In stages. Look at the data after n_1 < … < n_K draws, each time at all of them.
    refuse at look k   if the fixed-n test refuses at α_k, where Σ α_k = α
    accept at look k   if the effect δ that the plan promises to find is excluded at β_k, where Σ β_k = (1 - power)/2
False alarms: under the claim each look refuses with probability ≤ α_k whatever came before, so P(any) ≤ Σ α_k = α;
accepting early only removes chances to refuse. Power: an effect ≥ δ is accepted early with probability ≤ Σ β_k, and
missed at the last look with probability ≤ (1 - power)/2 by the choice of n_K, so the power is kept.

Always. `watch_proportion` and `watch_mean` may be looked at after every draw: under the claim the mixture of likelihood
ratios M_n is a nonnegative martingale with M_0 = 1, so P(sup_n M_n ≥ 1/α) ≤ α (Ville, 1939).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import proportions, tails
from fiducial.checks.statistics.continuous import PARTS, kolmogorov_power, uniforms
from fiducial.checks.statistics.distributions import distribution
from fiducial.checks.statistics.laws import Continuous
from fiducial.checks.statistics.means import check_scale, mean_of_normal, mean_of_normal_power
from fiducial.checks.statistics.plans import Plan, sample_size
from fiducial.checks.statistics.samples import BadSample, check_alpha, numbers
from fiducial.checks.statistics.variances import variance_of_normal, variance_of_normal_power

Draw = Callable[[np.random.Generator, int], ArrayLike]


class Claim(Protocol):
    """What a staged test needs of a claim: its fixed-n test, that test's power, and what it can exclude."""

    def gap(self, sample: ArrayLike, alpha: float) -> Gap:
        """The fixed-n test at α."""

    def power(self, n: int, effect: float, alpha: float) -> float:
        """The power of the fixed-n test."""

    def excludes(self, sample: ArrayLike, effect: float, beta: float) -> bool:
        """Whether the sample excludes the effect; true with probability ≤ β where the effect is that large."""


@dataclass(frozen=True)
class Proportion:
    """The share of successes is p; the effect is a distance from p."""

    p: float

    def gap(self, sample: ArrayLike, alpha: float) -> Gap:
        """`proportion`."""
        return proportions.proportion(sample, self.p, alpha=alpha)

    def power(self, n: int, effect: float, alpha: float) -> float:
        """`proportion_power`."""
        return proportions.proportion_power(n, effect, alpha, p=self.p)

    def excludes(self, sample: ArrayLike, effect: float, beta: float) -> bool:
        """The count is improbably far from what p + effect, and from what p - effect, would give: exact binomial."""
        x = numbers(sample)
        k, below, above = float(x.sum()), self.p - effect, self.p + effect
        return bool((below < 0 or tails.binomial_at_least(k, x.size, below) <= beta)
                    and (above > 1 or tails.binomial_at_most(k, x.size, above) <= beta))


@dataclass(frozen=True)
class NormalMean:
    """Normal draws of known σ have mean μ; the effect is a distance in σ."""

    mu: float
    sigma: float

    def gap(self, sample: ArrayLike, alpha: float) -> Gap:
        """`mean_of_normal`."""
        return mean_of_normal(sample, self.mu, self.sigma, alpha=alpha)

    def power(self, n: int, effect: float, alpha: float) -> float:
        """`mean_of_normal_power`."""
        return mean_of_normal_power(n, effect, alpha)

    def excludes(self, sample: ArrayLike, effect: float, beta: float) -> bool:
        """|x̄ - μ| / σ + z / √n < effect, z the one-sided quantile at β."""
        x = numbers(sample)
        reach = -float(special.ndtri(beta)) / math.sqrt(x.size)
        return abs(float(np.mean(x - self.mu))) / self.sigma + reach < effect


@dataclass(frozen=True)
class NormalVariance:
    """Normal draws have this variance; the effect is relative to it."""

    variance: float

    def gap(self, sample: ArrayLike, alpha: float) -> Gap:
        """`variance_of_normal`."""
        return variance_of_normal(sample, self.variance, alpha=alpha)

    def power(self, n: int, effect: float, alpha: float) -> float:
        """`variance_of_normal_power`."""
        return variance_of_normal_power(n, effect, alpha)

    def excludes(self, sample: ArrayLike, effect: float, beta: float) -> bool:
        """s²/σ² lies inside what variances of 1 - effect and 1 + effect give with all but β: exact χ²."""
        x = numbers(sample)
        nu = x.size - 1
        ratio = float(np.var(x, ddof=1)) / check_scale(self.variance, "variance")
        low, high = tails.chi_square(2 * beta, nu)
        return (1 - effect) * high / nu < ratio < (1 + effect) * low / nu


@dataclass(frozen=True)
class Follows:
    """Draws follow a continuous law; the effect is a distance of the cdfs."""

    law: Continuous

    def gap(self, sample: ArrayLike, alpha: float) -> Gap:
        """`distribution`."""
        return distribution(sample, self.law, alpha=alpha)

    def power(self, n: int, effect: float, alpha: float) -> float:
        """`kolmogorov_power` at its share of α."""
        return kolmogorov_power(n, effect, alpha / PARTS)

    def excludes(self, sample: ArrayLike, effect: float, beta: float) -> bool:
        """D + √(ln(1/β) / 2n) < effect: where the cdfs differ by the effect, Hoeffding's bound holds D that near."""
        u = uniforms(numbers(sample), self.law, 0.0, 0.0, np.random.default_rng(0)).low
        steps = np.arange(u.size + 1) / u.size
        distance = max(float(np.max(steps[1:] - u)), float(np.max(u - steps[:-1])))
        return distance + math.sqrt(math.log(1 / beta) / (2 * u.size)) < effect


@dataclass(frozen=True)
class Stages:
    """When to look, and what each look may spend; `plan` is what the whole promises."""

    plan: Plan
    sizes: tuple[int, ...]
    alphas: tuple[float, ...]
    betas: tuple[float, ...]


def stages(claim: Claim, *, alpha: float, effect: float, power: float = 0.99, looks: int = 5) -> Stages:
    """Looks at n, n/2, n/4 … draws; the last spends α/2, the one before α/4 …, the first as much as the second.

    n is the size that finds the effect at α/2 with half of the tolerated misses; the other half is for futility.
    """
    if not 1 <= looks <= 20:
        raise ValueError(f"looks must lie between 1 and 20, got {looks}")
    share = 0.5 if looks > 1 else 1.0
    last = check_alpha(alpha) * share
    found = sample_size(claim.power, "in stages", alpha=last, effect=effect, power=(1 + power) / 2)
    sizes = tuple(max(math.ceil(found.n / 2**back), 1) for back in reversed(range(looks)))
    halves = [0.5 ** min(looks - k, looks - 1) for k in range(looks)] if looks > 1 else [1.0]
    beta = (1 - power) / 2 / max(looks - 1, 1)
    promised = Plan("in stages", alpha, effect, power, found.n)
    return Stages(promised, sizes, tuple(alpha * half for half in halves), (beta,) * (looks - 1) + (0.0,))


@dataclass(frozen=True)
class Outcome:
    """The gap at the look that ended the test, how many draws it took, and why it stopped."""

    gap: Gap
    n: int
    look: int
    stopped: str

    def record(self) -> dict[str, Any]:
        """The outcome as JSON can hold it."""
        return {"measured": self.gap.measured, "allowed": self.gap.allowed, "where": self.gap.where, "n": self.n,
                "look": self.look, "stopped": self.stopped}


def in_stages(draw: Draw, claim: Claim, plan: Stages, *, rng: np.random.Generator) -> Outcome:
    """Draw and judge in stages: the module's docstring says why α is spent once and the power kept.

    `draw(rng, n)` returns n fresh values; BadSample where it returns another number of them.
    """
    drawn: NDArray[Any] = np.empty(0)
    for look, (size, alpha, beta) in enumerate(zip(plan.sizes, plan.alphas, plan.betas, strict=True), start=1):
        missing = size - drawn.size
        if missing > 0:
            fresh = np.asarray(draw(rng, missing)).ravel()
            if fresh.size != missing:
                raise BadSample(f"the sampler returned {fresh.size} values, not the n = {missing} asked for")
            drawn = np.concatenate([drawn, fresh]) if drawn.size else fresh
        gap = claim.gap(drawn, alpha)
        if not gap.holds:
            return Outcome(gap, drawn.size, look, "refused")
        if beta and claim.excludes(drawn, plan.plan.effect, beta):
            return Outcome(gap, drawn.size, look, "accepted early: the effect is excluded")
    return Outcome(gap, drawn.size, look, "accepted at the last look")


@dataclass
class Watch:
    """An e-process: ln M after the draws so far and at its highest; `gap` may be asked for after any draw.

    measured  max ln M    Allowed  ln(1/α), by Ville's inequality at every stopping time.
    """

    alpha: float
    log_m: Callable[[int, float], float]
    where: str
    n: int = 0
    total: float = 0.0
    highest: float = field(default=0.0)

    def update(self, draws: ArrayLike) -> Gap:
        """Take in further draws, as one look, and return the gap."""
        values = numbers(draws, least=1)
        self.n, self.total = self.n + values.size, self.total + float(values.sum())
        self.highest = max(self.highest, self.log_m(self.n, self.total))
        return self.gap

    @property
    def gap(self) -> Gap:
        """The highest ln M at a look so far against ln(1/α)."""
        return Gap(self.highest, -math.log(self.alpha), self.where, {"n": self.n, "total": self.total})

    def run(self, chunks: Iterable[ArrayLike]) -> Gap:
        """Update with chunk after chunk; stop at the first refusal."""
        for chunk in chunks:
            if not self.update(chunk).holds:
                break
        return self.gap


def watch_proportion(p: float, *, alpha: float) -> Watch:
    """The share of successes is p, looked at as often as one likes.

        M_n = ∫₀¹ q^k (1-q)^{n-k} dq / (p^k (1-p)^{n-k}) = B(k+1, n-k+1) / (p^k (1-p)^{n-k})

    Rejects  a mask that keeps too often, soon after that can be told.
    """
    if not 0 < p < 1:
        raise ValueError(f"p must lie strictly between 0 and 1, got {p}")

    def log_m(n: int, k: float) -> float:
        return float(special.betaln(k + 1, n - k + 1)) - k * math.log(p) - (n - k) * math.log1p(-p)

    return Watch(check_alpha(alpha), log_m, "ln of the mixture of likelihood ratios")


def watch_mean(mu: float, sigma: float, *, alpha: float, effect: float = 0.01) -> Watch:
    """Normal draws of known σ have mean μ, looked at as often as one likes; sharpest for means off by about effect · σ.

        s = Σ (x-μ)/σ,  M_n = ∫ exp(d s - d² n/2) N(d; 0, τ²) dd = exp(τ² s² / 2(1 + n τ²)) / √(1 + n τ²),  τ = effect
    """
    check_scale(sigma, "sigma")
    check_scale(effect, "effect")

    def log_m(n: int, total: float) -> float:
        s, spread = (total - n * mu) / sigma, 1 + n * effect**2
        return effect**2 * s**2 / (2 * spread) - math.log(spread) / 2

    return Watch(check_alpha(alpha), log_m, "ln of the mixture of likelihood ratios")
