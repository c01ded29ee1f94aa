"""Claims about initializers: which law the entries follow, whether they are independent, what matrices they form.

A claim is made for given draws (a shape and options each); a subject that refuses an option is judged on the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import Claim, Refused, claim
from fiducial.checks.evidence import Array, Gap, Severity, identical
from fiducial.checks.statistics import BadSample, Continuous, laws

SEEDS = st.integers(0, 2**32 - 1)
EPS = 2.0**-52
LawOf = Callable[..., Continuous]
Variance = Callable[..., float]


@dataclass(frozen=True)
class Draw:
    """What an initializer is given: a shape and options."""

    shape: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def of(self, f: Any, rng: np.random.Generator) -> Array:
        """One array of the subject's."""
        return np.asarray(f.draw(self.shape, rng=rng, **self.options))

    def __str__(self) -> str:
        """The shape and the options in words."""
        return ", ".join([f"shape {self.shape}", *(f"{name} = {value}" for name, value in self.options.items())])


def over(draws: Sequence[Draw], judge: Callable[[Draw], Gap]) -> Gap:
    """The worst gap over the draws that the subject does not refuse; a bad sample is a gap. Raises Refused."""
    gaps, refused = [], None
    for draw in draws:
        try:
            gap = judge(draw)
        except Refused as refusal:
            refused = refusal
            continue
        except BadSample as bad:
            gap = Gap(math.inf, 0.0, str(bad))
        gaps.append(Gap(gap.measured, gap.allowed, f"{gap.where} ({draw})", gap.sample))
    if refused and not gaps:
        raise refused
    return Gap.worst(gaps)


def fan(shape: tuple[int, ...], mode: str = "fan_in") -> int:
    """The fan of weights (out, in, …)."""
    return math.prod(shape[1:]) if mode == "fan_in" else math.prod(shape) // shape[1]


def lecun(shape: tuple[int, ...], *, mode: str = "fan_in") -> float:
    """1/n."""
    return 1 / fan(shape, mode)


def xavier(shape: tuple[int, ...], *, gain: float = 1.0) -> float:
    """2 gain² / (n_in + n_out)."""
    return gain**2 * 2 / (fan(shape) + fan(shape, "fan_out"))


def kaiming(shape: tuple[int, ...], *, a: float = 0.0, mode: str = "fan_in") -> float:
    """2 / ((1 + a²) n)."""
    return 2 / ((1 + a**2) * fan(shape, mode))


def normal_of(variance: Variance) -> LawOf:
    """N(0, v), v the variance for the draw."""
    return lambda shape, **options: laws.normal(0, math.sqrt(variance(shape, **options)))


def uniform_of(variance: Variance) -> LawOf:
    """U(-√(3v), √(3v)), v the variance for the draw."""

    def law(shape: tuple[int, ...], **options: Any) -> Continuous:
        b = math.sqrt(3 * variance(shape, **options))
        return laws.uniform(-b, b)

    return law


def follows_law(law_of: LawOf, *draws: Draw) -> Claim:
    """The entries' law; `law_of(shape, **options)` names it."""

    @claim("distribution", random=True)
    def follows_law(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """The entries follow the stated law.

            w_i ~ F(shape, options), independent

        Allowed  α is split over the draws, then over five tests of a distribution (Kolmogorov, extremes, mean,
                 variance, cells), each exact or an upper bound. 20,480 entries at α = 1e-9 find, with power 0.99, a
                 variance off by 9 %, a mean off by 0.06 σ, and any cdf that is 0.035 away somewhere.
        Rejects  a fan or a gain mistaken, a uniform law of the right variance for a normal one, a tail cut off.
        Mend     check which axis is fan-in, gain squared or not, and variance against standard deviation; cut the
                 stated tails.
        Cares    a variance off by a factor is that factor to the power of the depth in the signal.
        """
        share = alpha / len(draws)
        return over(draws, lambda draw: statistics.distribution(
            draw.of(f, rng), law_of(draw.shape, **draw.options), alpha=share, seed=int(rng.integers(2**31))))

    return follows_law


def entries_are_independent(*draws: Draw) -> Claim:
    """Neighbours in a row and in a column."""

    @claim("distribution", random=True)
    def entries_are_independent(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """No entry tells about its neighbours along the first or the last axis.

            w_{j,i} independent of w_{j,i+1} and of w_{j+1,i}

        Allowed  two tests of serial independence a draw, each at α over their number, exact for every law; 20,480
                 entries at α = 1e-9 find a correlation of 0.09 with power 0.99.
        Rejects  one row drawn and used for every unit.
        Mend     draw the whole array in one call.
        Cares    equal rows are equal units, and stay so through training.
        """
        share = alpha / (2 * len(draws))

        def judge(draw: Draw) -> Gap:
            w = draw.of(f, rng)
            return Gap.worst([statistics.serial_independence(w, alpha=share, lag=lag, seed=int(rng.integers(2**31)))
                              for lag in (1, math.prod(draw.shape[1:]))])

        return over(draws, judge)

    return entries_are_independent


def draws_come_from_the_generator(*draws: Draw) -> Claim:
    """One state of the generator, one array."""

    @claim("behaviour", examples=10, seed=SEEDS)
    def draws_come_from_the_generator(f: Any, seed: int) -> Gap:
        """A generator in the same state gives the same array, and goes on to another.

            draw(rng(s)) = draw(rng(s)),   the second draw from one generator ≠ the first

        Allowed  0 entries that differ between equal states; the next draw must differ somewhere.
        Rejects  an initializer with a seed of its own.
        Mend     draw from the generator that is handed in (torch: the global one), and seed nothing.
        Cares    with a seed inside, all layers of a shape start equal, and a run's seed changes nothing.
        """

        def judge(draw: Draw) -> Gap:
            rng = np.random.default_rng(seed)
            first, again = draw.of(f, np.random.default_rng(seed)), draw.of(f, rng)
            if np.array_equal(again, draw.of(f, rng)):
                return Gap(1.0, 0.0, "the second draw repeats the first")
            return identical(first, again, "entries that differ between equal states")

        return over(draws, judge)

    return draws_come_from_the_generator


def every_entry_is(value_of: Callable[..., float], *draws: Draw) -> Claim:
    """Constants; `value_of(**options)` is the value."""

    @claim("value", examples=5, seed=SEEDS)
    def every_entry_is_the_constant(f: Any, seed: int) -> Gap:
        """Every entry is the stated constant.

            w_i = c

        Allowed  0 entries that differ: nothing is computed.
        Rejects  a constant that is stored in float32 on its way.
        Mend     fill in the array's own dtype, without a detour through float32.
        Cares    0.1 that became 0.10000000149 breaks what is compared bit for bit.
        """
        return over(draws, lambda draw: identical(
            np.full(draw.shape, value_of(**draw.options)), draw.of(f, np.random.default_rng(seed)), "entries"))

    return every_entry_is_the_constant


@claim("behaviour", severity=Severity.SHOULD, examples=5, n=st.integers(1, 9))
def vectors_have_no_fans(f: Any, n: int) -> Gap:
    """A vector is refused: it has no fan-in and fan-out.

        draw((n,)) raises ValueError

    Allowed  0 arrays returned.
    Rejects  an initializer that takes the length of a vector for both fans.
    Mend     raise ValueError for fewer than two axes.
    Cares    a bias that is drawn as if it were a matrix has a meaningless size, and nobody is told.
    """
    try:
        f.draw((n,), rng=np.random.default_rng(n))
    except (ValueError, Refused):
        return Gap(0.0, 0.0, "refused")
    return Gap(1.0, 0.0, "a vector was filled")
