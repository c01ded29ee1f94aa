"""Error rules: every bound holds against exact arithmetic, in four formats, and one with a part left out is caught."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from fiducial.checks import error_rules
from fiducial.checks.rounding import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Rounded, Rounding, exact
from fiducial.suites.harness.exact_arithmetic import OPERATIONS, beyond_the_corners, programs, rounded_to

FORMATS = {"float64": FLOAT64, "float32": FLOAT32, "float16": FLOAT16, "bfloat16": BFLOAT16}
RNG = np.random.default_rng


@pytest.fixture(params=list(FORMATS.values()), ids=list(FORMATS))
def rounding(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_every_bound_holds_in_every_format(rounding: Rounding) -> None:
    """Random programs of 6 operations: what the format computes, and what float64 does, against 80 digits."""
    tally = programs(rounding, count=300, seed=20)
    assert tally.violations == 0
    assert tally.judged > 0.75 * (tally.judged + tally.unknown)


def test_bounds_are_not_vacuous(rounding: Rounding) -> None:
    """Of sums, products, quotients and roots the error is typically more than a twentieth of its bound."""
    tally = programs(rounding, count=100, seed=21, only=["add", "subtract", "multiply", "divide", "sqrt"])
    assert np.median(tally.ratios) > 0.05
    assert max(tally.ratios) <= 1


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_is_judged(name: str) -> None:
    """Alone, and on operands that carry errors."""
    tally = programs(FLOAT32, count=40, seed=22, length=4, only=[name, "multiply"])
    assert tally.violations == 0
    assert tally.judged > 200


@pytest.mark.parametrize("name", OPERATIONS)
def test_wide_intervals_hold_their_corners(name: str) -> None:
    """Large errors too: the bound is rigorous, not of first order."""
    assert beyond_the_corners(RNG(30), name) == 0


def test_the_simulated_formats_are_numpys() -> None:
    x = RNG(23).standard_normal(20000) * 10 ** RNG(24).uniform(-50, 42, 20000)
    with np.errstate(over="ignore"):
        for rounding, dtype in ((FLOAT32, np.float32), (FLOAT16, np.float16)):
            np.testing.assert_array_equal(rounded_to(rounding, x), x.astype(dtype).astype(np.float64))
            assert float(np.finfo(dtype).smallest_subnormal) == rounding.tiny
            assert float(np.finfo(dtype).tiny) == rounding.normal
            assert float(np.finfo(dtype).max) == rounding.largest
            assert float(np.finfo(dtype).eps) == 2 * rounding.unit


def unpropagated(rule: Callable[..., Any]) -> Callable[..., Any]:
    """As if every operand were exact."""
    return lambda r, v, *pairs: rule(r, v, *[x if i % 2 == 0 else None for i, x in enumerate(pairs)])


def undercharged(rule: Callable[..., Any]) -> Callable[..., Any]:
    """As if the operation rounded to two bits more."""
    return lambda r, *rest: rule(Rounding(r.unit / 4, r.tiny), *rest)


def never_subnormal(rule: Callable[..., Any]) -> Callable[..., Any]:
    """As if nothing were lost to underflow."""
    return lambda r, *rest: rule(Rounding(r.unit, 0.0), *rest)


def never_jumping(rule: Callable[..., Any]) -> Callable[..., Any]:
    """As if the angle of a point did not jump where the point crosses the negative half of the axis."""
    return lambda r, v, a, ea, b, eb: rule(r, v, a, ea, abs(b), eb)


MUTANTS = [
    ("add", np.add, unpropagated), ("add", np.add, undercharged),
    ("multiply", np.multiply, unpropagated), ("multiply", np.multiply, undercharged),
    ("multiply", np.multiply, never_subnormal),
    ("divide", np.divide, unpropagated), ("divide", np.divide, undercharged), ("divide", np.divide, never_subnormal),
    ("square", np.square, unpropagated), ("square", np.square, undercharged),
    ("to-the-9", np.power, unpropagated), ("to-the-9", np.power, undercharged),
    ("to-the-0.3", np.power, unpropagated), ("power", np.power, unpropagated),
    ("sqrt", np.sqrt, unpropagated), ("sqrt", np.sqrt, undercharged), ("difference-root", np.sqrt, unpropagated),
    ("maximum", np.maximum, unpropagated), ("minimum", np.minimum, unpropagated),
    ("negative", np.negative, unpropagated), ("absolute", np.absolute, unpropagated),
    ("exp", np.exp, unpropagated), ("log", np.log, unpropagated), ("tanh", np.tanh, unpropagated),
    ("log1p", np.log1p, unpropagated), ("expm1", np.expm1, unpropagated), ("sin", np.sin, unpropagated),
    ("cos", np.cos, unpropagated),
    ("reciprocal", np.reciprocal, unpropagated), ("arctan2", np.arctan2, unpropagated),
    ("arctan2", np.arctan2, never_jumping),
]


def table_of(ufunc: Any) -> Any:
    return error_rules.ONE_OPERAND if ufunc.nin == 1 else error_rules.TWO_OPERANDS


@pytest.mark.parametrize(("name", "ufunc", "mutation"), MUTANTS)
def test_a_bound_with_a_part_left_out_is_caught(name: str, ufunc: Any, mutation: Any, monkeypatch: Any) -> None:
    """By random programs, which hold with the rule as it is (`test_each_operation_is_judged`)."""
    monkeypatch.setitem(table_of(ufunc), ufunc, mutation(table_of(ufunc)[ufunc]))
    assert programs(FLOAT32, count=200, seed=25, length=5, only=[name, name, "cancel", "multiply"]).violations > 0


def zero(e: Any) -> Any:
    return 0.0 if e is None else e


FIRST_ORDER = {
    "multiply": (np.multiply, lambda r, v, a, ea, b, eb: abs(b) * zero(ea) + abs(a) * zero(eb)),
    "divide": (np.divide, lambda r, v, a, ea, b, eb: (zero(ea) + abs(v) * zero(eb)) / abs(b)),
    "reciprocal": (np.reciprocal, lambda r, v, a, ea: zero(ea) / a**2),
    "square": (np.square, lambda r, v, a, ea: 2 * abs(a) * zero(ea)),
    "sqrt": (np.sqrt, lambda r, v, a, ea: zero(ea) / (2 * v)),
    "exp": (np.exp, lambda r, v, a, ea: v * zero(ea)),
    "log": (np.log, lambda r, v, a, ea: zero(ea) / abs(a)),
    "to-the-3": (np.power, lambda r, v, a, ea, b, eb: 3 * a**2 * zero(ea)),
    "arctan2": (np.arctan2, lambda r, v, a, ea, b, eb: np.hypot(zero(ea), zero(eb)) / np.hypot(a, b)),
    "maximum": (np.maximum, lambda r, v, a, ea, b, eb: np.where(v == a, zero(ea), zero(eb))),
}


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_a_bound_of_first_order_is_caught(name: str, monkeypatch: Any) -> None:
    """The derivative alone, or for a maximum the error of the winner alone."""
    ufunc, rule = FIRST_ORDER[name]
    monkeypatch.setitem(table_of(ufunc), ufunc, rule)
    assert beyond_the_corners(RNG(30), name) > 0


def exactly(form: Callable[..., Any], *arrays: Any) -> Any:
    """A form on fractions."""
    return form(*[np.vectorize(Fraction, otypes=[object])(x) for x in arrays])


def in_turn(a: Any, b: Any) -> Any:
    """Σ_k a_ik b_kj in float32, one rounding after the other."""
    total = np.zeros((a.shape[0], b.shape[1]), np.float32)
    for k in range(a.shape[1]):
        total = total + a[:, k, None].astype(np.float32) * b[k].astype(np.float32)
    return total.astype(np.float64)


def test_matrix_products_hold_in_float32() -> None:
    """With inexact factors: the first is itself a sum, which cancels."""
    for seed in range(20):
        rng = RNG([26, seed])
        a, c, b = (rounded_to(FLOAT32, rng.standard_normal(shape)) for shape in ((3, 8), (3, 8), (8, 2)))
        bounded: Any = (exact(a, FLOAT32) - exact(c, FLOAT32)) @ exact(b, FLOAT32)
        inexact = in_turn(rounded_to(FLOAT32, a - c), b)
        truth = exactly(lambda a, c, b: (a - c) @ b, a, c, b)
        for got in (inexact, bounded.value):
            assert (abs(exactly(lambda x: x, got) - truth) <= exactly(lambda x: x, bounded.error)).all()
        assert (bounded.error < 1e-4).all()


def test_einsum_dot_outer_and_sum_agree_with_the_matrix_product() -> None:
    a, b = (Rounded(RNG(s).standard_normal((3, 3)), 1e-10) for s in (27, 28))
    expected: Any = a @ b
    same = [np.einsum("ij,jk->ik", a, b), np.dot(a, b), np.tensordot(a, b, axes=1),
            sum(np.outer(a[:, k], b[k]) for k in range(3)), np.sum(a[:, :, None] * b[None], axis=1)]
    for other in same:
        np.testing.assert_allclose(other.value, expected.value, rtol=0, atol=4e-16 * 3)
        np.testing.assert_allclose(other.error, expected.error, rtol=1e-4)  # 1e-10 dwarfs the roundings


def test_sums_means_and_norms_hold(rounding: Rounding) -> None:
    for seed in range(20):
        x = rounded_to(rounding, RNG([29, seed]).standard_normal((4, 5)))
        total = np.zeros(5)
        for row in x:
            total = rounded_to(rounding, total + row)
        bounded = exact(x, rounding)
        truth = exactly(lambda x: x.sum(axis=0), x)
        error = exactly(lambda e: e, bounded.sum(axis=0).error)
        assert (abs(exactly(lambda t: t, total) - truth) <= error).all()
        mean = exactly(lambda t: t, rounded_to(rounding, total / 4))
        assert (abs(mean - truth / 4) <= exactly(lambda e: e, bounded.mean(axis=0).error)).all()
        norm: Any = np.linalg.norm(bounded)
        square = exactly(lambda x: (x * x).sum(), x)
        low, high = Fraction(float(norm.value - norm.error)), Fraction(float(norm.value + norm.error))
        assert low**2 <= square <= high**2
