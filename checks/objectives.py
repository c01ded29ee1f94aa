"""What is claimed of every objective: its Hessian, its critical points, and the bound that it never falls below.

An objective has `forward(x, …)`, `backward(x, …, g)` and `hessian(x, …)` of one point and its options, `points(…)`,
the critical points with value and kind, and `infimum(…)`, its greatest lower bound.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import Claim, Sample, claim
from fiducial.checks.claims_of_maps import first_argument
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.gradients import jacobian
from fiducial.checks.rounding import FLOAT64, Rounded

Draws = SearchStrategy[Any]
U = 2.0**-53
ONE = np.ones(())
SLACK = 4.0  # a subject may order its operations otherwise than the bound's: as for every map
BENDS = {"minimum": (1,), "local minimum": (1,), "local maximum": (-1,), "saddle": (1, -1)}


def places(n: int | Draws, scales: tuple[float, ...] = (1.0, 0.25, 8.0)) -> Draws:
    """Points of n entries: sixteenths from -4 to 4, times a power of two."""
    sizes = st.just(n) if isinstance(n, int) else n
    return st.builds(lambda size, seed, scale: np.random.default_rng(seed).integers(-64, 65, size) / 16 * scale,
                     sizes, st.integers(0, 2**20), st.sampled_from(scales))


def split(f: Any, sample: Sample) -> tuple[str, Array, dict[str, Any]]:
    """The name of the point, the point, and the rest of a sample."""
    name = first_argument(f.forward, sample)
    return name, sample[name], {key: value for key, value in sample.items() if key != name}


def told(function: Callable[..., Any], options: Mapping[str, Any], n: int) -> Any:
    """A function of the options alone, and of the number of entries where it asks for that."""
    return function(**options, **({"n": n} if "n" in inspect.signature(function).parameters.keys() - options else {}))


def hessian_is_the_derivative(*, examples: int = 25, **samples: Any) -> Claim:
    """The Hessian of an objective, for one way to draw its arguments."""

    @claim("gradient", examples=examples, **samples)
    def hessian_is_the_derivative(f: Any, **sample: Any) -> Gap | None:
        """The Hessian is the derivative of the gradient.

            ∇²f = ∂∇f/∂x

        Allowed  the error bar of the numerical Jacobian of ∇f, and 64 n u max |∇²f| for rounding of the Hessian.
        Rejects  the part of the Hessian that only squares of slopes make.
        """
        name, x, rest = split(f, sample)
        numeric = jacobian(lambda point: f.backward(**{name: point}, **rest, g=ONE), x)
        h = np.asarray(f.hessian(**sample))
        if h.shape != (x.size, x.size):
            return Gap(np.inf, 0.0, f"the Hessian has shape {h.shape}")
        allowed = numeric.error + 64 * x.size * U * np.abs(h).max(initial=0.0)
        ratio = np.abs(h - numeric.value) - allowed
        i, j = np.unravel_index(int(np.argmax(np.where(np.isnan(ratio), np.inf, ratio))), h.shape)
        if not np.isfinite(allowed[i, j]):
            return None
        return Gap(float(abs(h - numeric.value)[i, j]), float(allowed[i, j]), f"entry {i}, {j}")

    return hessian_is_the_derivative


def points_are_critical(*, away: Callable[[Sample], float] | None = None, examples: int = 25,
                        **samples: Any) -> Claim:
    """The critical points. away: by how many units of rounding of its norm a point may be off; 4 where not told."""

    @claim("value", examples=examples, **samples)
    def points_are_critical(f: Any, **sample: Any) -> Gap | None:
        """At each critical point the gradient vanishes, the value is as stated, and the Hessian bends as its kind says.

            ∇f(x*) = 0,   f(x*) = f*,   ∇²f(x*) ⪰ 0, ⪯ 0 or of both signs,   min f* = inf f

        Allowed  the running error bounds of f and ∇f at a point whose entries are off by 4 u |x*| (or by what solving
                 for x* costs, where a system is solved), 8 u |f*|, and by Weyl 64 n u max |∇²f| for an eigenvalue.
        Rejects  a point that is shifted, a value or a kind that is another's.
        """
        name, x, rest = split(f, sample)
        off = (4.0 if away is None else away(rest)) * U
        found = told(f.points, rest, x.size)
        gaps = [gap for point in found for gap in _judged(f, name, rest, point, off)]
        lowest = min((point.value for point in found if point.kind == "minimum"), default=None)
        if lowest is not None:
            least = float(told(f.infimum, rest, x.size))
            gaps.append(Gap(abs(lowest - least), 8 * U * abs(least), "the lowest point is no infimum"))
        return Gap.worst(gaps) if gaps else None

    return points_are_critical


def _judged(f: Any, name: str, rest: Mapping[str, Any], point: Any, off: float) -> list[Gap]:
    """Gradient, value and kind of one critical point."""
    near = Rounded(point.x, off * float(np.linalg.norm(point.x)), FLOAT64)
    slope, value = f.backward(**{name: near}, **rest, g=ONE), f.forward(**{name: near}, **rest)
    bends = np.linalg.eigvalsh(f.hessian(**{name: point.x}, **rest))
    size = float(np.abs(bends).max())
    allowed = 64 * point.x.size * U * size + (0 if off <= 4 * U else off * size)
    wrong = [float(-(s * bends).max()) if point.kind == "saddle" else float((-s * bends).max())
             for s in BENDS[point.kind]]
    strict = -allowed if point.kind == "saddle" else allowed
    return [Gap(_largest(slope), SLACK * _bound(slope), f"slope at {point.x}"),
            Gap(abs(_first(value) - point.value), SLACK * _bound(value) + 8 * U * abs(point.value),
                f"value at {point.x}"),
            Gap(max(0.0, *[w - strict for w in wrong]), 0.0, f"the bends at {point.x} are not those of a {point.kind}")]


def _largest(y: Any) -> float:
    return float(np.abs(getattr(y, "value", y)).max(initial=0.0))


def _first(y: Any) -> float:
    return float(np.ravel(getattr(y, "value", y))[0])


def _bound(y: Any) -> float:
    return float(np.max(getattr(y, "error", 0.0)))


def nothing_lies_below(*, examples: int = 60, **samples: Any) -> Claim:
    """The infimum, for one way to draw the arguments."""

    @claim("value", examples=examples, **samples)
    def nothing_lies_below(f: Any, **sample: Any) -> Gap | None:
        """Nowhere is the objective below its infimum: not at a drawn point, not on the way there from a critical point.

            f(x) ≥ inf f

        Allowed  4 × the running error bound of f there, and 8 u |inf f|.
        Rejects  an objective with one point below its stated minimum.
        """
        name, x, rest = split(f, sample)
        least = float(told(f.infimum, rest, x.size))
        if not np.isfinite(least):
            return None
        starts = [point.x for point in told(f.points, rest, x.size)] or [x]
        tried = [start + s * (x - start) for start in starts for s in (1.0, 0.5, 0.25, 2.0**-6, 2.0**-12)]
        values = [f.forward(**{name: Rounded(at, 0.0, FLOAT64)}, **rest) for at in tried]
        return Gap.worst([Gap(max(0.0, least - _first(y)), SLACK * _bound(y) + 8 * U * abs(least), f"at {at}")
                          for at, y in zip(tried, values, strict=True)])

    return nothing_lies_below
