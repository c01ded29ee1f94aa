"""Rounded arrays: what is exact, what is unknown and why, and that nothing loses its bound on the way."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    Condition,
    Rounded,
    Rounding,
    Undecided,
    exact,
)


def bounded(value: Any, error: Any, rounding: Rounding = FLOAT64) -> Any:
    """A Rounded, typed to stand for an array."""
    return Rounded(value, error, rounding)


def test_exact_zeros_cost_nothing() -> None:
    x, zero = exact([3.0, -1e300, 0.0]), exact(0.0)
    for y in (x + zero, zero - x, zero * x, x * np.zeros(3), zero / exact([1.0, 2.0]), np.sqrt(zero * x), zero**3):
        assert (y.error == 0).all()
    assert (x[:1] * 1.5).error > 0


def test_an_inexact_zero_is_no_exact_one() -> None:
    """1 + (0 ± e): a float32 evaluation may round there."""
    assert (exact(1.0, FLOAT32) + bounded(0.0, 1e-3, FLOAT32)).error > 1e-3 + 0.9 * FLOAT32.unit
    assert (exact(3.0) * bounded(0.0, 1e-3)).error >= 3e-3


@pytest.mark.parametrize("make", [lambda x: x * x, lambda x: x**2, lambda x: x / exact(1e300), np.square])
def test_underflow_leaves_a_bound_of_a_few_subnormals(make: Any) -> None:
    y = make(exact([1e-200, 1e-180]))
    assert (y.value == 0).all()
    assert ((y.error > 0) & (y.error <= 12 * FLOAT64.tiny)).all()


@pytest.mark.parametrize("make", [lambda x: x * x, lambda x: x / 1e-300, np.exp, lambda x: x**9, lambda x: x * 1e200,
                                  lambda x: x * np.inf, lambda x: x / 0, lambda x: (x - x) / 0])
def test_overflow_and_nan_are_unknown_and_silent(make: Any) -> None:
    y = make(exact([1e200, -1e200]))
    assert np.isinf(y.error).all() or (y.value == 0).any()
    assert np.isinf((y + 1).error[0])
    assert np.isinf((1 / (y + 1)).error[0])  # what is unknown stays unknown, though the value is finite again


def test_a_narrow_format_overflows_where_float64_does_not() -> None:
    for rounding, x in ((FLOAT32, 1e20), (BFLOAT16, 1e20), (FLOAT16, 300.0)):
        assert np.isinf(np.sqrt(exact(x, rounding) * x).error)
    assert np.isfinite(np.sqrt(exact(1e20) * 1e20).error)


def test_a_nan_gradient_is_unknown_for_ever() -> None:
    m = 0.9 * exact([0.0, 1.0]) + 0.1 * exact([np.nan, 1.0])
    assert np.isinf(np.maximum(m, 1.0).error[0])
    assert np.isfinite(m.error[1])


def test_a_quotient_whose_denominator_may_be_zero_is_unknown() -> None:
    y = exact(1.0) / bounded([1e-3, 1e-3, -1e-3], [1e-2, 1e-4, 1e-3])
    assert np.isinf(y.error).tolist() == [True, False, True]


def test_a_root_whose_operand_may_be_negative_is_unknown() -> None:
    """Unless it is so by less than the smallest normal number."""
    y = np.sqrt(bounded([1e-20, 1.0, 0.0, 0.0], [1e-19, 1e-19, 1e-320, 0.0]))
    assert np.isinf(y.error).tolist() == [True, False, False, False]
    assert y.error[2] == pytest.approx(1e-160, rel=1e-3)
    assert y.error[3] == 0
    assert np.isinf(np.sqrt(exact(-1.0)).error)


def test_the_centred_variance_of_equal_gradients_is_unknown() -> None:
    g, rho = exact(0.3), exact(0.9)
    v = m = exact(0.0)
    for _ in range(600):
        v, m = rho * v + (1 - rho) * g**2, rho * m + (1 - rho) * g
    assert np.isinf(np.sqrt(v - m**2).error)


def test_a_sign_is_sure_or_unknown() -> None:
    y = np.sign(bounded([1.0, 1.0, 0.0, 0.0], [0.5, 1.5, 0.0, 0.1]))
    assert y.error.tolist() == [0, np.inf, 0, np.inf]
    assert y.value.tolist() == [1, 1, 0, 0]


COMPARISONS = [np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal]


@pytest.mark.parametrize("compare", COMPARISONS, ids=lambda ufunc: ufunc.__name__)
def test_a_comparison_is_undecided_where_the_intervals_overlap(compare: Any) -> None:
    x = bounded([1.0, 1.0, 1.0, 1.0], [0.1, 0.1, 0.0, 0.0])
    y = bounded([1.05, 2.0, 1.0, 1.05], [0.1, 0.1, 0.0, 0.0])
    found = compare(x, y)
    assert found.undecided.tolist() == [True, False, False, False]
    assert found.value.tolist() == compare(x.value, y.value).tolist()
    chosen: Any = np.where(found, x, 7.0)
    assert np.isinf(chosen.error).tolist() == [True, False, False, False]
    assert chosen.value.tolist() == np.where(found.value, x.value, 7.0).tolist()


def test_a_branch_on_an_undecided_comparison_raises() -> None:
    assert exact(2.0) > 1
    with pytest.raises(Undecided, match="draw another sample"):
        bool(bounded(2.0, 1.5) > 1)
    with pytest.raises(Undecided):
        bool(bounded(0.0, 1e-9))


THREE = {"true": (True, False), "false": (False, False), "either": (True, True)}


@pytest.mark.parametrize(("a", "b"), list(product(THREE, THREE)))
def test_conditions_combine_as_every_possible_outcome_does(a: str, b: str) -> None:
    """Decided exactly where all outcomes of the undecided ones agree."""
    x, y = (Condition(*THREE[name], FLOAT64) for name in (a, b))
    worlds = list(product(*[{"true": [1], "false": [0], "either": [0, 1]}[name] for name in (a, b)]))
    pair = Condition([x.value, y.value], [x.undecided, y.undecided], FLOAT64)
    cases: list[tuple[Any, Any]] = [
        (x & y, min), (x | y, max), (np.logical_and(x, y), min),
        (pair.all(), min), (pair.any(), max), (np.any(pair), max)]
    for found, outcome in cases:
        possible = {outcome(world) for world in worlds}
        assert bool(found.undecided) == (len(possible) == 2)
        assert len(possible) == 2 or {int(found.value)} == possible
    assert (~x).undecided == x.undecided
    assert (~x).value == (not x.value)


def test_a_condition_is_a_factor_of_0_and_1() -> None:
    x = bounded([2.0, -2.0, 0.1], 0.2)
    for gated in ((x > 0) * x, x * (x > 0)):
        assert gated.value.tolist() == [2.0, 0.0, 0.1]
        assert np.isinf(gated.error).tolist() == [False, False, True]


def test_functions_that_move_entries_move_their_bounds() -> None:
    value, error = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3) / 8
    x = bounded(value, error)
    moved: list[tuple[Any, Any]] = [
        (x.T, np.transpose), (x.reshape(3, 2), lambda a: a.reshape(3, 2)), (x.ravel(), np.ravel),
        (np.concatenate([x, x], axis=1), lambda a: np.concatenate([a, a], axis=1)), (x.copy(), np.copy),
        (np.stack([x, x]), lambda a: np.stack([a, a])), (np.flip(x, 0), lambda a: np.flip(a, 0)),
        (np.max(x, axis=0), lambda a: np.max(a, axis=0)), (np.clip(x, -9, 9), np.copy),
        (x.astype(float), np.copy), (x[1], lambda a: a[1])]
    for y, function in moved:
        np.testing.assert_array_equal(y.value, function(value))
        np.testing.assert_array_equal(y.error, function(error))
    assert (np.shape(x), np.ndim(x), np.size(x), x.dtype, len(x)) == ((2, 3), 2, 6, np.float64, 2)


def test_filled_arrays_are_exact_and_keep_the_format() -> None:
    x = bounded([1.0, 2.0], 0.5, FLOAT32)
    for y, value in ((np.zeros_like(x), 0), (np.ones_like(x), 1), (np.full_like(x, 0.25), 0.25)):
        assert (y.value == value).all()
        assert (y.error == 0).all()
        assert y.rounding is FLOAT32
    assert np.full_like(x, bounded(1.0, 0.1, FLOAT32)).error.tolist() == [0.1, 0.1]


def test_the_coarser_format_rounds() -> None:
    assert (exact(1.0, FLOAT32) + exact(2.0)).rounding is FLOAT32
    assert (exact(1.0) + exact(2.0, BFLOAT16)).rounding is BFLOAT16
    assert (np.float64(2) * exact(1.0, FLOAT32) * np.ones(2)).rounding is FLOAT32


@pytest.mark.parametrize("use", [np.sinh, np.cumsum, np.add.reduce, lambda x: np.add(x, x, out=np.zeros(2)), np.median,
                                 lambda x: np.linalg.norm(x, 1), lambda x: x * 1j])
def test_what_has_no_stated_bound_is_refused(use: Any) -> None:
    with pytest.raises(TypeError, match="no stated error bound"):
        use(exact([1.0, 2.0]))


@pytest.mark.parametrize("use", [np.asarray, lambda x: np.asarray(x > 0)])
def test_nothing_loses_its_bound_by_becoming_an_array(use: Any) -> None:
    with pytest.raises(TypeError, match="an array would lose"):
        use(exact([1.0, 2.0]))


def test_a_definition_cannot_write_in_place() -> None:
    x = exact([1.0, 2.0])
    with pytest.raises(TypeError, match="out"):
        x += 1


@pytest.mark.parametrize("error", [-1.0, [0.0, np.nan]])
def test_a_bound_is_never_negative_or_nan(error: Any) -> None:
    with pytest.raises(ValueError, match="error must be 0 or more"):
        Rounded([1.0, 2.0], error)
    with pytest.raises(TypeError, match="dtype must be float64"):
        exact(1.0).astype(np.float32)
