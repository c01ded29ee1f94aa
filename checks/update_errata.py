"""What is claimed of update rules just where a printed one goes wrong: signs, starts, indices, decay, units, waits."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.dynamics.walks import U, led, velocities, walk
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.statistics import tails

SEEDS = st.integers(0, 2**16)
RATES = st.sampled_from((0.1, 0.001, 1.0))
DECAYS = st.sampled_from((0.1, 0.01, 0.5))


def _drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


@claim("behaviour", seed=SEEDS, h=st.sampled_from((1.0, 0.5, 4.0)), examples=20)
def the_loss_falls(f: Any, seed: int, h: float) -> Gap:
    """On a bowl every step of a small rate is against the gradient, and leads downhill.

        E(θ_t) < E(θ_{t-1}),   E = ½ h ‖θ‖²,   1 ≤ |θ_0| ≤ 2 in each of 3 places, t ≤ 20

    Allowed  0 steps that do not: one against the gradient and shorter than |θ| in each place lowers E, and by more than
             rounding hides where it moves a θ by 2^-40 of itself.
    Rejects  the same step with the other sign.
    """
    drawn = np.random.default_rng(seed)
    start = drawn.choice([-1.0, 1.0], size=3) * drawn.uniform(1, 2, size=3)
    path = walk(f, start, 20, along=lambda at: h * at)
    value = 0.5 * h * (path**2).sum(axis=1)
    return Gap(float(np.count_nonzero(~(value[1:] < value[:-1]))), 0.0, "steps that do not lead downhill")


@claim("invariance", seed=SEEDS, c=st.sampled_from((-3.0, 1.0, 1000.0)), examples=20)
def shifting_the_start_shifts_the_path(f: Any, seed: int, c: float) -> Gap:
    """What the gradients lead to does not depend on where the parameters stand: nothing is accumulated at the start.

        θ_0 → θ_0 + c:   θ_t → θ_t + c on the same gradients,   t ≤ 20

    Allowed  2 (t + 2) u of the farthest point, as every addition rounds once on either path; the displacements agree.
    Rejects  an accumulator that starts at θ.
    """
    x, g = _drawn(seed, 4), _drawn(seed + 1, 20, 4)
    one, other = led(f, x, g), led(f, x + c, g)
    farthest = float(np.nanmax(np.abs(one)) + np.nanmax(np.abs(other)) + abs(c))
    return Gap(float(np.abs(other - c - one).max()), 2 * 22 * U * farthest, "distance of the paths")


@claim("value", g=st.sampled_from((1.0, -1e-3, 3e4)), lr=RATES, eps=st.sampled_from((0.0, 1e-8, 0.1)), examples=20)
def every_step_starts_where_the_last_one_ended(f: Any, g: float, lr: float, eps: float) -> Gap:
    """On a constant gradient Adam's steps are equal, and add up: w^(k+1) is computed from w^(k).

        w^(k) = w^(0) - k η g/(|g| + ε),   k ≤ 20

    Allowed  a step's m̂ is off by 12 k u/(1 - β₁^k) and √v̂ by 6 k u/(1 - β₂^k), where k/(1 - β^k) ≤ 1/(1 - β) + k;
             8 u for the quotient; u of the place for each addition.
    Rejects  one index on both sides, read as an assignment: every w^(k) is one step from the start.
    """
    steps = 20
    path = led(f, np.ones(1), np.full((steps, 1), g), lr=lr, eps=eps)[:, 0]
    closed = 1.0 - np.arange(steps + 1) * (lr * g / (abs(g) + eps))
    of_a_step = 12 * (10 + steps) + 6 * (1000 + steps) + 8
    allowed = steps * U * (of_a_step * lr + 2 * (1 + steps * lr))
    return Gap(float(np.abs(path - closed).max()), allowed, "distance from the sum of the steps")


@claim("value", seed=SEEDS, lr=RATES, decay=DECAYS, examples=30)
def averages_do_not_see_the_decay(f: Any, seed: int, lr: float, decay: float) -> Gap:
    """Decay beside the step stays out of the averages: on given gradients every step is that of λ = 0, and a shrinking.

        θ_t = (1 - ηλ) θ_{t-1} + Δ_t,   Δ_t the step of λ = 0 on the same gradients,   t ≤ 10

    Allowed  8 u (|θ| + |Δ|) a step, ten steps, none of which enlarges what the ones before erred by, as ηλ ≤ 1.
    Rejects  λθ in the gradient as well; in the gradient alone.
    """
    g, x = _drawn(seed, 10, 5), _drawn(seed + 1, 5)
    found = led(f, x, g, lr=lr, weight_decay=decay)
    moves, expected = velocities(f, g, lr=lr, weight_decay=0.0), [x]
    for move in moves:
        expected.append((1 - lr * decay) * expected[-1] + move)
    size = float(np.abs(expected).max() + np.abs(moves).max())
    return Gap(float(np.abs(found - np.stack(expected)).max()), 80 * U * size, "distance from steps without decay")


@claim("value", start=st.sampled_from((1.0, -3.0)), h=st.sampled_from((1.0, 0.5, 2.0)),
       gamma=st.sampled_from((0.5, 0.75, 0.25)), lr=st.sampled_from((0.25, 0.125, 0.5)), examples=30)
def the_shifted_form_walks_alike(f: Any, start: float, h: float, gamma: float, lr: float) -> Gap:
    """Nesterov's look-ahead walks as a rule that takes its gradient where it stands, seen from φ = θ + γv.

        v_t = γ v_{t-1} - η ∇E(φ_{t-1}),   φ_t = φ_{t-1} + γ v_t - η ∇E(φ_{t-1});   φ_t = θ_t + γ (θ_t - θ_{t-1})

    Allowed  0: γ, η and h are dyadic, and 7 steps of at most 6 binary places after a start of 2 bits round nothing.
    Rejects  a look-ahead by v in place of γv; heavy ball.
    """
    path = walk(f, np.array([start]), 7, along=lambda at: h * at, lr=lr, momentum=gamma)[:, 0]
    phi, v, shifted = start, 0.0, [start]
    for _ in range(7):
        g = h * phi
        v = gamma * v - lr * g
        phi += gamma * v - lr * g
        shifted.append(phi)
    seen = path + gamma * np.diff(path, prepend=start)
    return Gap(float(np.abs(seen - np.array(shifted)).max()), 0.0, "distance of φ from θ + γv")


@claim("value", w=st.sampled_from((2.0, -0.5, 30.0)), a=st.sampled_from((0.0, 1.0, -7.0)),
       h=st.sampled_from((1.0, 0.1, 50.0)), floor=st.sampled_from((1.0, 0.25)), examples=40)
def a_parabola_takes_one_step(f: Any, w: float, a: float, h: float, floor: float) -> Gap:
    """Slope over curvature, taken off, is the way to the minimum of a parabola.

        Q = c + ½ h (w - a)²:   w - Q'/Q'' = a

    Allowed  5 u (|w| + |a|): Q' is rounded twice, the quotient and the difference once each.
    Rejects  +Q'/Q'', which leads as far away; ∂Q²/∂w² in the place of ∂²Q/∂w².
    """
    found = f.step(w, value=floor + 0.5 * h * (w - a) ** 2, slope=h * (w - a), curvature=h)
    return Gap(abs(found - a), 5 * U * (abs(w) + abs(a)), "distance from the minimum", {"found": found})


@claim("behaviour", seed=SEEDS, examples=20)
def a_weight_without_gradient_stays(f: Any, seed: int) -> Gap:
    """A weight whose gradient has always been zero stays where it is.

        g_1 = … = g_t = 0 in one place:   θ_t = θ_0 there,   t ≤ 10

    Allowed  0: its step is 0/(0 + ε), exactly 0.
    Rejects  no ε: 0/0.
    """
    g, x = _drawn(seed, 10, 2) * np.array([0.0, 1.0]), _drawn(seed + 1, 2)
    return Gap(float(np.abs(led(f, x, g)[:, 0] - x[0]).max()), 0.0, "way of the weight without gradient")


@claim("value", seed=SEEDS, beta=st.sampled_from((0.9, 0.5)), lr=RATES, examples=30)
def momentum_works_while_the_rate_waits(f: Any, seed: int, beta: float, lr: float) -> Gap:
    """In RAdam's first steps the adaptive rate is off, and momentum on: the step is the corrected average of gradients.

        Δ_t = -η m̂_t,   m̂_t = Σ_m (1 - β₁) β₁^{t-m} g_m / (1 - β₁^t),   t ≤ 4 (β₂ = 0.999)

    Allowed  (6t + 12 + 8/(1 - β₁^t)) u η Σ (1 - β₁) β₁^{t-m} |g_m|/(1 - β₁^t): three roundings a gradient and four for
             the correction, on either side.
    Rejects  momentum turned off and the division by √v̂ kept; both turned off.
    """
    g, gaps = _drawn(seed, 4, 3), []
    found = velocities(f, g, lr=lr, beta1=beta, beta2=0.999)
    for t in range(1, 5):
        weights = (1 - beta) * beta ** np.arange(t)[::-1] / (1 - beta**t)
        expected, size = -lr * weights @ g[:t], lr * weights @ np.abs(g[:t])
        share = (6 * t + 12 + 8 / (1 - beta**t)) * U
        worst = int(np.argmax(np.abs(found[t - 1] - expected) / size))
        gaps.append(Gap(float(abs(found[t - 1] - expected)[worst]), float(share * size[worst]), f"step {t}"))
    return Gap.worst(gaps)


@claim("distribution", random=True)
def what_scatters_at_first_scatters_less_later(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """What warm-up and RAdam wait for scatters at first and settles later, on gradients of one and the same law.

        P(|q_64 - q'_64| < |q_2 - q'_2|) ≥ ¾,   q_t = f.settling(g_1 … g_t), g ~ N(0, 1), q' on other gradients

    Allowed  by how far a share of 2000 stays below ¾ with probability α at most; Adam's 1/√v̂ has 0.91. A share of ½,
             that of equal laws, is found with power 1 - 1e-30.
    Rejects  the gradient itself, whose variance is the same at every t.
    """
    n, pairs = 2000, []
    for t in (2, 64):
        drawn = f.settling(rng.standard_normal((t, 2 * n)))
        pairs.append(np.abs(drawn[:n] - drawn[n:]))
    share, lowest = float(np.mean(pairs[1] < pairs[0])), tails.binomial(alpha, n, 0.75)[0] / n
    return Gap(0.75 - share, 0.75 - lowest, "share below three quarters", {"share": share})


@claim("behaviour", seed=SEEDS, lr=RATES, kappa=st.sampled_from((0.001, 0.02)), decay=st.sampled_from((0.0, 0.01, 0.5)),
       power=st.sampled_from((0, -4, 3)), examples=40)
def no_step_exceeds_the_coefficients_share(f: Any, seed: int, lr: float, kappa: float, decay: float,
                                           power: int) -> Gap:
    """No first step of LARS is longer than rate times trust coefficient times the weights; without decay it is as long.

        ‖Δ_1‖ ≤ γ κ ‖w‖,   equal at λ = 0:   Δ_1 = -γ κ ‖w‖/(‖g‖ + λ‖w‖) (g + λw),   ‖g + λw‖ ≤ ‖g‖ + λ‖w‖

    Allowed  relative to it, 32 u for the norms and products of 5 entries, and 4 u/(γκ) as w - Δ is rounded at w.
    Rejects  the global rate times ‖w‖/‖g‖, without κ; no decay below, by which a small gradient makes a long step.
    """
    x, g = _drawn(seed, 5), 10.0**power * _drawn(seed + 1, 1, 5)
    moved = led(f, x, g, lr=lr, trust_coefficient=kappa, weight_decay=decay)[1]
    excess = float(np.linalg.norm(moved - x) / (lr * kappa * np.linalg.norm(x))) - 1
    return Gap(excess if decay else abs(excess), (32 + 4 / (lr * kappa)) * U, "relative excess")
