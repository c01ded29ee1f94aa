"""What is claimed of descent, momentum and Nesterov's method on a parabola, at the boundaries of each regime too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.dynamics.recurrences import Linear, farthest, heavy_ball, nesterov
from fiducial.checks.dynamics.walks import U, steps_until, walk
from fiducial.checks.evidence import Array, Gap, same

STARTS = st.sampled_from((1.0, -3.0, 0.375, 40.0))
POWERS = st.sampled_from((1.0, 0.25, 8.0))
CURVATURES = st.floats(0.01, 100.0)
QUARTERS = st.sampled_from((0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 3.0))
FRICTIONS = st.sampled_from((0.5, 0.25, 0.75, 0.875, 0.0))


def _path(f: Any, x: float, steps: int, h: float, **options: Any) -> Array:
    return np.asarray(walk(f, np.array([x]), steps, of={"h": h}, **options)[:, 0])


@claim("behaviour", x=STARTS, h=POWERS, s=QUARTERS)
def regimes_of_a_quadratic(f: Any, x: float, h: float, s: float) -> Gap:
    """On a parabola descent is monotone below 1/h, there in one step at it, oscillates above, and diverges above 2/h.

        x_t = (1 - ηh)^t x_0:   η < 1/h one sign, falling    = 1/h: x_1 = 0    < 2/h: alternating, falling
                                = 2/h: x_t = ±x_0 for ever    > 2/h: alternating, growing

    Allowed  0: with h a power of two and ηh in quarters the first 20 steps are exact in any order of operations.
    Rejects  a rate of 2η, or a step that keeps a tenth of the last.
    """
    path = _path(f, x, 20, h, lr=s / h)
    before, after = path[:-1], path[1:]
    regime = {"s < 1": (after * before > 0) & (abs(after) < abs(before)), "s = 1": after == 0,
              "1 < s < 2": (after * before < 0) & (abs(after) < abs(before)), "s = 2": after == -before,
              "s > 2": (after * before < 0) & (abs(after) > abs(before))}
    name = "s < 1" if s < 1 else "s = 1" if s == 1 else "1 < s < 2" if s < 2 else "s = 2" if s == 2 else "s > 2"
    return Gap(float(np.count_nonzero(~regime[name])), 0.0, f"steps against the regime {name}", {"path": path})


@claim("behaviour", x=STARTS, h=CURVATURES)
def one_step_at_the_inverse_curvature(f: Any, x: float, h: float) -> Gap:
    """At the rate 1/h one step ends at the minimum, whatever h is.

        η = 1/h:   x_1 = (1 - ηh) x_0 = 0

    Allowed  4 u |x_0|: 1/h, h x and η h x are each rounded once, and the difference of near numbers is exact.
    Rejects  a parabola whose gradient has kept the 2 of x².
    """
    return Gap(float(abs(_path(f, x, 1, h, lr=1 / h)[1])), 4 * U * abs(x))


@claim("behaviour", x=STARTS, h=CURVATURES, examples=10)
def oscillates_for_ever_at_twice_the_inverse(f: Any, x: float, h: float) -> Gap:
    """At the rate 2/h descent neither converges nor diverges: it changes sides for ever, 1000 steps long.

        η = 2/h:   x_t = (-1)^t x_0

    Allowed  ηh is 2 (1 + δ), |δ| ≤ 3 u, and the sum is rounded: 7 u a step, 8 u with what is of second order.
    Rejects  a step along an average of gradients, which damps the oscillation.
    """
    path = _path(f, x, 1000, h, lr=2 / h)
    t = np.arange(len(path))
    off = np.abs(path - x * (-1.0) ** t) / np.maximum(t, 1)
    return Gap(float(off.max()), 8 * U * abs(x), "away from ±x_0, a step")


@claim("value", x=STARTS, h=POWERS, s=QUARTERS, alpha=FRICTIONS, examples=50)
def momentum_follows_its_matrix(f: Any, x: float, h: float, s: float, alpha: float) -> Gap:
    """Momentum's path on a parabola is that of one matrix.

        (x, v)_t = M^t (x_0, 0),   M = ((1 - ηh, α), (-ηh, α))

    Allowed  `Linear.error`: six roundings a step, each carried on by the norms of M's powers.
    Rejects  Nesterov's method; a velocity that is an average.
    """
    return heavy_ball(s / h, h, alpha).gap(_path(f, x, 60, h, lr=s / h, momentum=alpha), x)


def _fate(matrix: Linear, path: Array, start: float) -> Gap:
    """A path's last distance against the norm of Mᵗ; one beyond the boundary must be half as far out as Mᵗ leads."""
    steps, last = len(path) - 1, abs(float(path[-1] / start))
    if matrix.radius < 1:
        bound = float(np.linalg.norm(np.linalg.matrix_power(matrix.matrix, steps), 2))
        return Gap(last, bound + float(matrix.error(steps)[-1]), "came in")
    return Gap(1 / last if last > 0 else math.inf, 2 / abs(float(matrix.path(steps)[-1, 0])), "went out")


@claim("behaviour", alpha=FRICTIONS, c=st.sampled_from((0.75, 0.9375, 1.0625, 1.5)), h=POWERS, examples=30)
def momentum_widens_the_stable_range(f: Any, alpha: float, c: float, h: float) -> Gap:
    """Momentum converges up to the rate 2(1 + α)/h, beyond plain descent's 2/h, and diverges above.

        η = c · 2(1+α)/h:   |x_T| ≤ ‖M^T‖ |x_0| → 0 for c < 1,   |x_T| ≥ ½ |(M^T)_xx x_0| → ∞ for c > 1;   T = 200

    Allowed  the norm of the power, and rounding as `Linear.error`; above, half of where the exact path is.
    Rejects  Nesterov's method, which diverges at these rates; plain descent.
    """
    lr = c * 2 * (1 + alpha) / h
    return _fate(heavy_ball(lr, h, alpha), _path(f, 1.0, 200, h, lr=lr, momentum=alpha), 1.0)


@claim("behaviour", x=STARTS, alpha=st.sampled_from((0.0, 0.25, 0.5, 0.75)), h=POWERS, examples=20)
def momentum_oscillates_at_its_boundary(f: Any, x: float, alpha: float, h: float) -> Gap:
    """At the rate 2(1 + α)/h momentum oscillates for ever, (1 + α)/(1 - α) times as far out as it began.

        x_t = x_0 ((1+α) (-1)^t - 2α (-α)^t) / (1-α)

    Allowed  `Linear.error`: the root -1 lets roundings add up, not grow.
    Rejects  a rate above or below; plain descent, which stays at ±x_0.
    """
    lr, t = 2 * (1 + alpha) / h, np.arange(201)
    path = _path(f, x, 200, h, lr=lr, momentum=alpha)
    closed = x * ((1 + alpha) * (-1.0) ** t - 2 * alpha * (-alpha) ** t) / (1 - alpha)
    return farthest(path, closed, abs(x) * heavy_ball(lr, h, alpha).error(200) + 8 * U * np.abs(closed))


def _double_root(path: Array, r: float, c: float, allowed: Array) -> Gap:
    """A path from 1 against r^t (1 + c t)."""
    t = np.arange(len(path))
    closed = r**t * (1 + c * t)
    return farthest(path, closed, allowed + 4 * (t + 2) * U * np.abs(closed))


@claim("behaviour", root=st.sampled_from((3, 7, 15)), small=POWERS, examples=12)
def heavy_ball_at_its_best_setting(f: Any, root: int, small: float) -> Gap:
    """At heavy ball's best setting every direction falls at the rate (√κ - 1)/(√κ + 1), with a factor ∝ t.

        η = 4/(√L+√ℓ)², √α = r = (√κ-1)/(√κ+1):   x_t = r^t (1 + (1-r) t) along ℓ,   (-r)^t (1 + (1+r) t) along L

    Allowed  `Linear.error` on either axis; the settings are exact, √κ + 1 being a power of two.
    Rejects  Nesterov's method at this setting; an average in place of the sum.
    """
    r = (root - 1) / (root + 1)
    lr, gaps = 4 / (small * (root + 1) ** 2), []
    for h, rate, factor in ((small, r, 1 - r), (small * root**2, -r, 1 + r)):
        path = _path(f, 1.0, 300, h, lr=lr, momentum=r**2)
        gaps.append(_double_root(path, rate, factor, heavy_ball(lr, h, r**2).error(300)))
    return Gap.worst(gaps)


@claim("behaviour", root=st.sampled_from((1.5, 2.0, 2.375, 2.4375, 3.0, 7.0)), examples=12)
def best_rate_is_beyond_plain_descent_for_large_condition(f: Any, root: float) -> Gap:
    """Heavy ball's best rate exceeds 2/L, at which plain descent stops converging, iff κ > 3 + 2√2.

        4/(√L+√ℓ)² > 2/L   iff   √κ > 1 + √2,   κ = L/ℓ;      with α the walk along L converges all the same

    Allowed  0: the walk of 400 steps must end farther out than it began exactly where κ is above, and nearer with α.
    Rejects  a subject that ignores its momentum.
    """
    lr, alpha = 4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2
    plain, heavy = (float(abs(_path(f, 1.0, 400, root**2, lr=lr, momentum=a)[-1])) for a in (0.0, alpha))
    return Gap.worst([same(root**2 > 3 + 2 * math.sqrt(2), not plain <= 1, "plain descent at this rate diverges"),
                      same(True, heavy < 1, "momentum at this rate converges")])


def _crossing(s: float, alpha: float) -> int:
    """By which step a path with complex roots has changed its sign: x = 0 within half a turn, π/θ steps."""
    cosine = (1 + alpha - s) / (2 * math.sqrt(alpha))
    return math.ceil(math.pi / math.acos(cosine)) + 1


@claim("behaviour", root=st.sampled_from((0.25, 0.5, 0.75)), by=st.sampled_from((-0.06, -2.0**-9, 0.0, 2.0**-9, 0.03)),
       h=POWERS, x=STARTS, examples=40)
def flies_over_from_the_complex_boundary_on(f: Any, root: float, by: float, h: float, x: float) -> Gap:
    """From rest at ηh < 1 momentum flies over the minimum iff α > (1 - √(ηh))²: where its roots become complex.

        α ≤ (1 - √(ηh))²:  x_t/x_0 > 0 for ever       α above:  x_t/x_0 < 0 within π/θ + 1 steps, cos θ = (1+α-ηh)/(2√α)

    Allowed  0: at the boundary itself x_t = r^t (1 + (1-r) t) x_0 is exact for the first steps, and then far above the
             error of `Linear.error`, which is of the order t³ u r^t.
    Rejects  Nesterov's method, whose boundary lies higher; plain descent, which flies over nothing below 1/h.
    """
    s, edge = root**2, (1 - root) ** 2
    alpha = max(edge + by, 0.0)
    complex_roots = alpha > edge
    steps = _crossing(s, alpha) if complex_roots else 200
    path = _path(f, x, steps, h, lr=s / h, momentum=alpha) / x
    if np.isnan(path).any():
        return Gap(math.nan, 0.0, "the path")
    return same(complex_roots, bool(path.min() < 0), "flies over", lowest=float(path.min()), steps=steps)


@claim("value", x=STARTS, h=POWERS, s=QUARTERS, alpha=FRICTIONS, examples=50)
def nesterov_follows_its_matrix(f: Any, x: float, h: float, s: float, alpha: float) -> Gap:
    """Nesterov's path on a parabola is that of one matrix, whose complex roots have the radius √(α(1 - ηh)).

        (x, v)_t = M^t (x_0, 0),   M = ((1 - ηh, α(1-ηh)), (-ηh, α(1-ηh))),   det M = α (1 - ηh);   heavy ball: det = α

    Allowed  `Linear.error`; and 16 u for the radius where (1+α)²(1-ηh) < 4α.
    Rejects  heavy ball, whose oscillation falls as √α only; a look-ahead by v in place of αv.
    """
    matrix = nesterov(s / h, h, alpha)
    gaps = [matrix.gap(_path(f, x, 60, h, lr=s / h, momentum=alpha), x)]
    if s < 1 and (1 + alpha) ** 2 * (1 - s) < 4 * alpha:
        gaps.append(Gap(abs(matrix.radius - math.sqrt(alpha * (1 - s))), 16 * U, "radius"))
    return Gap.worst(gaps)


@claim("behaviour", alpha=FRICTIONS, c=st.sampled_from((0.75, 0.9375, 1.0625, 1.5)), h=POWERS, examples=16)
def nesterov_narrows_the_stable_range(f: Any, alpha: float, c: float, h: float) -> Gap:
    """Nesterov's method converges up to 2(1 + α)/((1 + 2α)h) only, less than plain descent, and diverges above.

        η = c · 2(1+α)/((1+2α)h), T = 200:   |x_T| ≤ ‖M^T‖ |x_0| for c < 1,   |x_T| ≥ ½ |(M^T)_xx x_0| for c > 1

    Allowed  the norm of the power, and rounding as `Linear.error`; above, half of the exact path.
    Rejects  heavy ball, which still converges above; a look-ahead by v, stable up to 2(1+α)/(3h).
    """
    lr = c * 2 * (1 + alpha) / ((1 + 2 * alpha) * h)
    return _fate(nesterov(lr, h, alpha), _path(f, 1.0, 200, h, lr=lr, momentum=alpha), 1.0)


@claim("behaviour", x=STARTS, h=POWERS, examples=12)
def nesterov_oscillates_at_its_boundary(f: Any, x: float, h: float) -> Gap:
    """At its boundary Nesterov's method oscillates for ever: one root is -1.

        α = ½, η = 2(1+α)/((1+2α)h) = 3/(2h):   x_t = x_0 (3 (-1)^t + 2 · 4^-t) / 5

    Allowed  `Linear.error`.
    Rejects  heavy ball, which at this rate converges.
    """
    t = np.arange(201)
    path, closed = _path(f, x, 200, h, lr=1.5 / h, momentum=0.5), x * (3 * (-1.0) ** t + 2 * 4.0**-t) / 5
    return farthest(path, closed, abs(x) * nesterov(1.5 / h, h, 0.5).error(200) + 8 * U * abs(x))


@claim("behaviour", root=st.sampled_from((2, 4, 16)), q=st.sampled_from((4, 8)), small=POWERS, examples=12)
def nesterov_at_its_best_settings(f: Any, root: int, q: int, small: float) -> Gap:
    """Nesterov's method falls by 1 - 1/√κ at its usual setting, and by 1 - 2/√(3κ + 1) at its best for quadratics.

        η = 1/L, α = (√κ-1)/(√κ+1):             x_t = r^t (1 + t/√κ) along ℓ,  r = 1 - 1/√κ;   x_1 = 0 along L
        η = 4/(3L+ℓ), α = (q-2)/(q+2):          x_t = r^t (1 + 2t/q) along ℓ,  r = 1 - 2/q,  q = √(3κ+1)

    Allowed  `Linear.error`, and 4 (t+1)³ u r^t where α is rounded once: the derivative of x_t by α is a sum of t
             products of such paths, at most t² r^{t-2} each, and r ≥ ½.
    Rejects  heavy ball at these settings.
    """
    gaps = []
    for lr, alpha, r, c in ((1 / (small * root**2), (root - 1) / (root + 1), 1 - 1 / root, 1 / root),
                            (4 / (small * q**2), (q - 2) / (q + 2), 1 - 2 / q, 2 / q)):
        path, t = _path(f, 1.0, 100, small, lr=lr, momentum=alpha), np.arange(101)
        rounded = 4 * U * (t + 1.0) ** 3 * r**t
        gaps.append(_double_root(path, r, c, nesterov(lr, small, alpha).error(100) + rounded))
    steep = _path(f, 1.0, 1, small * root**2, lr=1 / (small * root**2), momentum=(root - 1) / (root + 1))
    return Gap.worst([*gaps, Gap(float(abs(steep[1])), 0.0, "along L after one step")])


@claim("behaviour", alpha=st.sampled_from((0.5, 0.9, 0.99)), s=st.sampled_from((0.5, 0.25)), examples=8)
def nesterov_damps_oscillation_more(f: Any, alpha: float, s: float) -> Gap:
    """At the same (η, α) an oscillation falls by √(1 - ηh) more a step under Nesterov's method than under heavy ball.

        steps until |x| and |v| have fallen by 2^-20: at most those of √(α(1-ηh)), and fewer than heavy ball's by √α

    Allowed  the first step from which ‖M^t‖ stays below 2^-20.
    Rejects  heavy ball in its place.
    """
    matrix, small = nesterov(s, 1.0, alpha).matrix, 2.0**-20
    most, power = 0, np.eye(2)
    while np.linalg.norm(power, 2) > small:
        most, power = most + 1, matrix @ power
    quiet: list[float] = [1.0, 1.0]

    def settled(x: Array) -> bool:
        quiet.append(abs(float(x[0])))
        return max(quiet[-3:]) <= small

    return Gap(float(steps_until(f, np.ones(1), settled, 4000, of={"h": 1.0}, lr=s, momentum=alpha)), float(most + 3),
               "steps")
