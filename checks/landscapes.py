"""What single objectives claim of themselves beside their derivatives: the shape that each is named for."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.objectives import ONE, Draws, U, places, split, told

POINT: Draws = places(2)
LINE: Draws = places(1)
SIXTEENTHS: Draws = st.integers(-64, 64).map(lambda k: k / 16)
CURVATURES: Draws = st.sampled_from((1.0, 0.1, 3.0, 50.0))


def newton_ends_at_the_minimum(**samples: Any) -> Claim:
    """The claim for a quadratic, and one way to draw its arguments."""

    @claim("behaviour", examples=30, **samples)
    def newton_ends_at_the_minimum(f: Any, **sample: Any) -> Gap:
        """One step of Newton's method ends at the minimum, from anywhere.

            x - (∇²f)⁻¹ ∇f(x) = x*

        Allowed  8 n² κ u (‖x‖ + ‖x*‖): Gaussian elimination of a positive definite matrix is backward stable.
        Rejects  a Hessian that has lost a factor.
        """
        name, x, rest = split(f, sample)
        h = f.hessian(**sample)
        reached = x - np.linalg.solve(h, f.backward(**sample, g=ONE))
        best = told(f.points, rest, x.size)[0].x
        size = float(np.linalg.norm(x) + np.linalg.norm(best))
        return Gap(float(np.linalg.norm(reached - best)), 8 * x.size**2 * float(np.linalg.cond(h)) * U * size, name)

    return newton_ends_at_the_minimum


def convex(**samples: Any) -> Claim:
    """The claim for an objective; `samples` has a second point, `other`."""

    @claim("value", examples=50, **samples)
    def convex(f: Any, other: Array, **sample: Any) -> Gap:
        """Between two points the objective never lies above the chord.

            f((x + y)/2) ≤ ½ f(x) + ½ f(y)

        Allowed  64 u (|f(x)| + |f(y)| + |f|) n for three evaluations of sums of n terms, on points that are exact.
        Rejects  a squared error on the sigmoid's output, which has flat shoulders.
        """
        name, x, rest = split(f, sample)
        a, b, middle = (float(f.forward(**{name: at}, **rest)) for at in (x, other, (x + other) / 2))
        terms = x.size + max((np.size(value) for value in rest.values()), default=1)
        return Gap(max(0.0, middle - a / 2 - b / 2), 64 * terms * U * (abs(a) + abs(b) + abs(middle)))

    return convex


@claim("behaviour", examples=40, x=POINT, a=st.tuples(SIXTEENTHS, SIXTEENTHS).filter(any), t=st.integers(1, 2**20))
def falls_without_end(f: Any, x: Array, a: tuple[float, ...], t: int) -> Gap:
    """Against the gradient a plane falls in proportion to the way, however far.

        f(x - t a) = f(x) - t ‖a‖²

    Allowed  16 u (|f(x)| + ‖x‖ ‖a‖ + t ‖a‖²): sums of two products each.
    Rejects  a plane that levels out far below.
    """
    square = float(np.dot(a, a))
    begun, reached = float(f.forward(x, a=a)), float(f.forward(x - t * np.array(a), a=a))
    size = abs(begun) + float(np.linalg.norm(x)) * math.sqrt(square) + t * square
    return Gap(abs(reached - (begun - t * square)), 16 * U * size)


@claim("value", examples=30, n=st.integers(1, 6), rho=st.sampled_from((0.9, 0.0, -0.15, 0.99)))
def stated_eigenvalues_are_the_hessians(f: Any, n: int, rho: float) -> Gap:
    """The stated eigenvalues are those of the Hessian.

        spectrum of ∇²f = {1 + (n - 1) ρ, 1 - ρ, …, 1 - ρ}

    Allowed  64 n² u: the symmetric eigenvalue problem is backward stable, and ‖∇²f‖ ≤ n.
    Rejects  1 ± ρ, which is right for two inputs alone.
    """
    exact = np.linalg.eigvalsh(f.hessian(np.zeros(n), rho=rho))
    stated = np.asarray(f.eigenvalues(rho=rho, n=n))
    if stated.shape != exact.shape:
        return Gap(math.inf, 0.0, f"{stated.size} eigenvalues")
    return Gap(float(np.abs(stated - exact).max()), 64 * n**2 * U)


@claim("value", examples=30, h=st.tuples(CURVATURES, CURVATURES, CURVATURES))
def condition_is_the_ratio_of_heights(f: Any, h: tuple[float, ...]) -> Gap:
    """As far out, the steepest axis is κ times as high as the flattest.

        max_i f(e_i) / min_i f(e_i) = κ

    Allowed  16 u κ: a quotient of two products.
    Rejects  the ratio of the slopes' time scales, √κ.
    """
    heights = [float(f.forward(axis, h=h)) for axis in np.eye(3)]
    kappa = max(heights) / min(heights)
    return Gap(abs(float(f.condition(h=h)) - kappa), 16 * U * kappa)


@claim("behaviour", examples=30, x=POINT, s=CURVATURES, h=CURVATURES)
def newton_overshoots_on_the_floor(f: Any, x: Array, s: float, h: float) -> Gap:
    """Where the floor of the long valley is straight, Newton's step is far too long.

        x₁ - f₁'/f₁'' = -x₁³

    Allowed  64 u (|x₁| + |x₁|³): the slope, the bend and their quotient round a dozen times.
    Rejects  a floor that is a parabola, on which Newton's step is right.
    """
    reached = x[0] - f.backward(x, ONE, s=s, h=h)[0] / f.hessian(x, s=s, h=h)[0, 0]
    return Gap(float(abs(reached + x[0] ** 3)), 64 * U * float(abs(x[0]) + abs(x[0]) ** 3))


@claim("behaviour", examples=30, x=POINT, a=CURVATURES, b=CURVATURES, steps=st.integers(1, 40))
def only_the_stable_set_leads_to_the_saddle(f: Any, x: Array, a: float, b: float, steps: int) -> Gap:
    """Descent closes in on the saddle along one axis, and leaves it along the other unless it starts at 0 there.

        x₁ ← (1 - η a) x₁,   x₂ ← (1 + η b) x₂,   η = 1/(2a)

    Allowed  4 k u after k steps, relative: each is a product and a difference.
    Rejects  a bowl.
    """
    eta, start = 1 / (2 * a), x
    for _ in range(steps):
        x = x - eta * f.backward(x, ONE, a=a, b=b)
    expected = start * np.array([0.5, 1 + eta * b]) ** steps
    on_set = f.backward(np.array([start[0], 0.0]), ONE, a=a, b=b)[1]
    gaps = [Gap(float(abs(m - e)), 4 * (steps + 1) * U * float(abs(e)), f"x{i + 1}")
            for i, (m, e) in enumerate(zip(x, expected, strict=True))]
    return Gap.worst([*gaps, Gap(float(abs(on_set)), 0.0, "slope off the stable set")])


@claim("invariance", examples=40, x=places(3), q=CURVATURES, h=CURVATURES, order=st.permutations(range(3)),
       signs=st.tuples(*[st.sampled_from((1.0, -1.0))] * 3))
def round_about_the_top(f: Any, x: Array, q: float, h: float, order: list[int], signs: tuple[float, ...]) -> Gap:
    """The hill and its valley are round: only the distance from the top matters.

        f(x) = f((‖x‖, 0, …)) = f(±x permuted)

    Allowed  32 u (q r⁴ + h r²): r² in another order, or through a root.
    Rejects  ¼ q Σ x_i⁴ in the place of ¼ q r⁴, whose valley has corners.
    """
    r = float(np.linalg.norm(x))
    others = [np.array([r, 0.0, 0.0]), x[list(order)] * np.array(signs)]
    height = float(f.forward(x, q=q, h=h))
    allowed = 32 * U * (q * r**4 + h * r**2)
    return Gap.worst([Gap(abs(float(f.forward(y, q=q, h=h)) - height), allowed, f"at {y}") for y in others])


@claim("gradient", examples=40, x=POINT, w=CURVATURES)
def slope_is_steepest_at_the_rim(f: Any, x: Array, w: float) -> Gap:
    """The plain's slope is at most what it is at the pit's rim.

        ‖∇f(x)‖ ≤ 1/(w √e),   with equality where ‖x‖ = w

    Allowed  32 u / w: an exponential, a norm and two products.
    Rejects  a gradient without its 1/w².
    """
    most = 1 / (w * math.sqrt(math.e))
    rim = float(np.linalg.norm(f.backward(np.array([0.0, w]), ONE, w=w)))
    here = float(np.linalg.norm(f.backward(x, ONE, w=w)))
    return Gap.worst([Gap(max(0.0, here - most), 32 * U / w, "slope"), Gap(abs(rim - most), 32 * U / w, "at the rim")])


@claim("gradient", examples=40, x=LINE, s=st.sampled_from((0.1, 1.0)), d=CURVATURES, k=st.sampled_from((20.0, 5.0)),
       b=st.sampled_from((2.0, -1.0, 0.5)))
def rises_away_from_the_minimum(f: Any, x: Array, s: float, d: float, k: float, b: float) -> Gap:
    """The cliff has a single valley: the slope has the sign of x, and at the wall the height of the wall in it.

        sign f'(x) = sign x,   f'(b) = (s b + d (½ - σ(-kb))) (s + d k/4)

    Allowed  0 for the sign; 64 u (|s b| + d) (s + d k) for the slope at the wall, a product of two sums.
    Rejects  a wall without its steepness k in the slope.
    """
    slope = float(f.backward(x, ONE, s=s, d=d, k=k, b=b)[0])
    at_wall = float(f.backward(np.array([b]), ONE, s=s, d=d, k=k, b=b)[0])
    expected = (s * b + d * (0.5 - 1 / (1 + math.exp(k * b)))) * (s + d * k / 4)
    return Gap.worst([Gap(abs(float(np.sign(slope) - np.sign(x[0]))), 0.0, "sign of the slope"),
                      Gap(abs(at_wall - expected), 64 * U * (abs(s * b) + d) * (s + d * k), "slope at the wall")])


@claim("behaviour", examples=40, left=st.integers(1, 32).map(lambda k: k / 8),
       right=st.integers(1, 32).map(lambda k: k / 8), part=st.integers(1, 15).map(lambda k: k / 16))
def descent_stays_on_its_side(f: Any, left: float, right: float, part: float) -> Gap:
    """Right of the hill descent leads to the right minimum, left of it to the left one, whichever is better.

        sign of -f'(m + t q) = +1,   sign of -f'(m + t p) = -1,   0 < t < 1

    Allowed  nothing.
    Rejects  a gradient of the wrong sign.
    """
    ways = [-float(f.backward(np.array([part * end]), ONE, left=left, right=right)[0]) for end in (right, -left)]
    return Gap(float((ways[0] <= 0) + (ways[1] >= 0)), 0.0, f"ways {ways}")


@claim("value", examples=40, left=st.integers(1, 32).map(lambda k: k / 8), m=SIXTEENTHS,
       right=st.integers(1, 32).map(lambda k: k / 8))
def the_farther_minimum_is_deeper(f: Any, left: float, m: float, right: float) -> Gap:
    """The minimum farther from the hill is the deeper one, by a twelfth of (q - p)³ (-p - q).

        f(m + q) - f(m + p) = (left + right)³ (left - right) / 12

    Allowed  64 u (left + right)⁴: two quartics.
    Rejects  the minima exchanged.
    """
    low, high = (float(f.forward(np.array([m + u]), left=left, right=right, m=m)) for u in (-left, right))
    span = left + right
    return Gap(abs(high - low - span**3 * (left - right) / 12), 64 * U * span**4)


@claim("value", examples=40, first=st.lists(SIXTEENTHS, min_size=1, max_size=4), off=SIXTEENTHS,
       b=st.sampled_from((100.0, 1.0)))
def height_over_the_curved_floor(f: Any, first: list[float], off: float, b: float) -> Gap:
    """Off the curve x_{i+1} = x_i² Rosenbrock's function rises as a parabola, and along it as (1 - x_i)².

        f(x₁, …, x_{n-1}, x_{n-1}² + d) = Σ_{i<n-1} b (x_{i+1} - x_i²)² + Σ_{i<n} (1 - x_i)² + b d²

    Allowed  64 n u times the sum of the terms: the squares of sixteenths are exact.
    Rejects  x_i - x_{i+1}² in the place of x_{i+1} - x_i².
    """
    x = np.array([*first, first[-1] ** 2 + off])
    walls = [b * (after - before**2) ** 2 for before, after in pairwise(first)]
    terms = [*walls, *((1 - v) ** 2 for v in first), b * off**2]
    return Gap(abs(float(f.forward(x, b=b)) - math.fsum(terms)), 64 * x.size * U * math.fsum(terms))


@claim("value", examples=40, t=SIXTEENTHS)
def level_along_two_lines(f: Any, t: float) -> Gap:
    """Beale's function has one height along x₁ = 0 and along x₂ = 1: that of its saddle.

        f(0, t) = f(t, 1) = 1.5² + 2.25² + 2.625²

    Allowed  64 u f: a sum of three squares.
    Rejects  2.635 for 2.625.
    """
    level = 1.5**2 + 2.25**2 + 2.625**2
    heights = [float(f.forward(np.array(at))) for at in ((0.0, t), (t, 1.0))]
    return Gap.worst([Gap(abs(height - level), 64 * U * level) for height in heights])


@claim("value", examples=40, x=st.lists(st.integers(-20, 20), min_size=1, max_size=4), a=st.sampled_from((10.0, 1.0)))
def dents_lie_at_whole_points(f: Any, x: list[int], a: float) -> Gap:
    """At whole points Rastrigin's function is the bowl, half a unit beside each of them 2a higher for each entry.

        f(k) = ‖k‖²,   f(k + ½) = ‖k + ½‖² + 2 a n

    Allowed  64 n u f: the sine of a rounded multiple of π is off by |k| u, of which the square is nothing.
    Rejects  cos πx in the place of cos 2πx.
    """
    k = np.array(x, dtype=np.float64)
    gaps = []
    for at, top in ((k, 0.0), (k + 0.5, 2 * a * k.size)):
        height = float(np.dot(at, at)) + top
        gaps.append(Gap(abs(float(f.forward(at, a=a)) - height), 64 * k.size * U * (height + a * k.size), f"at {at}"))
    return Gap.worst(gaps)
