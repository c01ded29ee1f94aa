"""What is claimed of rates that adapt: first steps, corrections, units, decay, forgetting, and where Adam fails."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.dynamics.recurrences import farthest
from fiducial.checks.dynamics.walks import U, led, velocities
from fiducial.checks.evidence import Array, Gap

SIZES = st.sampled_from((1.0, -1e-6, 3e4, 0.01))
RATES = st.sampled_from((0.1, 0.001, 1.0))
SEEDS = st.integers(0, 2**16)
DECAYS = st.sampled_from((0.1, 0.01, 0.5))


def _drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def _two_ways(f: Any, g: Array, x: Array, lr: float, decay: float, **options: Any) -> tuple[list[Array], list[Array]]:
    """Where two gradients lead: with the penalty λ‖x‖² in the gradient, and with x shrunk by 2ηλ beside the step."""
    paths = []
    for coupled in (True, False):
        at, state, path = x, f.init(x), [x]
        for each in g:
            seen = f.coupled(each, at, weight_decay=2 * decay) if coupled else each
            kept = at if coupled else f.fixed(at, weight_decay=2 * lr * decay)
            moved, state = f.step(np.zeros_like(at), lambda _, seen=seen: seen, state, lr=lr, **options)
            at = kept + moved
            path.append(at)
        paths.append(path)
    return paths[0], paths[1]


@claim("behaviour", seed=SEEDS, lr=RATES, decay=DECAYS, examples=30)
def penalty_is_decay_for_descent(f: Any, seed: int, lr: float, decay: float) -> Gap:
    """For plain descent an L2 penalty is weight decay, by twice the rate times its factor.

        θ - η (g + 2λθ) = (1 - 2ηλ) θ - η g

    Allowed  8 u (|θ| + η|g| + 2ηλ|θ|) a step, ten steps on, each of which multiplies by at most 1 + 2ηλ.
    Rejects  decay by λ instead of 2ηλ, or momentum.
    """
    g, x = _drawn(seed, 10, 5), _drawn(seed + 1, 5)
    penalty, shrunk = _two_ways(f, g, x, lr, decay)
    size = float(max(np.abs(at).max() for at in penalty) + lr * np.abs(g).max()) * (1 + 2 * lr * decay)
    return Gap(float(np.abs(penalty[-1] - shrunk[-1]).max()), 8 * U * size * 10 * (1 + 2 * lr * decay) ** 10)


@claim("behaviour", seed=SEEDS, lr=RATES, decay=DECAYS, alpha=st.sampled_from((0.5, 0.9)), examples=30)
def penalty_is_not_decay_for_momentum(f: Any, seed: int, lr: float, decay: float, alpha: float) -> Gap:
    """With momentum an L2 penalty is not weight decay: from the second step on the velocity remembers the penalty.

        θ_2(penalty) - θ_2(decay) = -2 α η λ θ_0

    Allowed  32 u (|θ_0| + η|g|) (1 + 2ηλ)², for two steps on either side.
    Rejects  plain descent, for which they agree.
    """
    g, x = _drawn(seed, 2, 5), _drawn(seed + 1, 5)
    penalty, shrunk = _two_ways(f, g, x, lr, decay, momentum=alpha)
    size = float(np.abs(x).max() + lr * np.abs(g).max()) * (1 + 2 * lr * decay) ** 2
    return Gap(float(np.abs(penalty[2] - shrunk[2] + 2 * alpha * lr * decay * x).max()), 32 * U * size)


@claim("behaviour", seed=SEEDS, lr=RATES, decay=DECAYS, examples=30)
def penalty_is_no_decay_for_adam(f: Any, seed: int, lr: float, decay: float) -> Gap:
    """For Adam an L2 penalty decays nothing in proportion: its first step is η long for every λ.

        |Δ_1| = η for every entry of g + 2λθ ≠ 0 at ε = 0, whatever λ is

    Allowed  16 u η: m̂/√v̂ is a quotient of one number's two corrections.
    Rejects  decoupled decay, whose step is η + ηλ|θ| long.
    """
    g, x = _drawn(seed, 1, 5), _drawn(seed + 1, 5)
    moved, _ = f.penalised_step(x, g[0], f.init(x), lr=lr, weight_decay=2 * decay)
    return Gap(float(np.abs(np.abs(moved - x) - lr).max()), 16 * U * (lr + float(np.abs(x).max())), "length of a step")


@claim("value", g=SIZES, lr=RATES, eps=st.sampled_from((0.0, 1e-8, 0.1)))
def first_step_is_the_sign(f: Any, g: float, lr: float, eps: float) -> Gap:
    """Adam's first step is η g/(|g| + ε), about η in the direction of the sign, however large the gradient is.

        Δ_1 = -η g / (|g| + ε)

    Allowed  16 u of it: the corrections cancel to two roundings each.
    Rejects  no correction; ε under the root; √(v̂² + ε), by which the step is ∝ 1/g.
    """
    found = float(velocities(f, np.array([[g]]), lr=lr, eps=eps)[0, 0])
    expected = -lr * g / (abs(g) + eps)
    return Gap(abs(found - expected), 16 * U * abs(expected), "first step", {"expected": expected, "found": found})


@claim("value", g=SIZES, beta1=st.sampled_from((0.9, 0.5)), beta2=st.sampled_from((0.999, 0.99)))
def uncorrected_first_step_is_larger(f: Any, g: float, beta1: float, beta2: float) -> Gap:
    """Without its correction Adam's first step is larger, not smaller: 3.16 times at the usual settings.

        |Δ_1| = η (1 - β₁)/√(1 - β₂) at ε = 0;      0.1/√0.001 = 3.16

    Allowed  16 u of it.
    Rejects  the corrected step.
    """
    zero = np.zeros(1)
    moved, _ = f.uncorrected_step(zero, np.array([g]), f.init(zero), lr=1.0, beta1=beta1, beta2=beta2, eps=0.0)
    expected = (1 - beta1) / math.sqrt(1 - beta2)
    return Gap(abs(abs(float(moved[0])) - expected), 16 * U * expected, "first step", {"expected": expected})


@claim("distribution", random=True)
def corrected_averages_are_unbiased(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Over stationary gradients Adam's corrected averages are unbiased from the first step on.

        E m̂_t = E g,   E v̂_t = E g²,   t = 1, 3, 10, 100        g = ½ ± 1:  E g = ½, E g² = 1.25

    Allowed  `mean_of_bounded` over 3000 averages in the bounds of g, g² at α/8: power 0.99 at an error of 0.19.
    Rejects  the averages themselves, below by the factor 1 - β^t.
    """
    gaps, state = [], f.init(np.zeros(3000))
    for t in range(1, 101):
        g = 0.5 + rng.choice([-1.0, 1.0], size=3000)
        state = f.moments(g, state, beta1=0.9, beta2=0.999)
        if t in (1, 3, 10, 100):
            m, v = f.corrected(state, beta1=0.9, beta2=0.999)
            bounds = ((-0.5 - 1e-9, 1.5 + 1e-9), (0.25 - 1e-9, 2.25 + 1e-9))
            gaps += [statistics.mean_of_bounded(m, 0.5, bounds[0], alpha=alpha / 8),
                     statistics.mean_of_bounded(v, 1.25, bounds[1], alpha=alpha / 8)]
    return Gap.worst(gaps)


@claim("value", g=SIZES, beta1=st.sampled_from((0.9, 0.5)), beta2=st.sampled_from((0.999, 0.99)), examples=16)
def averages_begin_at_zero(f: Any, g: float, beta1: float, beta2: float) -> Gap:
    """The averages themselves are biased towards their start: on a constant gradient by the weight not yet given.

        m_t = (1 - β₁^t) g,   v_t = (1 - β₂^t) g²;      m̂_t = g,   v̂_t = g²

    Allowed  6 t u g and g² of the averages, as each of t steps rounds three times; over 1 - β^t after division by it.
    Rejects  averages that begin at the first gradient.
    """
    state, gaps = f.init(np.zeros(1)), []
    for t in range(1, 51):
        state = f.moments(np.array([g]), state, beta1=beta1, beta2=beta2)
        corrected = f.corrected(state, beta1=beta1, beta2=beta2)
        for name, raw, hat, beta, full in (("m", state.m, corrected[0], beta1, g),
                                           ("v", state.v, corrected[1], beta2, g * g)):
            weight = 1 - beta**t
            gaps += [Gap(abs(float(raw[0]) - weight * full), 6 * t * U * abs(full), f"{name} after {t}"),
                     Gap(abs(float(hat[0]) - full), 12 * t * U * abs(full) / weight, f"{name} corrected after {t}")]
    return Gap.worst(gaps)


@claim("invariance", seed=SEEDS, power=st.sampled_from((-20, -2, 4, 30)), examples=20)
def scaling_the_loss_changes_nothing(f: Any, seed: int, power: int) -> Gap:
    """A loss in another unit leads an adaptive rate along the same path, at ε = 0.

        g → c g:   every θ_t the same;     c = 4^k, 40 gradients, θ_0 = 1

    Allowed  0: multiplication by a power of two rounds nothing, and √(4^k) is one.
    Rejects  descent; Adam with ε = 1e-3, which a small gradient does not get past.
    """
    g = _drawn(seed, 40, 3)
    one, other = led(f, np.ones(3), g), led(f, np.ones(3), 4.0**power * g)
    return Gap(float(np.count_nonzero(~(one == other))), 0.0, "points that differ")


@claim("invariance", seed=SEEDS, power=st.sampled_from((-20, -2, 4, 30)), examples=20)
def scaling_the_loss_scales_the_steps(f: Any, seed: int, power: int) -> Gap:
    """A loss in another unit changes the steps of descent and momentum in proportion.

        g → c g:   Δ_t → c Δ_t;     c = 4^k, 40 gradients

    Allowed  0: multiplication by a power of two rounds nothing.
    Rejects  Adam, whose steps do not change.
    """
    g = _drawn(seed, 40, 3)
    one, other = velocities(f, g), velocities(f, 4.0**power * g)
    return Gap(float(np.count_nonzero(~(4.0**power * one == other))), 0.0, "displacements that are not scaled")


@claim("value", g=SIZES, c=st.sampled_from((1e-4, 0.1, 10.0)), rho=st.sampled_from((0.9, 0.95)))
def adadelta_depends_on_the_unit_through_eps(f: Any, g: float, c: float, rho: float) -> Gap:
    """Adadelta's first step depends on the unit of the loss, through its ε.

        Δ_1 = -√ε g/√((1-ρ) g² + ε):   → √(ε/(1-ρ)) for large g, ∝ g for small;      g and c g both

    Allowed  16 u of it.
    Rejects  a rule without ε in the numerator, which never starts; one whose first step is η.
    """
    gaps, eps = [], 1e-6
    for scaled in (g, c * g):
        found = float(velocities(f, np.array([[scaled]]), rho=rho, eps=eps)[0, 0])
        expected = -math.sqrt(eps) * scaled / math.sqrt((1 - rho) * scaled**2 + eps)
        gaps.append(Gap(abs(found - expected), 16 * U * abs(expected), "first step", {"expected": expected}))
    return Gap.worst(gaps)


@claim("behaviour", g=SIZES, lr=RATES)
def adagrad_slows_as_the_root_of_time(f: Any, g: float, lr: float) -> Gap:
    """On a constant gradient AdaGrad's step is η/√t whatever its size: it slows, but its sum grows without bound.

        Δ_t = -η sign(g)/√t at ε = 0,   |Σ Δ| ≥ 2η (√(T+1) - 1)

    Allowed  (t + 6) u of it, for t sums of equal squares; the sum by T of these.
    Rejects  RMSprop, whose steps stay at η; accumulators that begin at 1.
    """
    v, t = velocities(f, np.full((200, 1), g), lr=lr)[:, 0], np.arange(1, 201)
    closed = -lr * np.sign(g) / np.sqrt(t)
    short = 2 * lr * (math.sqrt(201) - 1) - abs(float(v.sum()))
    return Gap.worst([farthest(v, closed, (t + 6) * U * np.abs(closed)), Gap(short, 0.0, "sum")])


@claim("behaviour", seed=SEEDS, examples=30)
def adagrads_rate_only_falls(f: Any, seed: int) -> Gap:
    """AdaGrad's rate never rises, whatever gradients come.

        |Δ_t/g_t| ≤ |Δ_{t-1}/g_{t-1}|

    Allowed  6 u of the rate, the roundings of a step and of the quotient.
    Rejects  RMSprop, Adam.
    """
    g = _drawn(seed, 60, 3) * 10.0 ** np.random.default_rng(seed).integers(-4, 5, size=(60, 1))
    rate = np.abs(velocities(f, g, lr=0.1) / g)
    rise = rate[1:] / rate[:-1] - 1
    return Gap(float(rise.max()), 6 * U, "relative rise of the rate")


@claim("behaviour", distance=st.sampled_from((100.0, 1000.0)), lr=st.sampled_from((0.01, 0.1, 1.0)), examples=8)
def adagrads_rate_still_needs_tuning(f: Any, distance: float, lr: float) -> Gap:
    """AdaGrad's rate still has to be tuned: on a bowl it moves no farther than 2η√T, however far the minimum is.

        |x_0 - x_T| ≤ 2η√T:   gradients that shrink keep every step at η/√t or below;   T = 400

    Allowed  8 T u of the start for rounding.
    Rejects  RMSprop, which moves ηT.
    """
    x, state = np.array([distance]), f.init(np.array([distance]))
    for _ in range(400):
        x, state = f.step(x, lambda at: at, state, lr=lr)
    return Gap(distance - float(x[0]), 2 * lr * math.sqrt(400) + 8 * 400 * U * distance, "way walked")


@claim("behaviour", size=st.sampled_from((1e3, 1e6)), rho=st.sampled_from((0.9, 0.5)), examples=8)
def rmsprop_forgets(f: Any, size: float, rho: float) -> Gap:
    """RMSprop's rate rises again after a large gradient, and forgets it in the end; AdaGrad's never does.

        g = G, 1, 1, …:   |Δ_2| ≤ 2η/(G √(ρ(1-ρ)) ),   |Δ_t| → η:   1 - |Δ_T|/η ≤ G² ρ^{T-1}/2 + 8 T u

    Allowed  as stated; v_T - 1 = (1-ρ) ρ^{T-1} G² - ρ^T, and |1/√v - 1| ≤ |v - 1|/2 for v ≥ 1.
    Rejects  AdaGrad, whose rate stays at 1/G.
    """
    steps = math.ceil(math.log(1e-9 / size**2) / math.log(rho))
    g = np.ones((steps, 1))
    g[0] = size
    v = np.abs(velocities(f, g, lr=1.0, rho=rho)[:, 0])
    bound = size**2 * rho ** (steps - 1) / 2 + 8 * steps * U
    return Gap.worst([Gap(float(v[1]), 2 / (size * math.sqrt(rho * (1 - rho))), "step after the large gradient"),
                      Gap(abs(1 - float(v[-1])), bound, "last step")])


def _last_of_reddi(f: Any, steps: int) -> float:
    """Where 3, -1, -1, 3, … lead on [-1, 1] at the rates 0.5/√t, from 0."""
    x, state = np.zeros(1), f.init(np.zeros(1))
    for t in range(1, steps + 1):
        g = np.array([3.0 if t % 3 == 1 else -1.0])
        moved, state = f.step(x, lambda _, g=g: g, state, lr=0.5 / math.sqrt(t))
        x = np.clip(moved, -1.0, 1.0)
    return float(x[0])


@claim("behaviour")
def adam_ends_at_the_worst_point(f: Any) -> Gap:
    """On the sequence of losses 3x, -x, -x, … Adam ends at the worst point of [-1, 1], AMSGrad at the best.

        β₁ = 0, β₂ = 1/(1+C²) = 0.1, C = 3, η_t = 0.5/√t:   Adam x_T → +1,   AMSGrad x_T → -1;   T = 3000

    Allowed  three of the last steps: each is at most η_T max |g|/√v ≤ η_T /√(1-β₂) for both.
    Rejects  each in place of the other.
    """
    last = 3 * 0.5 / math.sqrt(2997) / math.sqrt(0.9)
    return Gap.worst([Gap(abs(_last_of_reddi(f.adam, 3000) - 1), last, "Adam from +1"),
                      Gap(abs(_last_of_reddi(f.amsgrad, 3000) + 1), last, "AMSGrad from -1")])


class Slopes(NamedTuple):
    """Losses s_t x."""

    s: Array

    def value(self, t: int, x: Array) -> Array:
        """The loss of step t."""
        return np.asarray(self.s[t] * x)

    def slope(self, t: int, x: Array) -> Array:
        """Its derivative."""
        return np.full_like(x, self.s[t])


class Distance(NamedTuple):
    """Losses |x - c_t|."""

    c: Array

    def value(self, t: int, x: Array) -> Array:
        """The loss of step t."""
        return np.asarray(np.abs(x - self.c[t]))

    def slope(self, t: int, x: Array) -> Array:
        """Its derivative, 1 at the kink."""
        return np.where(x >= self.c[t], 1.0, -1.0)


def _regret(f: Any, losses: Slopes | Distance, steps: int, lr: float) -> tuple[float, float]:
    """What the points cost more than the best of 401 fixed ones, and Σ g²."""
    grid = np.linspace(-1, 1, 401)
    x, state, over, squares = np.ones(1), f.init(np.ones(1)), np.zeros(401), 0.0
    for t in range(steps):
        g = losses.slope(t, x)
        over += losses.value(t, x) - losses.value(t, grid)
        squares += float(g[0] ** 2)
        moved, state = f.step(x, lambda _, g=g: g, state, lr=lr)
        x = np.clip(moved, -1.0, 1.0)
    return float(over.max()), squares


@claim("behaviour", seed=SEEDS, lr=st.sampled_from((0.3, 1.0)), examples=8)
def regret_grows_as_the_root_of_the_squares(f: Any, seed: int, lr: float) -> Gap:
    """AdaGrad's regret on any convex sequence is bounded by the root of the sum of squared gradients.

        Σ_t f_t(x_t) - f_t(x*) ≤ (D²/2η + η) √Σ g_t²,   D = 2 the width of [-1, 1], x* any point, 600 steps
        f_t = s_t x with s = 3, -1, -1, …;   with drawn signs s;   |x - c_t| with drawn c_t

    Allowed  the bound, and 24 T² u for the rounding of T sums of terms up to 6.
    Rejects  Adam at β₁ = 0, β₂ = 0.1, which on the first sequence regrets 2/3 a step.
    """
    rng, steps = np.random.default_rng(seed), 600
    sequences: list[Slopes | Distance] = [
        Slopes(np.where(np.arange(steps) % 3 == 0, 3.0, -1.0)), Slopes(rng.choice([-1.0, 1.0], size=steps)),
        Distance(rng.uniform(-1, 1, size=steps))]
    gaps = []
    for k, losses in enumerate(sequences):
        regret, squares = _regret(f, losses, steps, lr)
        gaps.append(Gap(regret, (2 / lr + lr) * math.sqrt(squares) + 24 * steps**2 * U, f"regret on sequence {k + 1}"))
    return Gap.worst(gaps)
