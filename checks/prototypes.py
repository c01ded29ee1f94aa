"""What the parts of unit tests of optimizers claim: shapes at any scale, noise, curl, and an optimum that moves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import Claim, claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.objectives import ONE, Draws, U, places

CURVES = ("line", "bowl", "absolute", "rectified", "exponential", "valley", "quartic", "gaussian", "laplace", "step",
          "inflexion")
CONVEX = CURVES[:7]
SHAPES: Draws = st.sampled_from(CURVES)
PLANE: Draws = places(st.sampled_from((2, 4)))
DRAWN = 4096
SIGMA, HERE = 0.75, -1.5  # of the random claims: the deviation, and the gradient


@claim("invariance", examples=60, x=places(2, (1.0, 0.25)), shape=SHAPES, power=st.integers(-6, 6))
def scale_stretches_the_axis(f: Any, x: Array, shape: str, power: int) -> Gap:
    """A shape at scale s is the shape itself, stretched: as high, its slope divided by s and its bend by s².

        f(s x; s) = f(x; 1),   s ∇f(s x; s) = ∇f(x; 1),   s² ∇²f(s x; s) = ∇²f(x; 1)

    Allowed  0: s is a power of two.
    Rejects  a scale that stretches the height as well.
    """
    s = 2.0**power
    pairs = [(f.forward(s * x, shape=shape, scale=s), f.forward(x, shape=shape)),
             (s * f.backward(s * x, ONE, shape=shape, scale=s), f.backward(x, ONE, shape=shape)),
             (s**2 * f.hessian(s * x, shape=shape, scale=s), f.hessian(x, shape=shape))]
    return Gap(max(float(np.abs(a - b).max()) for a, b in pairs), 0.0)


@claim("value", examples=60, x=places(1, (1.0, 0.25)), y=places(1, (1.0, 0.25)), shape=st.sampled_from(CONVEX))
def convex_shapes_are_convex(f: Any, x: Array, y: Array, shape: str) -> Gap:
    """Line, bowl, absolute value, ramp, exponential, valley and quartic never lie above their chords.

        φ((x + y)/2) ≤ ½ φ(x) + ½ φ(y)

    Allowed  16 u (|φ(x)| + |φ(y)|): one function each, on points that are exact.
    Rejects  shapes whose walls level out.
    """
    a, b, middle = (float(f.forward(at, shape=shape)) for at in (x, y, (x + y) / 2))
    return Gap(max(0.0, middle - a / 2 - b / 2), 16 * U * (abs(a) + abs(b)), shape)


@claim("value", examples=60, x=places(1, (1.0,)), shape=SHAPES)
def the_infimum_is_approached(f: Any, x: Array, shape: str) -> Gap:
    """A shape comes as near to its infimum as one likes; one without an infimum falls below any bound.

        inf over |z| ≤ 40 of φ(z) ≤ inf φ + e⁻⁴⁰

    Allowed  e⁻⁴⁰: what the exponential has left; 10¹⁵ below zero stands for no end, from 10¹⁶ on.
    Rejects  an infimum that no point comes near.
    """
    stated = float(f.infimum(shape=shape, n=1))
    least = min(float(f.forward(np.array([z]), shape=shape)) for z in (*np.linspace(-40, 40, 161), *x))
    if math.isinf(stated):
        far = min(float(f.forward(np.array([z]), shape=shape)) for z in (-1e16, 1e16))
        return Gap(max(0.0, far + 1e15), 0.0, f"{shape} does not fall without end")
    return Gap(abs(least - stated), math.exp(-40) * (1 + 16 * U), shape)


def seen(f: Any, kind: str, rng: np.random.Generator, most: int = DRAWN) -> Array:
    """Many noisy versions of one gradient."""
    g = np.full(most, HERE)
    return np.asarray(f.forward(g, f.draw(g.shape, kind=kind, sigma=SIGMA, rng=rng), kind=kind, sigma=SIGMA))


def gaussian_noise(kind: str, deviation: float) -> Claim:
    """The claim for additive or for multiplicative noise."""

    @claim("distribution", random=True)
    def noise_is_normal(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        """The noisy gradient is normal, with the gradient for its mean and the stated deviation.

            ĝ ~ N(g, σ²)   or   ĝ ~ N(g, σ² g²),   g = -1.5, σ = ¾

        Allowed  `mean_of_normal` and `variance_of_normal` for 4096 draws at α/2 each; at 1e-9 a mean off by 0.14 of the
                 deviation and a variance off by 21 % are found with probability 0.99.
        Rejects  the other of the two: the deviations are ¾ and 9/8.
        """
        found = seen(f, kind, rng)
        return Gap.worst([statistics.mean_of_normal(found, HERE, deviation, alpha=alpha / 2),
                          statistics.variance_of_normal(found, deviation**2, alpha=alpha / 2)])

    return noise_is_normal


@claim("distribution", random=True)
def half_of_cauchy_noise_is_within_sigma(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Cauchy noise has the gradient for its median, and half of it lies within σ; a hundredth beyond 63.66 σ.

        P(ĝ < g) = ½,   P(|ĝ - g| < σ) = ½,   P(|ĝ - g| > 63.66 σ) = 1 - 2/π atan 63.66 = 0.01

    Allowed  the exact binomial law for 4096 draws at α/3 each; at 1e-9 halves off by 0.07 and a hundredth off by 0.018
             are found with probability 0.99.
    Rejects  Gaussian noise, 68 % of which lies within σ.
    """
    off = seen(f, "cauchy", rng) - HERE
    far = 1 - 2 / math.pi * math.atan(63.66)
    return Gap.worst([statistics.proportion(off < 0, 0.5, alpha=alpha / 3),
                      statistics.proportion(np.abs(off) < SIGMA, 0.5, alpha=alpha / 3),
                      statistics.proportion(np.abs(off) > 63.66 * SIGMA, far, alpha=alpha / 3)])


@claim("distribution", random=True)
def a_mask_keeps_the_mean(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """A mask drops whole gradients and enlarges the others, so that their mean stays.

        ĝ ∈ {0, g/p},   P(ĝ ≠ 0) = p = 1/(1 + σ²)

    Allowed  0 for the values but 4 u |g/p|, and the exact binomial law for 4096 draws; at 1e-9 a share off by 0.07 is
             found with probability 0.99.
    Rejects  a mask without its 1/p.
    """
    p, found = 1 / (1 + SIGMA**2), seen(f, "mask", rng)
    kept = found != 0
    off = np.abs(found[kept] - HERE / p).max(initial=0.0)
    return Gap.worst([Gap(float(off), 4 * U * abs(HERE) / p, "a kept gradient"),
                      statistics.proportion(kept, p, alpha=alpha)])


@claim("invariance", examples=60, g=PLANE, angle=st.sampled_from((0.0, 0.3, -1.2, math.pi / 2, 3.0)))
def turned_and_no_longer(f: Any, g: Array, angle: float) -> Gap:
    """A field with curl is as long as the gradient, at the angle φ to it, and turned the stated way round.

        ‖v‖ = ‖g‖,   g·v = ‖g‖² cos φ,   g₁v₂ - g₂v₁ = (g₁² + g₂²) sin φ

    Allowed  32 n u ‖g‖²: sums of n products of two roundings each.
    Rejects  a turn the other way.
    """
    v = f.forward(g, angle=angle)
    square, across = float(g @ g), float((g[::2] * v[1::2] - g[1::2] * v[::2]).sum())
    return Gap.worst([Gap(abs(found - expected), 32 * g.size * U * square, where) for found, expected, where in (
        (float(v @ v), square, "length"), (float(g @ v), square * math.cos(angle), "along g"),
        (across, square * math.sin(angle), "across g"))])


@claim("behaviour", examples=30, radius=st.sampled_from((0.5, 1.0, 4.0)), h=st.sampled_from((1.0, 0.25, 8.0)),
       angle=st.sampled_from((0.3, -1.2, math.pi / 2)))
def a_circle_costs_work(f: Any, radius: float, h: float, angle: float) -> Gap:
    """Around a circle the field does work, so that no objective has it for a gradient.

        ∮ v·dx = 2π r² h sin φ   for the bowl ½ h ‖x‖²

    Allowed  512 u r² h: by symmetry the mean over 16 points is exact, of 16 products of two sums each.
    Rejects  a field that is a gradient: one scaled by cos φ and not turned.
    """
    turns = 2 * math.pi * np.arange(16) / 16
    way = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    tangent = np.stack([-np.sin(turns), np.cos(turns)], axis=1)
    work = sum(float(f.forward(h * radius * at, angle=angle) @ along) for at, along in zip(way, tangent, strict=True))
    work *= 2 * math.pi * radius / 16
    return Gap(abs(work - 2 * math.pi * radius**2 * h * math.sin(angle)), 512 * U * radius**2 * h)


@claim("behaviour", examples=30, lr=st.sampled_from((0.5, 0.1, 1.0, 1.5)), h=st.sampled_from((1.0, 0.5)),
       delta=st.sampled_from((0.01, -1.0)))
def descent_lags_behind_a_drift(f: Any, lr: float, h: float, delta: float) -> Gap:
    """Descent on a bowl that drifts settles at a distance behind it that falls with the rate.

        e ← (1 - ηh) e + δ,   e → δ/(ηh)

    Allowed  (1 - ηh)^k e₀ after k = 700 steps, which is below e⁻³⁵ δ/(ηh), and 8 k u |c_k| for their rounding.
    Rejects  a bowl that jumps for one that drifts; a lag of δ/h.
    """
    steps, x = 700, 0.0
    for t in range(steps):
        x = x - lr * h * (x - f.optimum(t, kind="drift", delta=delta))
    behind = f.optimum(steps, kind="drift", delta=delta) - x
    settled = float(f.lag(lr=lr, h=h, delta=delta))
    exact = abs(delta) / (lr * h)
    return Gap(abs(behind - settled), math.exp(-35) * exact + 8 * steps * U * (abs(delta) * steps + exact))


@claim("value", examples=40, t=st.integers(0, 400), delta=st.sampled_from((0.5, -2.0)), period=st.integers(1, 90))
def optima_move_as_named(f: Any, t: int, delta: float, period: int) -> Gap:
    """A drift moves every step, a jump once a period and then by δ, a swing comes back after each.

        c_{t+1} - c_t = δ;   c_t = c_{T⌊t/T⌋}, c_{t+T} - c_t = δ;   c_{t+T} = c_t, c_{t+T/2} = -c_t, |c_t| ≤ |δ|

    Allowed  0: halves and whole numbers are exact; for the swing 16 u |δ|, and half a period of an even one.
    Rejects  a jump that moves with every step.
    """

    def c(kind: str, at: int) -> float:
        return float(f.optimum(at, kind=kind, delta=delta, period=period))

    gaps = [Gap(abs(c("drift", t + 1) - c("drift", t) - delta), 0.0, "drift"),
            Gap(abs(c("jump", t) - c("jump", t // period * period)), 0.0, "still within a period"),
            Gap(abs(c("jump", t + period) - c("jump", t) - delta), 0.0, "jump"),
            Gap(abs(c("swing", t + period) - c("swing", t)), 16 * U * abs(delta), "swing after a period"),
            Gap(max(0.0, abs(c("swing", t)) - abs(delta)), 0.0, "swing beyond δ")]
    if period % 2 == 0:
        gaps.append(Gap(abs(c("swing", t + period // 2) + c("swing", t)), 16 * U * abs(delta), "half a swing"))
    return Gap.worst(gaps)
