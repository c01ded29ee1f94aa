"""What is claimed of descent on planes, at saddles, on plateaus, over cliffs and along valleys."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import integrate

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.dynamics.recurrences import farthest, heavy_ball
from fiducial.checks.dynamics.walks import U, steps_until, velocities, walk
from fiducial.checks.evidence import Array, Gap

SLOPES = st.sampled_from((1.0, -0.3, 250.0, 1e-6))
RATES = st.sampled_from((0.1, 0.01, 1.0))
FRICTIONS = st.sampled_from((0.5, 0.9, 0.99, 0.0))
OFFSETS = st.sampled_from((1e-3, 1e-6, 1e-9, 1e-12))
BENDS = st.sampled_from((1.0, 0.25, 4.0))


@claim("behaviour", g=SLOPES, lr=RATES, alpha=FRICTIONS, examples=30)
def velocity_is_a_geometric_sum(f: Any, g: float, lr: float, alpha: float) -> Gap:
    """On a tilted plane momentum's velocity is a sum of the gradients with growing total weight, not an average.

        v_t = -η g (1 - α^t) / (1 - α) = -η g (1 + α + … + α^{t-1})

    Allowed  4 t u of v_t: all terms have one sign, and each of t steps rounds three times; the sum here once a term.
    Rejects  an average, whose weights sum to 1 - α^t.
    """
    v = velocities(f, np.full((60, 1), g), lr=lr, momentum=alpha)[:, 0]
    weights = np.array([math.fsum(alpha**k for k in range(t)) for t in range(1, 61)])
    return farthest(v, -lr * g * weights, 4 * np.arange(1, 61) * U * np.abs(lr * g * weights))


@claim("behaviour", g=SLOPES, lr=RATES, alpha=FRICTIONS, examples=16)
def terminal_velocity(f: Any, g: float, lr: float, alpha: float) -> Gap:
    """On a tilted plane momentum ends 1/(1 - α) times as fast as descent, and no faster.

        v_t → -η g / (1 - α)

    Allowed  3 u of it a step, which a step's friction lets add up to 3/(1-α) steps; and α^T = u for T steps.
    Rejects  an average, which ends as fast as descent.
    """
    steps = 1 if alpha == 0 else math.ceil(math.log(U) / math.log(alpha)) + 1
    v = float(velocities(f, np.full((steps, 1), g), lr=lr, momentum=alpha)[-1, 0])
    end = lr * g / (1 - alpha)
    return Gap(abs(v + end), (3 / (1 - alpha) + 4) * U * abs(end), "last velocity", {"expected": -end, "found": v})


@claim("behaviour", a=BENDS, b=BENDS, x=st.sampled_from((1.0, -7.5, 1e-3)), c=st.sampled_from((0.25, 0.5, 0.9)))
def saddle_holds_what_starts_on_its_stable_set(f: Any, a: float, b: float, x: float, c: float) -> Gap:
    """Descent that starts exactly on a saddle's stable axis ends at the saddle, and stays there.

        x_0 = (x, 0), η = c/a:   x_t,2 = 0 for ever,   x_t,1 = (1 - c)^t x → 0

    Allowed  0 across; along, 4 t u (1-c)^t |x|, four roundings a step.
    Rejects  descent whose gradients carry noise: it leaves.
    """
    path = walk(f, np.array([x, 0.0]), 60, of={"a": a, "b": b}, lr=c / a)
    t = np.arange(61)
    closed = x * (1 - c) ** t
    slack = (4 / (1 - c)) * (t + 1) * U * np.abs(closed)
    return Gap.worst([Gap(float(np.abs(path[:, 1]).max()), 0.0, "across"), farthest(path[:, 0], closed, slack)])


@claim("behaviour", b=BENDS, delta=OFFSETS, s=st.sampled_from((0.5, 0.1, 0.01)), examples=40)
def escape_takes_the_logarithm_of_the_offset(f: Any, b: float, delta: float, s: float) -> Gap:
    """Off a saddle by δ, descent takes ln(1/δ)/ln(1 + η|h|) steps to be 1 away from it.

        x_t = δ (1 + ηb)^t:   T = ⌈ln(1/δ) / ln(1 + ηb)⌉

    Allowed  where rounding may turn the ceiling over, within 4 T u of a whole number, one step; else 0.
    Rejects  steps in sign only, which take 1/η whatever δ is.
    """
    exact = math.log(1 / delta) / math.log1p(s)
    found = steps_until(f, np.array([0.0, delta]), lambda x: bool(abs(x[1]) >= 1), 10_000, of={"a": 1.0, "b": b},
                        lr=s / b)
    near = abs(exact - round(exact)) < 8 * (exact + 1) ** 2 * U / s
    return Gap(abs(found - math.ceil(exact)), float(near), "steps", {"expected": exact, "found": found})


@claim("behaviour", b=BENDS, delta=OFFSETS, s=st.sampled_from((0.5, 0.1, 0.01)),
       alpha=st.sampled_from((0.5, 0.875, 0.0)), examples=30)
def momentum_leaves_a_saddle_faster(f: Any, b: float, delta: float, s: float, alpha: float) -> Gap:
    """Momentum grows away from a saddle by a root that exceeds descent's 1 + η|h|.

        x_t along the matrix of `Linear` with h = -b,   root z of z² - (1+α+ηb) z + α:   z > 1 + ηb for α > 0

    Allowed  `Linear.error`; for the roots, 8 u z.
    Rejects  plain descent; an average of gradients, which leaves more slowly.
    """
    path = walk(f, np.array([0.0, delta]), 40, of={"a": 1.0, "b": b}, lr=s / b, momentum=alpha)[:, 1]
    matrix = heavy_ball(s / b, -b, alpha)
    return Gap.worst([matrix.gap(path, delta), Gap(1 + s, matrix.radius * (1 + 8 * U), "growth by a step")])


@claim("distribution", random=True)
def noise_leaves_a_saddle(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Noise in the gradient carries descent off a saddle's very centre, as far as its unstable root makes of it.

        x_0 = 0, g = ∇f + ξ, ξ ~ N(0, 1):   x_T ~ N(0, η² Σ_k (1 + ηb)^{2k}), k = 0…T-1;   η = 0.1, b = 1, T = 40

    Allowed  the χ² law of 4000 walks' variance about 0 at α; a variance off by 21 % is found with power 0.99.
    Rejects  descent without noise, which never leaves; averages of gradients, which leave later.
    """
    x, state = np.zeros(4000), f.init(np.zeros(4000))
    for _ in range(40):
        noise = rng.standard_normal(x.shape)
        x, state = f.step(x, lambda at, noise=noise: -at + noise, state, lr=0.1)
    return statistics.variance_about(x, 0.01 * sum(1.1 ** (2 * k) for k in range(40)), 0.0, alpha=alpha)


@claim("behaviour", delta=st.sampled_from((1e-6, 1e-8, 1e-10)), b=BENDS, examples=9)
def adaptive_rates_leave_a_saddle_whatever_the_offset(f: Any, delta: float, b: float) -> Gap:
    """A rate that divides by the gradient's size leaves a saddle after the same steps, however near to it the start is.

        T(δ) = T(δ/1000) ≤ 1/η for δ ≪ η at ε = 0;  plain descent: T(δ/1000) - T(δ) = ln 1000 / ln(1 + ηb);   η = 0.01

    Allowed  one step: gradients enter by their ratios only, which the offset changes by δ/η ≤ 1e-4 of the first step,
             and so moves the point where |x_2| passes 1 by a small share of a step.
    Rejects  plain descent and momentum; an ε of 1e-4, below which Adam's steps are in proportion to the gradient.
    """
    def count(offset: float) -> int:
        return steps_until(f, np.array([1.0, offset]), lambda x: bool(abs(x[1]) >= 1), 10_000, of={"a": 1.0, "b": b},
                           lr=0.01)

    steps = [count(delta), count(delta / 1000)]
    return Gap.worst([Gap(float(abs(steps[1] - steps[0])), 1.0, "difference in steps", {"steps": steps}),
                      Gap(float(max(steps)), 1 / 0.01, "steps")])


def _time_on_the_plateau(w: float, start: float) -> float:
    """How long the flow x' = -f'(x), f = 1 - exp(-x²/2w²), takes from `start` to w."""
    return float(integrate.quad(lambda x: w**2 / x * math.exp(x**2 / (2 * w**2)), w, start, epsabs=0, epsrel=1e-11)[0])


@claim("behaviour", w=st.sampled_from((1.0, 0.5, 3.0)), far=st.sampled_from((2.0, 3.0, 3.5)),
       c=st.sampled_from((0.5, 0.25, 0.125)), examples=12)
def plateau_takes_time_inverse_to_the_rate(f: Any, w: float, far: float, c: float) -> Gap:
    """On a plateau descent needs a number of steps that is the flow's time over the rate.

        T/η ≤ K ≤ T/(η (1 - ηM)) + 1,   T = ∫ dx/f'(x) from w to x_0,   M = max |f''| between

    Allowed  the bounds: from x_0 down to w the slope grows, so that a step takes the flow at most η, and at least
             η f'(x)/f'(x - ηf') ≥ η (1 - ηM); and 1e-9 for the integral. |f''| ≤ 2 e^{-3/2}/w².
    Rejects  steps whose size does not depend on the gradient: they cross a plateau as fast as a slope.
    """
    lr = c * w**2
    bend = 2 * math.exp(-1.5) / w**2
    time = _time_on_the_plateau(w, far * w) / lr
    found = steps_until(f, np.array([far * w]), lambda x: bool(x[0] <= w), 100_000, of={"w": w}, lr=lr)
    over = max(found - time / (1 - lr * bend) - 1, time - found)
    return Gap(over, 1e-9 * time, "steps outside the bounds", {"found": found, "flow": time})


@claim("behaviour", k=st.sampled_from((20.0, 50.0)), c=st.sampled_from((0.5, 1.0)), lr=st.sampled_from((1.0, 0.25)),
       examples=10)
def clipped_step_is_short_over_a_cliff(f: Any, k: float, c: float, lr: float) -> Gap:
    """Where a slope has a wall, one step of descent flies far; with the gradient clipped to c it goes ηc at most.

        at the wall:   |Δ| = η |f'| > ηc without,   |Δ'| = ηc with clipping at c

    Allowed  8 u ηc, for the scaling and the step; the unclipped step must be the longer by 4 times or more: at the wall
             f' = φ φ' ≥ (d/2) (dk/4) = k/8 and c ≤ 1.
    Rejects  a clip that is left out; one that normalises to length 1 whatever c.
    """
    x = np.array([2.0])
    of = {"s": 0.1, "d": 1.0, "k": k, "b": 2.0}
    g = np.asarray(f.gradient(x, **of))
    free = abs(float(walk(f, x, 1, along=lambda _: g, lr=lr)[1, 0] - x[0]))
    clipped = abs(float(velocities(f, f.clip(g, c)[None], lr=lr)[0, 0]))
    return Gap.worst([Gap(abs(clipped - lr * c), 8 * U * lr * c, "clipped step"),
                      Gap(lr * k / 8, free * (1 + 1e-12), "free step")])


@claim("behaviour", scale=st.sampled_from((4.0, 16.0)), examples=4)
def gentle_valleys_cost_descent_in_proportion(f: Any, scale: float) -> Gap:
    """Far out on a valley's floor, descent needs `scale` times as many steps where the slope is 1/scale as steep.

        f = s (√(1+x²) - 1) + …, η fixed:   steps from x = 40 to 20 for s/scale = scale × those for s, within 1 step
        each: all displacements before the last are s η x/√(1+x²)

    Allowed  the ends: one step at either walk, `scale` + 1 in all, and the drift η s/2 of a step's slope, below 1e-3.
    Rejects  steps in sign, Adam's and RMSprop's: they take the same number of steps on any slope.
    """
    counts = [steps_until(f, np.array([40.0, 0.0]), lambda x: bool(x[0] <= 20), 200_000,
                          of={"s": s, "h": 100.0}, lr=0.015) for s in (1.0, 1 / scale)]
    return Gap(abs(counts[1] - scale * counts[0]), scale + 1 + 1e-3 * counts[1], "steps", {"steps": counts})


@claim("behaviour", scale=st.sampled_from((4.0, 16.0)), examples=2)
def adaptive_steps_ignore_the_slope_of_a_valley(f: Any, scale: float) -> Gap:
    """Rates that divide by the gradient's size walk a valley's floor in the same steps, however gentle it is.

        g → g/scale at ε = 0 changes no step, bit for bit where scale is a power of 4

    Allowed  0.
    Rejects  descent and momentum, which need `scale` times as many.
    """
    of = {"h": 100.0}
    start = np.array([40.0, 0.5])
    paths = [walk(f, start, 200, along=lambda x: f.gradient(x, s=1.0, **of), lr=0.05),
             walk(f, start, 200, along=lambda x: f.gradient(x, s=1.0, **of) / scale, lr=0.05)]
    return Gap(float(np.count_nonzero(paths[0] != paths[1])), 0.0, "points of the path")


def _steps_to(f: Any, name: str, place: Array, reached: Any, of: dict[str, float]) -> int:
    return steps_until(f[name], place, reached, 20_000, of=of)


@claim("behaviour")
def order_at_a_saddle(f: Any) -> Gap:
    """Started 1e-9 off a saddle's ridge, adaptive rates leave it first, then momentum, then plain descent.

        steps until |x_2| ≥ 1 from (1, 1e-9):   T(adaptive) < T(momentum) < T(descent), at the settings `f` states

    Allowed  a margin of a fifth at every place of the order: the settings are the report's, drawn beside the numbers.
    Rejects  optimizers under each other's names.
    """
    start, of = np.array([1.0, 1e-9]), {"a": 1.0, "b": 1.0}
    count = {name: _steps_to(f, name, start, lambda x: bool(abs(x[1]) >= 1), of) for name in f}
    slow, fast = count.pop("descent"), count.pop("momentum")
    gaps = [Gap(count[name], 0.8 * fast, f"{name} before momentum", count) for name in count]
    return Gap.worst([*gaps, Gap(fast, 0.8 * slow, "momentum before descent", {"momentum": fast, "descent": slow})])


@claim("behaviour")
def order_in_a_long_valley(f: Any) -> Gap:
    """In a long valley plain descent is last: momentum needs 1 - α of its steps, adaptive rates go η a step.

        from (40, 0.01) until x_1 ≤ 1, descent at the rate 1/h that the walls allow:
        T(momentum) = (1 - α) T(descent),   T(adaptive) = 39/η;   between the two the settings decide: `f` states them

    Allowed  10 %: momentum starts up for 1/(1-α) = 10 of 400 steps, RMSprop's first ones are up to 1/√(1-ρ) η long.
    Rejects  optimizers under each other's names.
    """
    start, of = np.array([40.0, 0.01]), {"s": 1.0, "h": 100.0}
    count = {name: _steps_to(f, name, start, lambda x: bool(x[0] <= 1), of) for name in f}
    gaps = [Gap(abs(count[name] / 390 - 1), 0.1, f"{name} over 39/η", count) for name in ("rmsprop", "adam")]
    share = count["momentum"] / count["descent"]
    return Gap.worst([*gaps, Gap(abs(share - 0.1), 0.01, "momentum over descent", count)])
