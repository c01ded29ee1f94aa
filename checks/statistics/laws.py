"""Laws: what a sample is claimed to follow. Continuous, discrete (on the whole numbers), or mixed (atoms and a rest).

`law` reads one from a name such as "normal(0, 1)", a frozen SciPy distribution, a callable cdf, a pair (cdf, pmf), or a
table {value: probability}.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from fiducial.checks.statistics import tails
from fiducial.checks.statistics.samples import Floats

Function = Callable[[Floats], Any]


@dataclass(frozen=True)
class Continuous:
    """A law without atoms: its cdf F, its survival function 1 - F, and the closed interval that holds every draw."""

    name: str
    cdf: Function
    sf: Function
    support: tuple[float, float] = (-math.inf, math.inf)


@dataclass(frozen=True)
class Discrete:
    """A law on the whole numbers: its cdf, its survival function, its probabilities and its support."""

    name: str
    cdf: Function
    sf: Function
    pmf: Function
    support: tuple[float, float] = (-math.inf, math.inf)


@dataclass(frozen=True)
class Mixed:
    """Atoms with their probabilities, and a continuous law that holds the rest of the mass (None if none is left)."""

    atoms: Mapping[float, float]
    rest: Continuous | None = None

    def __post_init__(self) -> None:
        """ValueError unless the atoms are positive and leave mass for the rest exactly where there is one."""
        total = math.fsum(self.atoms.values())
        if not self.atoms or min(self.atoms.values()) <= 0 or total > 1 + 1e-9:
            raise ValueError(f"atoms need positive probabilities that sum to at most 1, got {dict(self.atoms)}")
        if (self.rest is None) != (total >= 1 - 1e-9):
            raise ValueError(f"the atoms hold {total:g} of the mass: give a rest if that is below 1, and only then")

    @property
    def name(self) -> str:
        """The law in words."""
        atoms = ", ".join(f"{value:g} with probability {p:g}" for value, p in self.atoms.items())
        return atoms if self.rest is None else f"{atoms}, else {self.rest.name}"


Law = Continuous | Discrete | Mixed


def normal(mu: float = 0.0, sigma: float = 1.0) -> Continuous:
    """N(μ, σ²), given by its standard deviation σ."""
    _positive("sigma", sigma)
    return Continuous(f"normal({mu:g}, {sigma:g})", lambda x: special.ndtr((x - mu) / sigma),
                      lambda x: special.ndtr((mu - x) / sigma))


def uniform(a: float = 0.0, b: float = 1.0) -> Continuous:
    """U(a, b)."""
    if not (math.isfinite(a) and math.isfinite(b) and a < b):
        raise ValueError(f"uniform needs finite a < b, got a = {a}, b = {b}")
    return Continuous(f"uniform({a:g}, {b:g})", lambda x: np.clip((x - a) / (b - a), 0, 1),
                      lambda x: np.clip((b - x) / (b - a), 0, 1), (a, b))


def exponential(scale: float = 1.0) -> Continuous:
    """The exponential law with mean `scale`."""
    _positive("scale", scale)
    return Continuous(f"exponential({scale:g})", lambda x: -np.expm1(-np.maximum(x, 0) / scale),
                      lambda x: np.exp(-np.maximum(x, 0) / scale), (0.0, math.inf))


def laplace(mu: float = 0.0, scale: float = 1.0) -> Continuous:
    """The Laplace law, density exp(-|x - μ| / scale) / (2 scale)."""
    _positive("scale", scale)

    def below(x: Floats) -> Any:
        y = (x - mu) / scale
        return np.where(y < 0, np.exp(np.minimum(y, 0)) / 2, 1 - np.exp(-np.maximum(y, 0)) / 2)

    return Continuous(f"laplace({mu:g}, {scale:g})", below, lambda x: below(2 * mu - x))


def truncated_normal(mu: float = 0.0, sigma: float = 1.0, a: float = -2.0, b: float = 2.0) -> Continuous:
    """N(μ, σ²) given that it falls in [a, b]: the bounds are values, and σ² is the variance before the cut."""
    _positive("sigma", sigma)
    if not a < b:
        raise ValueError(f"truncated_normal needs a < b, got a = {a}, b = {b}")
    low, high = (float(edge) for edge in special.ndtr([(a - mu) / sigma, (b - mu) / sigma]))
    mass = high - low
    return Continuous(f"truncated_normal({mu:g}, {sigma:g}, {a:g}, {b:g})",
                      lambda x: np.clip((special.ndtr((x - mu) / sigma) - low) / mass, 0, 1),
                      lambda x: np.clip((high - special.ndtr((x - mu) / sigma)) / mass, 0, 1), (a, b))


def binomial(n: int, p: float) -> Discrete:
    """Bin(n, p)."""
    if not (int(n) == n and n >= 1 and 0 < p < 1):
        raise ValueError(f"binomial needs a whole n ≥ 1 and 0 < p < 1, got n = {n}, p = {p}")
    log = math.log(p), math.log1p(-p)

    def pmf(k: Floats) -> Any:
        inside = np.clip(k, 0, n)
        choose = special.gammaln(n + 1) - special.gammaln(inside + 1) - special.gammaln(n - inside + 1)
        return np.where(inside == k, np.exp(choose + inside * log[0] + (n - inside) * log[1]), 0.0)

    return Discrete(f"binomial({n}, {p:g})", lambda k: tails.binomial_at_most(k, n, p),
                    lambda k: tails.binomial_at_least(k + 1, n, p), pmf, (0.0, float(n)))


def bernoulli(p: float) -> Discrete:
    """1 with probability p, else 0."""
    base = binomial(1, p)
    return Discrete(f"bernoulli({p:g})", base.cdf, base.sf, base.pmf, base.support)


def poisson(rate: float) -> Discrete:
    """The Poisson law with mean `rate`."""
    _positive("rate", rate)

    def pmf(k: Floats) -> Any:
        inside = np.maximum(k, 0)
        return np.where(k >= 0, np.exp(inside * math.log(rate) - rate - special.gammaln(inside + 1)), 0.0)

    return Discrete(f"poisson({rate:g})",
                    lambda k: np.where(k >= 0, special.gammaincc(np.maximum(k, 0) + 1, rate), 0.0),
                    lambda k: np.where(k >= 0, special.gammainc(np.maximum(k, 0) + 1, rate), 1.0), pmf, (0.0, math.inf))


def integers(a: int, b: int) -> Discrete:
    """Every whole number from a to b, both included, equally often."""
    if not (int(a) == a and int(b) == b and a < b):
        raise ValueError(f"integers needs whole numbers a < b, got a = {a}, b = {b}")
    size = b - a + 1
    return Discrete(f"integers({a}, {b})",
                    lambda k: np.clip((k - a + 1) / size, 0, 1), lambda k: np.clip((b - k) / size, 0, 1),
                    lambda k: np.where((k >= a) & (k <= b), 1 / size, 0.0), (float(a), float(b)))


def _positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}")


NAMED: dict[str, Callable[..., Law]] = {
    "normal": normal, "uniform": uniform, "exponential": exponential, "laplace": laplace,
    "truncated_normal": truncated_normal, "binomial": binomial, "bernoulli": bernoulli, "poisson": poisson,
    "integers": integers,
}


def law(claim: Any) -> Law:
    """The law that a claim names; ValueError or TypeError with the forms that are known.

    A name "normal(0, 1)", a frozen scipy.stats distribution, a cdf, a pair (cdf, pmf) on the whole numbers, a table
    {value: probability}, or a law as this module makes them.
    """
    if isinstance(claim, Continuous | Discrete | Mixed):
        return claim
    if isinstance(claim, str):
        return _named(claim)
    if isinstance(claim, Mapping):
        return Mixed({float(value): float(p) for value, p in claim.items()})
    if callable(getattr(claim, "cdf", None)) and callable(getattr(claim, "support", None)):
        return _frozen(claim)
    if isinstance(claim, tuple) and len(claim) == 2 and all(callable(part) for part in claim):
        cdf, pmf = claim
        return Discrete("the given cdf and pmf", cdf, lambda k: 1 - np.asarray(cdf(k)), pmf)
    if callable(claim):
        # 1 - F is known to half a unit in the last place of 1 and no better, so it is never taken for less
        return Continuous("the given cdf", claim, lambda x: np.maximum(1 - np.asarray(claim(x)), 2.0**-54))
    raise TypeError(f"a law is a name such as 'normal(0, 1)', a frozen scipy.stats distribution, a cdf, a pair "
                    f"(cdf, pmf) or a table {{value: probability}}, got {type(claim).__name__}")


def _named(text: str) -> Law:
    """A law from its name and literal arguments: nothing is evaluated."""
    try:
        call = ast.parse(text, mode="eval").body
        name, given = (call.func, call.args) if isinstance(call, ast.Call) else (call, [])
        keywords = {k.arg: ast.literal_eval(k.value) for k in call.keywords} if isinstance(call, ast.Call) else {}
        make = NAMED[name.id if isinstance(name, ast.Name) else ""]
        return make(*(ast.literal_eval(value) for value in given), **keywords)  # type: ignore[arg-type]
    except (SyntaxError, KeyError, TypeError) as error:
        raise ValueError(f"no law {text!r}: write one of {', '.join(NAMED)} with its parameters, as in "
                         "'normal(0, 1)'") from error


def _frozen(claim: Any) -> Law:
    low, high = (float(edge) for edge in claim.support())
    name = getattr(getattr(claim, "dist", None), "name", type(claim).__name__)
    given = (f"{k}={v}" for k, v in getattr(claim, "kwds", {}).items())
    arguments = ", ".join([*map(str, getattr(claim, "args", ())), *given])
    if callable(getattr(claim, "pmf", None)):
        return Discrete(f"{name}({arguments})", claim.cdf, claim.sf, claim.pmf, (low, high))
    return Continuous(f"{name}({arguments})", claim.cdf, claim.sf, (low, high))
