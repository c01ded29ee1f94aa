"""Plans: which effect a test finds, with which power, at which false-alarm rate and with how many values.

    false alarm   P(measured > allowed | the claim holds)        ≤ α
    power         P(measured > allowed | the claim is off by δ)  ≥ 1 - β
Of (n, δ, power) two determine the third: `sample_size` and `detectable` invert a power function `(n, δ, α) → power`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fiducial.checks.statistics.samples import check_alpha

Power = Callable[[int, float, float], float]
MOST_DRAWS = 2**40
LARGEST_EFFECT = 1e6
SMALLEST_EFFECT = 1e-9


@dataclass(frozen=True)
class Plan:
    """With n values a sound subject is refused with probability ≤ alpha, and an effect of this size passes with
    probability ≤ 1 - power. `unit` says what the effect is measured in; an infinite effect means that none is found."""

    test: str
    alpha: float
    effect: float
    power: float
    n: int
    unit: str = ""

    def __str__(self) -> str:
        """The plan as one sentence."""
        return (f"{self.test}: n = {self.n} at α = {self.alpha:g} finds {self.unit or 'an effect'} of "
                f"{self.effect:.3g} with power {self.power:.4g}")

    def record(self) -> dict[str, Any]:
        """The plan as JSON can hold it."""
        return asdict(self)


def _check(alpha: float, power: float) -> None:
    check_alpha(alpha)
    if not alpha < power < 1:
        raise ValueError(f"power must lie strictly between alpha = {alpha:g} and 1, got {power}")


def sample_size(power_of: Power, test: str, *, alpha: float, effect: float, power: float, unit: str = "") -> Plan:
    """The plan with the fewest values, by bisection, whose power at `effect` is reached; ValueError beyond 2^40.

    The power at the returned n is evaluated, never extrapolated: for discrete laws, whose power is a saw-tooth in n,
    a smaller n may do as well, but the returned one does.
    """
    _check(alpha, power)
    if not effect > 0:
        raise ValueError(f"effect must be positive, got {effect}")
    low, high = 1, 2
    while power_of(high, effect, alpha) < power:
        low, high = high, 2 * high
        if high > MOST_DRAWS:
            raise ValueError(f"an effect of {effect:g} needs more than 1e12 values at α = {alpha:g}: raise it")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(middle, effect, alpha) >= power else (middle, high)
    return Plan(test, alpha, effect, power_of(high, effect, alpha), high, unit)


def detectable(power_of: Power, test: str, *, alpha: float, n: int, power: float, unit: str = "") -> Plan:
    """The plan with the smallest effect, to a relative 1e-4, that n values find with at least `power`; inf if none."""
    _check(alpha, power)
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    low, high = SMALLEST_EFFECT, 2 * SMALLEST_EFFECT
    while power_of(n, high, alpha) < power:
        low, high = high, 2 * high
        if high > LARGEST_EFFECT:
            return Plan(test, alpha, math.inf, 0.0, n, unit)
    while high / low > 1.0001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if power_of(n, middle, alpha) >= power else (middle, high)
    return Plan(test, alpha, high, power_of(n, high, alpha), n, unit)


@dataclass(frozen=True)
class Budget:
    """The chance that a run as a whole refuses a sound subject, split over its checks.

        Σ α_i = total, so that P(any false alarm) ≤ total by the union bound, whatever the checks share.

    `seed` fixes every stream; `shares` is filled by `split`, and `record` is what the evidence keeps.
    """

    total: float = 1e-6
    seed: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """ValueError unless 0 < total < 1 and the shares stay within it."""
        if not 0 < self.total < 1:
            raise ValueError(f"the false-alarm budget must lie strictly between 0 and 1, got {self.total}")
        if math.fsum(self.shares.values()) > self.total * (1 + 1e-12):
            raise ValueError(f"the shares sum to {math.fsum(self.shares.values()):g}, over the budget {self.total:g}")

    def split(self, checks: Sequence[str] | Mapping[str, float]) -> Budget:
        """A budget shared by the named checks, equally or by weight; ValueError for none, twice or a weight ≤ 0."""
        weights = dict(checks) if isinstance(checks, Mapping) else dict.fromkeys(checks, 1.0)
        if not weights or len(weights) != len(checks):
            raise ValueError(f"the budget is split over one or more distinct checks, got {list(checks)}")
        bad = {name: weight for name, weight in weights.items() if not 0 < weight < math.inf}
        if bad:
            raise ValueError(f"weights must be positive and finite, got {bad}")
        whole = math.fsum(weights.values())
        return Budget(self.total, self.seed, {name: self.total * weight / whole for name, weight in weights.items()})

    def alpha(self, check: str) -> float:
        """The share of one check; ValueError if it has none."""
        if check not in self.shares:
            raise ValueError(f"no share of the budget for {check!r}: name it in split, which named {list(self.shares)}")
        return self.shares[check]

    def rng(self, check: str) -> np.random.Generator:
        """The stream of one check, from (seed, check) alone."""
        return stream(self.seed, check)

    def record(self) -> dict[str, Any]:
        """The budget as JSON can hold it."""
        return {"false_alarm": self.total, "seed": self.seed, "shares": dict(self.shares)}


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator that depends on (seed, name) alone: not on order, on process or on Python's hash seed."""
    if seed < 0:
        raise ValueError(f"seed must be a whole number ≥ 0, got {seed}")
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
