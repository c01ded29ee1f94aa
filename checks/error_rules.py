"""Error rules: how each operation passes on the error of its operands, and what its own rounding adds.

A quantity stands here as a value v (float64) and a bound e, or None where it is exact: the exact result A of the
formula and the result ã of an evaluation with unit roundoff u both lie within e of v. (For u = 2^-53, ã is v itself;
for a coarser u, v stands for A up to 2^-53 / u of the bound.) Each rule returns the bound of its result: the propagated
part, then u |v| for the rounding of the operation itself, as in Wilkinson's running error analysis.

Source   Wilkinson, Error analysis revisited, IMA Bulletin 22, 1986. Higham, Accuracy and Stability of Numerical
         Algorithms, 2nd edition, 2002, sections 2.2 (u), 2.8 (underflow) and 3.3 (running error analysis).
A nan as a bound means what inf means: nothing is known. It is never smaller than anything, so it needs no care here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Bound: TypeAlias = Array | None
ZERO = np.zeros(())  # as an operand of a ufunc an array costs half of what a number does
TRANSCENDENTAL = 8  # units charged for exp, log, tanh and real powers: 4 ulp, what the vector libraries promise


@dataclass(frozen=True)
class Rounding:
    """A floating-point format: unit roundoff u, smallest subnormal, largest finite number.

    An operation rounds to nearest: it errs by at most u |result|, and by `tiny` where its result may be subnormal.
    `scalar` marks the format of hyper-parameters, which are converted where they meet an array of numbers.
    """

    unit: float
    tiny: float
    largest: float = math.inf
    scalar: bool = False

    @cached_property
    def charge(self) -> float:
        """u, widened by what the evaluation of the bound itself in float64 may lose (a few roundings)."""
        return self.unit * (1 + 2.0**-50)

    @cached_property
    def slack(self) -> float:
        """Factor on a propagated error: the result rounded is that of perturbed operands; and as for `charge`."""
        return 1 + 2 * self.unit + 2.0**-49

    @cached_property
    def floor(self) -> float:
        """What a product or quotient may lose to underflow, in its value and in the terms of its bound."""
        return self.tiny + 4 * 2.0**-1074

    @cached_property
    def normal(self) -> float:
        """The smallest normal number."""
        return self.tiny / (2 * self.unit)

    def holds(self, value: Array) -> Array:
        """Whether a number is one of the format's."""
        if self.largest == math.inf:
            return np.isfinite(value)
        mantissa, _ = np.frexp(value)
        whole: Array = ((mantissa / self.unit) % 1 == 0) & ((value / self.tiny) % 1 == 0)
        return whole & (abs(value) <= self.largest)

    def growth(self, n: float) -> float:
        """(1 + u)^n - 1: what n roundings in a row may add up to, as a factor."""
        return math.expm1(n * math.log1p(self.charge))


FLOAT64 = Rounding(2.0**-53, 2.0**-1074)
FLOAT32 = Rounding(2.0**-24, 2.0**-149, (2 - 2.0**-23) * 2.0**127)
BFLOAT16 = Rounding(2.0**-8, 2.0**-133, (2 - 2.0**-7) * 2.0**127)
FLOAT16 = Rounding(2.0**-11, 2.0**-24, 65504.0)
SCALAR = Rounding(FLOAT32.unit, FLOAT32.tiny, FLOAT32.largest, scalar=True)  # no subject keeps them in less


def within(r: Rounding, size: Array, e: Array) -> Array:
    """e where a number of at most this size fits the format; elsewhere e/0, which is inf, or nan for e = 0."""
    return e if r.largest == math.inf else e / (size + e <= r.largest)


def _unless_zero(charge: Array, x: Array, ex: Bound) -> Array:
    """No charge where x is exactly zero: x + 0 and 0 x are not rounded."""
    if (x != 0) if x.ndim == 0 else np.count_nonzero(x) == x.size:
        return charge
    unknown: Array = x != 0 if ex is None else (x != 0) | (ex != 0)
    return charge * unknown


def add(r: Rounding, v: Array, a: Array, ea: Bound, b: Array, eb: Bound) -> Bound:
    """a ± b: the errors add. A sum of floating-point numbers that is subnormal is exact."""
    charge = _unless_zero(_unless_zero(abs(v) * r.charge, a, ea), b, eb)
    if ea is None:
        return charge if eb is None else eb * r.slack + charge
    return (ea if eb is None else ea + eb) * r.slack + charge


def multiply(r: Rounding, v: Array, a: Array, ea: Bound, b: Array, eb: Bound) -> Bound:
    """|ã b̃ - A B| <= |b| ea + (|a| + ea) eb."""
    charge = abs(v) * r.charge + r.floor
    if v.ndim == 0 or np.count_nonzero(v) != v.size:
        charge = _unless_zero(_unless_zero(charge, a, ea), b, eb)
    if ea is None:
        return charge if eb is None else abs(a) * eb * r.slack + charge
    spread = abs(b) * ea if eb is None else abs(b) * ea + (abs(a) + ea) * eb
    return spread * r.slack + charge


def divide(r: Rounding, v: Array, a: Array, ea: Bound, b: Array, eb: Bound) -> Bound:
    """|ã/b̃ - A/B| <= (ea + |v| eb) / (|b| - eb); inf where the denominator may be 0."""
    charge = _unless_zero(abs(v) * r.charge + r.floor, a, ea)
    if eb is None:
        return charge if ea is None else ea / abs(b) * r.slack + charge
    spread = abs(v) * eb if ea is None else ea + abs(v) * eb
    return spread / np.maximum(abs(b) - eb * r.slack, ZERO) * r.slack + charge


def converted(r: Rounding, a: Array, ea: Bound) -> Bound:
    """An operand of a finer format, rounded to this one before it is used: ε may become 0."""
    charge = (abs(a) * r.charge + r.tiny) * ~r.holds(a) if ea is None else abs(a) * r.charge + r.tiny
    return charge if ea is None else ea * r.slack + charge


def square(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """a² is a product."""
    return multiply(r, v, a, ea, a, ea)


def reciprocal(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """1/a is a quotient."""
    return divide(r, v, np.ones(()), None, a, ea)


def sqrt(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """|√ã - √A| <= min(√e, e / (√a + √(a - e))); inf where the operand may be truly negative, which gives nan.

    An interval that only touches 0 reaches below it by less than the smallest normal number and is taken as >= 0.
    """
    if ea is None:
        return v * r.charge
    low = a - ea * r.slack
    spread = np.fmin(np.sqrt(ea), ea / (v + np.sqrt(np.maximum(low, ZERO))))
    bound: Array = (spread * r.slack + v * r.charge) / (low >= -r.normal)
    return bound


def exact(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """-a and |a| pass the error on and add none."""
    return ea


def sign(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """0 where the sign is sure, inf where the interval straddles 0."""
    return None if ea is None else np.where((abs(a) > ea) | (ea == 0), 0.0, np.inf)


def extremum(r: Rounding, v: Array, a: Array, ea: Bound, b: Array, eb: Bound) -> Bound:
    """max and min move with the winner, or with the other where its error reaches past what lies between them."""
    if ea is None and eb is None:
        return None
    one, other = (ZERO if e is None else e for e in (ea, eb))
    between = np.nan_to_num(abs(a - b), nan=0.0, posinf=0.0)
    won, lost = np.where(v == a, one, other), np.where(v == a, other, one)
    bound: Array = np.maximum(won, lost * r.slack - between / r.slack)
    return bound


def exp(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """e^(a + e) - e^a = v (e^e - 1)."""
    charge = v * (TRANSCENDENTAL * r.charge) + r.floor
    return charge if ea is None else v * np.expm1(ea) * r.slack + charge


def log(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """log a - log(a - e) = -log(1 - e/a); inf or nan where the interval reaches 0."""
    charge = abs(v) * (TRANSCENDENTAL * r.charge)
    return charge if ea is None else -np.log1p(-ea * r.slack / a) * r.slack + charge


def slope_of_one(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """tanh, sin and cos have slopes of at most 1."""
    charge = abs(v) * (TRANSCENDENTAL * r.charge) + r.floor
    return charge if ea is None else ea * r.slack + charge


def log1p(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """log(1 + a) - log(1 + a - e) = -log(1 - e/(1 + a)); inf or nan where the interval reaches -1."""
    charge = abs(v) * (TRANSCENDENTAL * r.charge) + r.floor
    return charge if ea is None else -np.log1p(-ea * r.slack / (1 + a)) * r.slack + charge


def expm1(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """e^(a + e) - e^a = e^a (e^e - 1)."""
    charge = abs(v) * (TRANSCENDENTAL * r.charge) + r.floor
    return charge if ea is None else np.exp(a) * np.expm1(ea) * r.slack + charge


def erf(r: Rounding, v: Array, a: Array, ea: Bound) -> Bound:
    """The slope is 2/√π e^(-t²), largest at the end of the interval that is nearest to 0."""
    charge = abs(v) * (TRANSCENDENTAL * r.charge) + r.floor
    if ea is None:
        return charge
    nearest = np.maximum(abs(a) - ea * r.slack, ZERO)
    slope: Array = 2 / math.sqrt(math.pi) * np.exp(-nearest * nearest)
    return ea * slope * r.slack + charge


def arctan2(r: Rounding, v: Array, a: Array, ea: Bound, b: Array, eb: Bound) -> Bound:
    """A point moved by ρ at a distance h > ρ from the origin turns by at most asin(ρ/h) <= ρ/√(h² - ρ²).

    Never by more than 2π; by 2π where the point may cross the negative half of the axis, at which the angle jumps.
    Nothing is known where an operand is not, as it may be nan.
    """
    charge = abs(v) * (TRANSCENDENTAL * r.charge) + r.floor
    if ea is None and eb is None:
        return charge
    up, across = ZERO if ea is None else ea, ZERO if eb is None else eb
    h, rho = np.hypot(a / 2, b / 2), np.hypot(up / 2, across / 2) * r.slack
    turn = np.where(rho == 0, 0.0, np.where(rho < h, rho / np.sqrt((h - rho) * (h + rho)), 2 * math.pi))
    crosses = (abs(a) <= up) & (b - across < 0)
    bound: Array = np.where(crosses, 2 * math.pi, np.fmin(turn, 2 * math.pi)) * r.slack + charge
    return np.where(rho < math.inf, bound, math.inf)


def power(r: Rounding, v: Array, a: Array, ea: Bound, b: Array, eb: Bound) -> Bound:
    """a^n for an exact integer n: a product of |n| factors, and its reciprocal if n < 0; else exp(b log a)."""
    if eb is not None or b.size != 1 or not b.item().is_integer():
        return _real_power(r, v, a, ea, b, eb)
    n = int(b.item())
    if n in (0, 1):
        return None if n == 0 else ea
    if n > 0:
        return _factors(r, v, a, ea, n)
    product = a ** float(-n)
    spread = _factors(r, product, a, ea, -n)
    return divide(r, v, np.ones(()), None, product, within(r, abs(product), spread))


def _factors(r: Rounding, v: Array, a: Array, ea: Bound, n: int) -> Array:
    """A product of n equal factors: n roundings, and n (|a| + e)^(n-1) e."""
    charge = _unless_zero(abs(v) * r.growth(n) + n * r.floor, a, ea)
    if ea is None:
        return charge
    size = abs(a) + ea
    spread: Array = (size + size if n == 2 else n * size ** (n - 1)) * ea
    return spread * r.slack + charge


def _real_power(r: Rounding, v: Array, a: Array, ea: Bound, b: Array, eb: Bound) -> Bound:
    """|v| (e^d - 1), d = |b| δ + (|log a| + δ) eb, δ = -log(1 - ea/a): the error of b log a. 0^b = 0 is exact."""
    delta = np.float64(0) if ea is None else -np.log1p(-ea * r.slack / a)
    spread = abs(b) * delta if eb is None else abs(b) * delta + (abs(np.log(a)) + delta) * eb
    bound = abs(v) * np.expm1(spread) * r.slack + abs(v) * (TRANSCENDENTAL * r.charge) + r.floor
    zero = a == 0 if ea is None else (a == 0) & (ea == 0)
    return np.where(zero & ((b if eb is None else b - eb) > 0), 0.0, bound)


def multilinear(r: Rounding, form: Callable[..., Array], values: Sequence[Array], errors: Sequence[Bound]) -> Array:
    """Sums of products (sum, dot, matmul, einsum): Σ over operands of form(|a|…, e, …|z|), and (n + k) u form(|a|…|z|).

    n is the number of terms in an entry, k the number of factors in a term; any order of summation is covered.
    """
    sizes = [abs(v) if e is None else abs(v) + e for v, e in zip(values, errors, strict=True)]
    unknown = form(*[(size != 0).astype(np.float64) for size in sizes])
    terms = form(*[np.ones_like(size) for size in sizes])
    most = float(terms.max(initial=0.0)) + len(values)
    total = form(*sizes)
    bound: Array = total * r.growth(most) + unknown * (r.floor if len(values) > 1 else 0.0)
    for i, e in enumerate(errors):
        if e is not None:
            bound = bound + form(*sizes[:i], e, *sizes[i + 1:]) * r.slack * (1 + most * 2.0**-52)
    return within(r, total, bound)


ONE_OPERAND: dict[np.ufunc, Callable[..., Bound]] = {
    np.negative: exact, np.positive: exact, np.absolute: exact, np.sign: sign, np.square: square, np.sqrt: sqrt,
    np.reciprocal: reciprocal, np.exp: exp, np.log: log, np.log1p: log1p, np.expm1: expm1,
    np.tanh: slope_of_one, np.sin: slope_of_one, np.cos: slope_of_one,
}
MADE_OF_PYTHON: dict[str, Callable[..., Bound]] = {"erf (vectorized)": erf}  # ufuncs that np.frompyfunc made, by name
TWO_OPERANDS: dict[np.ufunc, Callable[..., Bound]] = {
    np.add: add, np.subtract: add, np.multiply: multiply, np.divide: divide, np.power: power,
    np.maximum: extremum, np.minimum: extremum, np.arctan2: arctan2,
}
CONVERTING = frozenset({np.add, np.subtract, np.maximum, np.minimum})  # elsewhere the result's rounding is as large
