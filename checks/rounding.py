"""Rounding: arrays that carry a running bound on their rounding error, on which a definition runs unchanged.

    x = Rounded(value, rounding=FLOAT32); y = f(x)      |f evaluated in float32 - f in exact arithmetic| <= y.error

The bound belongs to one order of evaluation, that of the definition; two evaluations in this order differ by at most
twice the bound, and who compares with one that reorders or fuses operations allows a small factor more.
Plain numbers and arrays among the operands are exact. Where the operands' formats differ, the coarser one rounds.
An infinite bound says that rounding alone may change the result beyond measure: nothing can be judged there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike

from fiducial.checks import error_rules
from fiducial.checks.error_rules import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, SCALAR, Array, Bound, Rounding

__all__ = ["BFLOAT16", "FLOAT16", "FLOAT32", "FLOAT64", "SCALAR",
           "Condition", "Rounded", "Rounding", "Undecided", "exact"]


class Undecided(ArithmeticError):
    """A branch hangs on a comparison that rounding alone may turn over."""


class Condition:
    """The outcome of a comparison: `value`, and `undecided` where the operands' intervals overlap."""

    __slots__ = ("rounding", "undecided", "value")

    def __init__(self, value: ArrayLike, undecided: ArrayLike, rounding: Rounding) -> None:
        self.value: Array = np.asarray(value, dtype=bool)
        self.undecided: Array = np.broadcast_to(np.asarray(undecided, dtype=bool), self.value.shape)
        self.rounding = rounding

    def __bool__(self) -> bool:
        """The outcome for one entry. Raises `Undecided` where rounding may turn it over."""
        if self.undecided.any():
            raise Undecided("the comparison lies within its rounding error: draw another sample, or use np.where")
        return bool(self.value)

    def __invert__(self) -> Condition:
        return Condition(~self.value, self.undecided, self.rounding)

    def __and__(self, other: Any) -> Condition:
        """Undecided unless both are decided or one is surely false."""
        value, undecided = _truth(other)
        false = ~(self.value | self.undecided) | ~(value | undecided)
        return Condition(self.value & value, (self.undecided | undecided) & ~false, self.rounding)

    def __or__(self, other: Any) -> Condition:
        value, undecided = _truth(other)
        return ~(~self & Condition(~value, undecided, self.rounding))

    __rand__, __ror__ = __and__, __or__

    def __getitem__(self, index: Any) -> Condition:
        return Condition(self.value[index], self.undecided[index], self.rounding)

    def any(self) -> Condition:
        """Whether some entry holds: decided if one surely does, or none may."""
        sure = (self.value & ~self.undecided).any()
        return Condition(self.value.any(), self.undecided.any() and not sure, self.rounding)

    def all(self) -> Condition:
        """Whether every entry holds."""
        return ~(~self).any()

    def astype(self, dtype: Any) -> Rounded:
        """1 where it holds and 0 where it does not, with an infinite bound where that is undecided."""
        _only_float64(dtype)
        return _made(self.value.astype(np.float64), np.where(self.undecided, np.inf, 0.0), self.rounding)

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise TypeError("an array would lose what is undecided in a Condition: take .value and .undecided")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if (rule := _LOGIC.get(ufunc)) is None or method != "__call__" or kwargs:
            return NotImplemented  # a Rounded among the operands takes it as 0 and 1
        return rule(*[x if isinstance(x, Condition) else Condition(x, False, self.rounding) for x in inputs])

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _apply(function, args, kwargs)


class Rounded(NDArrayOperatorsMixin):
    """An array with a bound on its rounding error.

    value     float64, any shape
    error     bound that broadcasts to this shape: 0 is exact, inf is unknown
    rounding  the format whose roundings are counted
    """

    __slots__ = ("_error", "_value", "rounding")

    def __init__(self, value: ArrayLike, error: ArrayLike = 0.0, rounding: Rounding = FLOAT64) -> None:
        self._value: Array = np.asarray(value, dtype=np.float64)[()]  # a scalar if 0-d: ten times as fast
        bound = np.asarray(error, dtype=np.float64)
        if not (bound >= 0).all():
            raise ValueError(f"error must be 0 or more, got {bound.min()}")
        self._error: Bound = np.broadcast_to(bound, self._value.shape)[()] if bound.any() else None
        self.rounding = rounding

    @property
    def value(self) -> Array:
        """What the definition gives, evaluated in float64."""
        return np.asarray(self._value)

    @property
    def error(self) -> Array:
        """The bound; inf wherever the value is not finite."""
        bound = np.float64(0) if self._error is None else self._error
        return np.asarray(np.where(np.isfinite(self._value) & (bound >= 0), bound, np.inf))

    shape = property(lambda self: self._value.shape)
    ndim = property(lambda self: self._value.ndim)
    size = property(lambda self: self._value.size)
    dtype = property(lambda self: self._value.dtype)  # float64, whatever the format whose roundings are counted
    T = property(lambda self: self.transpose())

    def transpose(self, *axes: int) -> Rounded:
        return _moved(np.transpose, self, axes or None)

    def reshape(self, *shape: Any) -> Rounded:
        return _moved(np.reshape, self, shape[0] if len(shape) == 1 else shape)

    def ravel(self) -> Rounded:
        return _moved(np.ravel, self)

    def copy(self) -> Rounded:
        return _moved(np.copy, self)

    def astype(self, dtype: Any) -> Rounded:
        """A copy; only float64 is meant."""
        _only_float64(dtype)
        return self.copy()

    def sum(self, axis: Any = None, keepdims: bool = False) -> Rounded:
        return _sum(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Rounded:
        return _mean(self, axis, keepdims)

    def __getitem__(self, index: Any) -> Rounded:
        return _made(self._value[index], None if self._error is None else self._error[index], self.rounding)

    def __len__(self) -> int:
        return len(self._value)

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __repr__(self) -> str:
        return f"Rounded({self.value!r}, error={self.error!r})"

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise TypeError("an array would lose the bound of a Rounded: take .value and .error")

    @np.errstate(all="ignore")
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            raise TypeError(f"np.{ufunc.__name__}.{method} with {sorted(kwargs)} has no stated error bound")
        if (rule := error_rules.TWO_OPERANDS.get(ufunc)) is not None:
            (a, ea, ra), (b, eb, rb) = _parts(inputs[0]), _parts(inputs[1])
            rounding = ra if ra is rb or rb is None else _coarser(ra, rb)
            value = ufunc(a, b)
            if ra is not rb and ufunc in error_rules.CONVERTING and not (ra is None or rb is None):
                ea, eb = (error_rules.converted(rounding, v, e) if own is not rounding else e
                          for v, e, own in ((a, ea, ra), (b, eb, rb)))
            return _rounded(value, rule(rounding, value, a, ea, b, eb), rounding)
        if (rule := error_rules.ONE_OPERAND.get(ufunc)) is not None:
            value = ufunc(self._value)
            return _rounded(value, rule(self.rounding, value, self._value, self._error), self.rounding)
        if (rule := error_rules.MADE_OF_PYTHON.get(ufunc.__name__)) is not None:
            value = np.float64(ufunc(self._value))
            return _rounded(value, rule(self.rounding, value, self._value, self._error), self.rounding)
        if (special := _SPECIAL.get(ufunc)) is None:
            raise TypeError(f"np.{ufunc.__name__} has no stated error bound: write it with operations that have one")
        return special(*inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _apply(function, args, kwargs)


def exact(x: ArrayLike | Rounded, rounding: Rounding = FLOAT64) -> Any:
    """x with no error, as a Rounded; one that is a Rounded already is returned as it is. Typed to stand for a float."""
    return x if isinstance(x, Rounded) else Rounded(x, 0.0, rounding)


def _only_float64(dtype: Any) -> None:
    if np.dtype(dtype) != np.float64:
        raise TypeError(f"dtype must be float64, got {np.dtype(dtype)}: the format of a Rounded is its rounding")


def _made(value: Any, error: Any, rounding: Rounding) -> Rounded:
    """A Rounded without the checks of the constructor, which cost more than an operation."""
    made = object.__new__(Rounded)
    made._value, made._error, made.rounding = value, error, rounding
    return made


def _rounded(value: Any, error: Any, rounding: Rounding) -> Rounded:
    """The result of an operation, unknown where it may overflow."""
    return _made(value, None if error is None else error_rules.within(rounding, abs(value), error), rounding)


def _parts(x: Any) -> tuple[Any, Any, Any]:
    """Value, bound and format of any operand; plain numbers are exact and have no format."""
    kind = type(x)
    if kind is Rounded:
        return x._value, x._error, x.rounding
    if kind is float or kind is int:
        return np.float64(x), None, None
    if kind is Condition:
        return _parts(x.astype(np.float64))
    if np.iscomplexobj(x):
        raise TypeError("complex operands have no stated error bound: pass real and imaginary parts")
    return np.asarray(x, dtype=np.float64)[()], None, None


def _truth(x: Any) -> tuple[Array, Array]:
    if isinstance(x, Rounded):
        x = x != 0
    return (x.value, x.undecided) if isinstance(x, Condition) else (np.asarray(x, dtype=bool), np.asarray(False))


def _coarser(*formats: Rounding | None) -> Rounding:
    return max((r for r in formats if r is not None), key=lambda r: (r.unit, not r.scalar))


def _format(*operands: Any) -> Rounding:
    return _coarser(*[x.rounding for x in operands if isinstance(x, Rounded | Condition)])


def _compared(ufunc: np.ufunc, x: Any, y: Any) -> Condition:
    """Undecided where |x - y| <= ex + ey, unless both are exact."""
    (a, ea, _), (b, eb, _) = _parts(x), _parts(y)
    error = (0.0 if ea is None else ea) + (0.0 if eb is None else eb)
    return Condition(ufunc(a, b), ~(abs(a - b) > error) & (error != 0), _format(x, y))


def _classified(ufunc: np.ufunc, x: Rounded) -> Condition:
    """isfinite, isnan: undecided where the bound is infinite, unless the value is exact."""
    return Condition(ufunc(x._value), False if x._error is None else ~np.isfinite(x._error), x.rounding)


@np.errstate(all="ignore")
def _product(form: Callable[..., Any], *operands: Any, **options: Any) -> Rounded:
    """A sum of products of its operands' entries."""
    values, errors, _ = zip(*[_parts(x) for x in operands], strict=True)
    evaluate = partial(form, **options)
    rounding = _format(*operands)
    return _rounded(evaluate(*values), error_rules.multilinear(rounding, evaluate, values, errors), rounding)


def _einsum(subscripts: str, *operands: Any) -> Rounded:
    return _product(partial(np.einsum, subscripts), *operands)


def _sum(x: Rounded, axis: Any = None, keepdims: bool = False) -> Rounded:
    return _product(np.sum, x, axis=axis, keepdims=keepdims)


def _mean(x: Rounded, axis: Any = None, keepdims: bool = False) -> Rounded:
    total = _sum(x, axis, keepdims)
    mean: Rounded = total / (x.size // max(total.size, 1))
    return mean


def _norm(x: Rounded, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Rounded:
    """√Σx², which is also what ord=2 of a vector and ord='fro' mean."""
    if ord not in (None, "fro") and not (ord == 2 and (isinstance(axis, int) or x.ndim == 1)):
        raise TypeError(f"np.linalg.norm with ord={ord!r} has no stated error bound: only the root of Σx² has")
    squares: Any = x * x
    root: Rounded = np.sqrt(squares.sum(axis, keepdims))
    return root


def _moved(function: Callable[..., Any], x: Rounded, *args: Any, **options: Any) -> Rounded:
    """A function that only moves entries moves the bounds with them."""
    error = None if x._error is None else function(x._error, *args, **options)
    return _made(function(x._value, *args, **options), error, x.rounding)


def _joined(function: Callable[..., Any], arrays: Any, axis: int = 0) -> Rounded:
    errors = [x.error if isinstance(x, Rounded) else np.zeros(np.shape(x)) for x in arrays]
    return _made(function([_parts(x)[0] for x in arrays], axis=axis), function(errors, axis=axis), _format(*arrays))


def _extreme(function: Callable[..., Any], x: Rounded, axis: Any = None, keepdims: bool = False) -> Rounded:
    """The largest entry moves by no more than the largest error."""
    error = np.max(x.error, axis=axis, keepdims=keepdims)
    return _made(function(x._value, axis=axis, keepdims=keepdims), error, x.rounding)


def _where(condition: Any, x: Any, y: Any) -> Rounded:
    """Unknown where the condition is undecided."""
    truth, undecided = _truth(condition)
    (a, ea, _), (b, eb, _) = _parts(x), _parts(y)
    error = np.where(truth, 0.0 if ea is None else ea, 0.0 if eb is None else eb)
    return _made(np.where(truth, a, b), np.where(undecided, np.inf, error), _format(condition, x, y))


def _clip(x: Any, a_min: Any = None, a_max: Any = None) -> Any:
    raised = x if a_min is None else np.maximum(x, a_min)
    return raised if a_max is None else np.minimum(raised, a_max)


def _full_like(x: Rounded, fill: Any) -> Rounded:
    value, error, rounding = *_parts(fill)[:2], _format(x, fill)
    if isinstance(fill, Rounded) and fill.rounding is not rounding:
        error = error_rules.converted(rounding, value, error)
    return _made(np.full_like(x._value, value), None if error is None else np.broadcast_to(error, x.shape), rounding)


def _apply(function: Any, args: Any, kwargs: Any) -> Any:
    if (rule := _FUNCTIONS.get(function)) is None:
        raise TypeError(f"np.{function.__name__} has no stated error bound: write it with operations that have one")
    return rule(*args, **kwargs)


_LOGIC: dict[np.ufunc, Callable[..., Condition]] = {
    np.logical_not: Condition.__invert__, np.invert: Condition.__invert__,
    np.logical_and: Condition.__and__, np.bitwise_and: Condition.__and__,
    np.logical_or: Condition.__or__, np.bitwise_or: Condition.__or__,
}
_SPECIAL: dict[np.ufunc, Callable[..., Any]] = {
    np.matmul: partial(_product, np.matmul), np.isfinite: partial(_classified, np.isfinite),
    np.isnan: partial(_classified, np.isnan),
    **{u: partial(_compared, u)
       for u in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)},
}
_MOVES = (np.transpose, np.reshape, np.ravel, np.copy, np.broadcast_to, np.expand_dims, np.squeeze, np.diag, np.flip,
          np.roll, np.moveaxis, np.swapaxes, np.tile, np.repeat, np.tril, np.triu)
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda x: x.shape, np.ndim: lambda x: x.ndim, np.size: lambda x: x.size,
    np.zeros_like: lambda x: _full_like(x, 0.0), np.ones_like: lambda x: _full_like(x, 1.0), np.full_like: _full_like,
    np.where: _where, np.clip: _clip, np.sum: _sum, np.mean: _mean, np.linalg.norm: _norm, np.einsum: _einsum,
    np.any: lambda x: x.any(), np.all: lambda x: x.all(),
    **{f: partial(_product, f) for f in (np.dot, np.vdot, np.inner, np.outer, np.tensordot)},
    **{f: partial(_extreme, f) for f in (np.max, np.min)},
    **{f: partial(_joined, f) for f in (np.concatenate, np.stack)},
    **{f: partial(_moved, f) for f in _MOVES},
}
