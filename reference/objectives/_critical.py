"""Critical points: where a gradient vanishes, and what kind of point the Hessian makes of it.

    H ≻ 0 local minimum    H ≺ 0 local maximum    eigenvalues of both signs: saddle    else degenerate

Source   Nocedal, Wright, Numerical optimization, 2006, theorems 2.2 to 2.4.
Variant  none in use. `minimum` is said of a point below which the function never falls; no Hessian tells that.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import at_least, one_of, real
from .._arrays import Array

KINDS = ("minimum", "local minimum", "local maximum", "saddle")


class Critical(NamedTuple):
    """x: where; value: f there; kind: one of `KINDS`."""

    x: Array
    value: float
    kind: str


def critical(x: Array, value: Array, kind: str) -> Critical:
    """A critical point. Raises ValueError for another kind."""
    return Critical(real("x", x, ndim=1), float(value), one_of("kind", kind, KINDS))


def second_derivative_test(hessian: Array, *, tolerance: float = 0.0) -> str:
    """The kind of a critical point with this Hessian; eigenvalues up to the tolerance count as 0."""
    bends = np.linalg.eigvalsh(real("hessian", hessian, ndim=2))
    up, down = bends > at_least("tolerance", tolerance, 0), bends < -tolerance
    if up.any() and down.any():
        return "saddle"
    return "local minimum" if up.all() else "local maximum" if down.all() else "degenerate"
