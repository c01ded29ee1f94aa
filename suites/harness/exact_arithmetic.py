"""Exact arithmetic: random straight-line programs, run in any format and, to 80 digits, in decimal numbers.

The 80 digits count as exact: every operation that rounds is charged at least 1e-20 of its result, and those that do
not round (minus, absolute value, extrema, x + 0, x¹) do not round here either.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from functools import reduce
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiducial.checks.rounding import Rounded, Rounding
from fiducial.reference._arrays import erf

Array: TypeAlias = NDArray[np.float64]
POWER, BASE = 0.3, 0.96  # a real exponent and a base, each the float64 number nearest to what is written
DIGITS = Context(prec=80, Emax=MAX_EMAX, Emin=MIN_EMIN)


def rounded_to(rounding: Rounding, x: Any) -> Array:
    """x to the nearest number of the format, ties to even: subnormals are kept, and what is too large is infinite.

    Rounding a float64 result once more gives the correctly rounded result of +, -, ×, ÷ and √ for up to 25 digits.
    """
    wide: Array = np.asarray(x, dtype=np.float64)
    if rounding.largest == np.inf:
        return wide
    digits = round(-np.log2(rounding.unit))
    exponent = np.maximum(np.frexp(wide)[1] - digits, round(np.log2(rounding.tiny)))
    nearest: Array = np.ldexp(np.rint(np.ldexp(wide, -exponent)), exponent)
    return np.asarray(np.where(np.abs(nearest) <= rounding.largest, nearest, np.copysign(np.inf, wide) + 0 * wide))


@dataclass(frozen=True)
class Operation:
    """One operation: on any arrays; rounded (`r` rounds to the format); and exactly."""

    apply: Callable[..., Any]
    inexact: Callable[..., Array]
    exact: Callable[..., Decimal]
    operands: int = 2


def _nearest(function: Callable[..., Any]) -> Callable[..., Array]:
    return lambda r, *operands: r(function(*operands))


def _product(n: int) -> Callable[..., Array]:
    """x^n as a product, factor after factor."""
    return lambda r, x: reduce(lambda a, b: r(a * b), [x] * n)


def _tanh(x: Decimal) -> Decimal:
    """For |x| < 1e-25, x itself: off by x²/3 < 1e-50 of it."""
    if abs(x) < Decimal("1e-25"):
        return x
    e = (-2 * x.copy_abs()).exp()
    return ((1 - e) / (1 + e)).copy_sign(x)


def _log1p(x: Decimal) -> Decimal:
    """For x < 1e-30, x - x²/2: off by x³ < 1e-60 of it."""
    return x - x * x / 2 if x < Decimal("1e-30") else (1 + x).ln()


def _expm1(x: Decimal) -> Decimal:
    """For |x| < 1e-30, x + x²/2."""
    return x + x * x / 2 if not x.is_nan() and abs(x) < Decimal("1e-30") else x.exp() - 1


def _series(first: Callable[[Decimal], Decimal], ratio: Callable[[Decimal, int], Decimal]) -> Callable[..., Decimal]:
    """Σ a_k for |x| cut at 3, with a_0 = first(x), a_{k+1} = a_k · ratio(x, k): 80 terms leave less than 1e-70."""

    def total(x: Decimal) -> Decimal:
        x = max(min(x, Decimal(3)), Decimal(-3))
        terms = [first(x)]
        for k in range(80):
            terms.append(terms[-1] * ratio(x, k))
        return sum(terms, Decimal(0))

    return total


def _cut(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of x cut at ±3, which rounds nothing."""
    return lambda x: function(np.minimum(np.maximum(x, -3.0), 3.0))


PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")


def _angle(y: Decimal, x: Decimal) -> Decimal:
    """The angle of (x, y): |y/(h + x)| <= 1, halved five times, leaves 1/32 to the 83rd behind the series."""
    if x < 0:
        return PI.copy_sign(y) - _angle(y, -x)
    if not y:
        return y
    z = y / ((x * x + y * y).sqrt() + x)
    for _ in range(5):
        z = z / (1 + (1 + z * z).sqrt())
    return 64 * sum((z ** (2 * k + 1) * (-1) ** k / (2 * k + 1) for k in range(41)), Decimal(0))


def _sum(a: Decimal, b: Decimal) -> Decimal:
    return a + b if a and b else a or b


def _difference_root(a: Decimal, b: Decimal) -> Decimal:
    """√(a - b); what is negative by less than the smallest normal number counts as 0, as the rule says."""
    return max(_sum(a, b.copy_negate()), Decimal(0)).sqrt()


OPERATIONS = {
    "add": Operation(np.add, _nearest(np.add), _sum),
    "subtract": Operation(np.subtract, _nearest(np.subtract), lambda a, b: _sum(a, b.copy_negate())),
    "multiply": Operation(np.multiply, _nearest(np.multiply), lambda a, b: a * b),
    "divide": Operation(np.divide, _nearest(np.divide), lambda a, b: a / b),
    "maximum": Operation(np.maximum, _nearest(np.maximum), max),
    "minimum": Operation(np.minimum, _nearest(np.minimum), min),
    "cancel": Operation(lambda x, y: (x + y) - y, lambda r, x, y: r(r(x + y) - y), lambda x, y: x),
    "negative": Operation(np.negative, _nearest(np.negative), Decimal.copy_negate, 1),
    "absolute": Operation(np.absolute, _nearest(np.absolute), Decimal.copy_abs, 1),
    "square": Operation(np.square, _nearest(np.square), lambda x: x * x, 1),
    "reciprocal": Operation(np.reciprocal, _nearest(np.reciprocal), lambda x: 1 / x, 1),
    "sqrt": Operation(lambda x: np.sqrt(abs(x)), _nearest(lambda x: np.sqrt(abs(x))),
                      lambda x: x.copy_abs().sqrt(), 1),
    "difference-root": Operation(lambda x, y: np.sqrt(x - y), lambda r, x, y: r(np.sqrt(r(x - y))),
                                 _difference_root),
    "to-the-3": Operation(lambda x: x**3, _product(3), lambda x: x * x * x, 1),
    "to-the-1": Operation(lambda x: x**1, lambda r, x: x, lambda x: x, 1),
    "to-the-9": Operation(lambda x: x**9, _product(9), lambda x: x**9, 1),
    "to-the-minus-2": Operation(lambda x: x**-2, lambda r, x: r(1 / r(x * x)), lambda x: 1 / (x * x), 1),
    "to-the-0.3": Operation(lambda x: abs(x) ** POWER, _nearest(lambda x: abs(x) ** POWER),
                            lambda x: x.copy_abs() ** Decimal.from_float(POWER), 1),
    "base-0.96": Operation(lambda x: BASE**x, _nearest(lambda x: BASE**x), lambda x: Decimal.from_float(BASE) ** x, 1),
    "power": Operation(lambda x, y: abs(x) ** y, _nearest(lambda x, y: abs(x) ** y),
                       lambda x, y: x.copy_abs() ** y if y else Decimal(1)),
    "arctan2": Operation(np.arctan2, _nearest(np.arctan2), _angle),
    "exp": Operation(np.exp, _nearest(np.exp), Decimal.exp, 1),
    "log": Operation(lambda x: np.log(abs(x)), _nearest(lambda x: np.log(abs(x))), lambda x: x.copy_abs().ln(), 1),
    "tanh": Operation(np.tanh, _nearest(np.tanh), _tanh, 1),
    "log1p": Operation(lambda x: np.log1p(abs(x)), _nearest(lambda x: np.log1p(abs(x))),
                       lambda x: _log1p(x.copy_abs()), 1),
    "expm1": Operation(np.expm1, _nearest(np.expm1), _expm1, 1),
    "sin": Operation(_cut(np.sin), _nearest(_cut(np.sin)),
                     _series(lambda x: x, lambda x, k: -x * x / ((2 * k + 2) * (2 * k + 3))), 1),
    "cos": Operation(_cut(np.cos), _nearest(_cut(np.cos)),
                     _series(lambda x: Decimal(1), lambda x, k: -x * x / ((2 * k + 1) * (2 * k + 2))), 1),
    "erf": Operation(_cut(erf), _nearest(_cut(erf)),
                     _series(lambda x: 2 * x / PI.sqrt(), lambda x, k: -x * x * (2 * k + 1) / ((k + 1) * (2 * k + 3))),
                     1),
}


@dataclass
class Tally:
    """What programs showed: entries judged, without a finite bound, beyond their bound; and each error / bound."""

    judged: int = 0
    unknown: int = 0
    violations: int = 0
    ratios: list[float] = field(default_factory=list)


def inputs(rng: np.random.Generator, rounding: Rounding, size: int) -> Array:
    """Numbers of the format: ordinary ones, zeros, and some whose squares under- or overflow."""
    x = rng.standard_normal(size) * 10 ** rng.uniform(-3, 3, size)
    largest = min(rounding.largest, 1e308)
    kind = rng.random(size)
    x = np.where(kind < 0.08, 0.0, x)
    x = np.where((kind > 0.08) & (kind < 0.12), x * np.sqrt(rounding.tiny), x)
    return rounded_to(rounding, np.where((kind > 0.12) & (kind < 0.14), np.sign(x) * np.sqrt(largest) * 0.9, x))


def run(rng: np.random.Generator, rounding: Rounding, names: list[str], tally: Tally, size: int = 4) -> None:
    """One program: each operation takes earlier results, and each finite bound is held against the exact value."""
    start = [inputs(rng, rounding, size) for _ in range(3)]
    bounded: list[Any] = [Rounded(x, rounding=rounding) for x in start]
    inexact = list(start)
    exact = [[Decimal(v) for v in x] for x in start]
    for name in names:
        operation = OPERATIONS[name]
        chosen = rng.integers(len(bounded), size=operation.operands)
        bounded.append(operation.apply(*[bounded[i] for i in chosen]))
        with np.errstate(all="ignore"):
            inexact.append(operation.inexact(lambda x: rounded_to(rounding, x), *[inexact[i] for i in chosen]))
        known = np.isfinite(bounded[-1].error)
        with localcontext(DIGITS):
            exact.append([operation.exact(*[exact[i][k] for i in chosen]) if known[k] else Decimal("nan")
                          for k in range(size)])
        _judge(bounded[-1], inexact[-1], exact[-1], tally)


def _distance(x: float, truth: Decimal) -> Decimal:
    return (Decimal(x) - truth).copy_abs() if np.isfinite(x) else Decimal("inf")


def _judge(bounded: Any, inexact: Array, exact: list[Decimal], tally: Tally) -> None:
    """The value of the bounded array and that of the format, each within the bound of the exact value."""
    for value, error, other, truth in zip(bounded.value, bounded.error, inexact, exact, strict=True):
        if truth.is_nan():
            tally.unknown += 1
            continue
        tally.judged += 1
        with localcontext(DIGITS):
            distance = max(_distance(value, truth), _distance(other, truth))
            tally.violations += distance > Decimal(error)
            if error > 0:
                tally.ratios.append(float(distance / Decimal(error)))


def programs(rounding: Rounding, count: int, seed: int, length: int = 6, only: list[str] | None = None) -> Tally:
    """Random programs from a seed, of the operations named or of all."""
    rng, tally = np.random.default_rng(seed), Tally()
    for _ in range(count):
        run(rng, rounding, list(rng.choice(only or list(OPERATIONS), length)), tally)
    return tally


def beyond_the_corners(rng: np.random.Generator, name: str, count: int = 200) -> int:
    """In how many entries a result moves by more than its bound when operands move to the ends of their intervals.

    The intervals are wide, up to nine tenths of the value, so that what is not linear in the error shows.
    """
    operation = OPERATIONS[name]
    values = [rng.standard_normal(count) for _ in range(operation.operands)]
    errors = [np.abs(v) * rng.uniform(0.1, 0.9, count) for v in values]
    bounded: Any = operation.apply(*[Rounded(v, e) for v, e in zip(values, errors, strict=True)])
    moved = np.zeros(count)
    with np.errstate(invalid="ignore"):
        for signs in product((-1, 1), repeat=operation.operands):
            corner = [v + sign * e for v, e, sign in zip(values, errors, signs, strict=True)]
            moved = np.fmax(moved, np.abs(operation.apply(*corner) - operation.apply(*values)))
    return int(np.sum(moved > bounded.error * (1 + 1e-12)))  # the corners themselves are rounded
