"""A function and the derivative that it claims, as both are seen by every tool of this package: over flat real vectors.

An array of complex numbers takes two places an entry, its real and its imaginary part, so that a derivative is always a
real Jacobian J and a cotangent g is pulled back as Jᵀg: torch's convention. JAX's is its conjugate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

UNIT = 2.0**-53  # the unit roundoff of float64


class Unusable(ValueError):
    """The function cannot be judged; the message is one sentence with a remedy."""


@dataclass(frozen=True)
class Layout:
    """How several arrays lie in one flat real vector."""

    shapes: tuple[tuple[int, ...], ...]
    is_complex: tuple[bool, ...]
    names: tuple[str, ...]
    single: bool

    @classmethod
    def of(cls, arrays: Sequence[Any], noun: str, *, single: bool, names: Sequence[str] = ()) -> Layout:
        """The layout of arrays or tensors; `noun` names those that have no name of their own."""
        named = names or ([noun] if single else [f"{noun} {i}" for i in range(len(arrays))])
        return cls(tuple(tuple(a.shape) for a in arrays), tuple("complex" in str(a.dtype) for a in arrays),
                   tuple(named), single)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many real numbers each array holds."""
        return tuple(int(np.prod(s, dtype=int)) * (1 + c) for s, c in zip(self.shapes, self.is_complex, strict=True))

    @property
    def size(self) -> int:
        """The length of the flat vector."""
        return sum(self.sizes)

    def pieces(self, flat: Any) -> Iterator[Any]:
        """The part of the last axis of `flat` that belongs to each array, in order."""
        start = 0
        for size in self.sizes:
            yield flat[..., start:start + size]
            start += size

    def unpack(self, flat: Vector) -> list[NDArray[Any]]:
        """The arrays, as views of the flat vector."""
        return [(piece.view(np.complex128) if c else piece).reshape(shape)
                for piece, c, shape in zip(self.pieces(flat), self.is_complex, self.shapes, strict=True)]

    def pack(self, arrays: Sequence[ArrayLike]) -> Vector:
        """The flat vector that holds the arrays; a shape or a kind of number that differs is refused."""
        given = [np.asarray(a) for a in arrays]
        shapes = tuple(a.shape for a in given)
        if shapes != self.shapes:
            raise Unusable(f"{_shapes(shapes)} where {_shapes(self.shapes)} was expected")
        wide = [a.astype(np.complex128 if c else np.float64) for a, c in zip(given, self.is_complex, strict=True)]
        return np.concatenate([np.ravel(a).view(np.float64) for a in wide]) if wide else np.zeros(0)

    def locate(self, place: int) -> tuple[str, tuple[int, ...]]:
        """The name and the index of one place; a complex entry has a last index, 0 for real and 1 for imaginary."""
        for name, shape, c, size in zip(self.names, self.shapes, self.is_complex, self.sizes, strict=True):
            if place < size:
                full = (*shape, 2) if c else shape
                return name, tuple(int(i) for i in np.unravel_index(place, full)) if full else ()
            place -= size
        raise IndexError(f"place must be below {self.size}")

    def scale(self, flat: Vector) -> Vector:
        """The natural step of each place: the root mean square of its array, 1 for an array of zeros."""
        rms = [np.sqrt(np.mean(np.square(p))) if p.size else 1.0 for p in self.pieces(flat)]
        return np.repeat([r if r > 0 else 1.0 for r in rms], self.sizes)


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> str:
    return "shape " + ", ".join(str(shape) for shape in shapes)


@dataclass(frozen=True)
class Differentiable:
    """A function at a point, with its claims.

    value   x -> f(x), in float64
    values  rows x -> rows f(x), in float64; a row where f raises is nan
    pull    x, rows u -> rows Jᵀu, computed in the subject's own dtype, whose unit roundoff is `roundoff`
    push    x, v -> Jv by forward mode, where there is one
    shaken  x, rows u, seed -> what `pull` gives when each operation's result is moved by a unit in its last place
    """

    inputs: Layout
    outputs: Layout
    x: Vector
    value: Callable[[Vector], Vector]
    values: Callable[[Matrix], Matrix]
    pull: Callable[[Vector, Matrix], Matrix]
    push: Callable[[Vector, Vector], Vector] | None = None
    roundoff: float = UNIT
    shaken: Callable[[Vector, Matrix, int], Matrix] | None = None

    @property
    def scale(self) -> Vector:
        """The natural step of each input."""
        return self.inputs.scale(self.x)


def as_tuple(result: Any) -> tuple[Any, ...]:
    """One or several results as a tuple."""
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def guarded(f: Callable[..., Any], *args: Any, who: str = "f") -> Any:
    """f(*args) without NumPy's floating-point warnings; what it raises becomes one sentence.

    Raises Unusable.
    """
    try:
        with np.errstate(all="ignore"):
            return f(*args)
    except Unusable:
        raise
    except Exception as error:
        words = " ".join(str(error).split())[:160]
        remedy = "pass inputs that it accepts in float64"
        raise Unusable(f"{who} raised {type(error).__name__}: {words}; {remedy}") from error


def row_by_row(value: Callable[[Vector], Vector], size: int) -> Callable[[Matrix], Matrix]:
    """Evaluate one row after another; a row where the function raises is nan, one of another shape is an error."""
    def values(rows: Matrix) -> Matrix:
        result = np.full((len(rows), size), np.nan)
        for i, row in enumerate(rows):
            try:
                result[i] = value(row)
            except Unusable as error:
                if not isinstance(error.__cause__, Exception):
                    raise
        return result
    return values


def settled_layout(first: tuple[Any, ...], again: Callable[[], tuple[Any, ...]], *, single: bool) -> Layout:
    """The layout of the outputs, after a second call has shown it to be the same.

    Raises Unusable.
    """
    one, two = ([tuple(a.shape) for a in arrays] for arrays in (first, again()))
    if one != two:
        raise Unusable(f"f returned {_shapes(tuple(one))} first and {_shapes(tuple(two))} on the second call; "
                       "let the shape depend on the inputs alone")
    return Layout.of(first, "output", single=single)


def numpy_subject(f: Callable[..., Any], xs: Sequence[ArrayLike], backward: Callable[..., Any] | None = None,
                  forward: Callable[..., Any] | None = None) -> Differentiable:
    """A NumPy function with its hand-written derivative.

    backward(*xs, g) returns the cotangent of each input; forward(*xs, *vs) the tangent of the output. Without a
    `backward` the claims are absent: `pull` raises Unusable.
    """
    arrays = [np.asarray(x) for x in xs]
    for a in arrays:
        if a.dtype.kind not in "fc":
            raise Unusable(f"inputs must be floating or complex, got {a.dtype}; close over the others")
    inputs = Layout.of(arrays, "input", single=len(arrays) == 1)
    x = inputs.pack(arrays)
    first = guarded(f, *inputs.unpack(x.copy()))
    outputs = settled_layout(tuple(np.asarray(y) for y in as_tuple(first)),
                             lambda: tuple(np.asarray(y) for y in as_tuple(guarded(f, *inputs.unpack(x.copy())))),
                             single=not isinstance(first, tuple | list))

    def value(flat: Vector) -> Vector:
        return outputs.pack(as_tuple(guarded(f, *inputs.unpack(flat))))

    dtypes = [a.dtype for a in arrays]
    roundoff = max(float(np.finfo(d).eps) / 2 for d in dtypes)
    pull, push = _numpy_claims(inputs, outputs, dtypes, backward, forward)
    return Differentiable(inputs, outputs, x, value, row_by_row(value, outputs.size), pull, push, roundoff)


def _numpy_claims(inputs: Layout, outputs: Layout, dtypes: list[np.dtype[Any]], backward: Callable[..., Any] | None,
                  forward: Callable[..., Any] | None) -> tuple[Any, Any]:
    """pull and push of a NumPy function: its own functions, called in its own dtype."""
    narrow = np.result_type(*dtypes)
    real = np.finfo(narrow).dtype

    def own(layout: Layout, flat: Vector, kinds: Sequence[Any]) -> list[NDArray[Any]]:
        return [a.astype(d) for a, d in zip(layout.unpack(flat), kinds, strict=True)]

    def pull(flat: Vector, rows: Matrix) -> Matrix:
        if backward is None:
            raise Unusable("a NumPy function needs its derivative: pass backward=, a function (x, g) -> cotangent of x")
        kinds = [np.result_type(real, 1j) if c else real for c in outputs.is_complex]
        xs = own(inputs, flat, dtypes)
        result = np.empty((len(rows), inputs.size))
        for i, row in enumerate(rows):
            gs = own(outputs, row, kinds)
            back = guarded(backward, *xs, gs[0] if outputs.single else tuple(gs), who="backward")
            try:
                result[i] = inputs.pack(as_tuple(back))
            except Unusable as error:
                remedy = "sum the cotangent over the axes that were broadcast"
                raise Unusable(f"backward returned {error}; {remedy}") from None
        return result

    def push(flat: Vector, v: Vector) -> Vector:
        assert forward is not None
        tangents = guarded(forward, *own(inputs, flat, dtypes), *own(inputs, v, dtypes), who="forward")
        return outputs.pack(as_tuple(tangents))

    return pull, push if forward is not None else None
