"""What control of the step claims: on a plateau the rate falls, a callback is asked, a batch grows, a rate scales.

The plateau is judged by brute force: at every epoch the whole history is looked at again, without a state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, same
from fiducial.checks.schedules import BASES, U, has

Draws = SearchStrategy[Any]
METRICS: Draws = st.lists(st.integers(-2, 4).map(float) | st.sampled_from((math.nan, math.inf, -math.inf, 0.5, 1e9)),
                          min_size=1, max_size=30)
HALVES: Draws = st.sampled_from((0.5, 0.25, 0.1))


def beaten(metrics: Sequence[float], i: int, mode: str, threshold: float, relative: bool) -> bool:
    """Whether epoch i beats the best before it by the threshold; the best is the last one that beat its own."""
    best = math.inf if mode == "min" else -math.inf
    won = False
    for a in metrics[:i + 1]:
        margin = best * threshold if relative else threshold
        won = a < best - (margin if math.isfinite(best) else 0) if mode == "min" else (
            a > best + (margin if math.isfinite(best) else 0))
        best = a if won else best
    return won


def falls(metrics: Sequence[float], *, mode: str, threshold: float, relative: bool, patience: int,
          cooldown: int) -> list[int]:
    """The epochs (from 0) at whose end the rate is to fall: the last patience + 1 epochs were all bad.

    Epochs up to the last fall and its cooldown are no bad ones, whatever their metric.
    """
    found: list[int] = []
    for i in range(len(metrics)):
        since = found[-1] + 1 + cooldown if found else 0
        window = range(i - patience, i + 1)
        if window[0] >= since and not any(beaten(metrics, j, mode, threshold, relative) for j in window):
            found.append(i)
    return found


@claim("value", examples=150, metrics=METRICS, base=BASES, mode=st.sampled_from(("min", "max")), factor=HALVES,
       patience=st.integers(0, 4), threshold=st.sampled_from((1e-4, 0.0, 0.25)),
       threshold_mode=st.sampled_from(("rel", "abs")), cooldown=st.integers(0, 3),
       min_lr=st.sampled_from((0.0, 0.01, 1.0)), eps=st.sampled_from((1e-8, 0.0, 0.05)))
def falls_where_the_history_says(f: Any, metrics: list[float], base: float, mode: str, factor: float, patience: int,
                                 threshold: float, threshold_mode: str, cooldown: int, min_lr: float,
                                 eps: float) -> Gap | None:
    """The rate falls at exactly the epochs at which a look at the whole history says that nothing improved.

        η ← max(f η, η_low)  if epochs i-patience … i are all bad and none lies in a cooldown, and η falls by > eps

    Allowed  2 n U η after n falls: one product each. A fall within that of eps judges nothing.
    Rejects  a cooldown that lets bad epochs count.
    Mend     count bad epochs from the last improvement, start anew after a fall, and let none count in a cooldown.
    Cares    a fall that comes early cannot be undone.
    """
    rates = f.follow(metrics, base=base, mode=mode, factor=factor, patience=patience, threshold=threshold,
                     threshold_mode=threshold_mode, cooldown=cooldown, min_lr=min_lr, eps=eps)
    at = falls(metrics, mode=mode, threshold=threshold, relative=threshold_mode == "rel", patience=patience,
               cooldown=cooldown)
    eta, gaps, times = base, [], 0
    for i, rate in enumerate(rates):
        lower = max(eta * factor, min_lr) if i in at else eta
        if i in at and abs(eta - lower - eps) < 8 * (times + 1) * U * eta and eta != lower:
            return None
        eta, times = (lower, times + 1) if eta - lower > eps else (eta, times)
        gaps.append(Gap(abs(rate - eta), 2 * times * U * eta, f"rate after epoch {i}"))
    return Gap.worst(gaps)


@claim("behaviour", examples=40, base=BASES, patience=st.integers(0, 12), factor=HALVES)
def nan_is_no_improvement(f: Any, base: float, patience: int, factor: float) -> Gap:
    """A metric that is nan is a bad epoch: the rate falls after patience + 1 of them.

        metrics nan, nan, …:   first fall at epoch patience + 1

    Allowed  0 epochs.
    Rejects  a comparison `not a >= best`, for which nan is the best of all.
    Mend     ask `a < best`, which nan never is, rather than `not a >= best`.
    Cares    a run that diverged would keep its rate for ever.
    """
    rates = f.follow([math.nan] * (patience + 2), base=base, patience=patience, factor=factor)
    return same(patience, next((i for i, eta in enumerate(rates) if eta < base), None), "epoch of the first fall")


@claim("behaviour", examples=40, applies=has("is_over"), base=BASES, patience=st.integers(0, 4),
       times=st.integers(1, 3))
def stops_after_the_last_fall(f: Any, base: float, patience: int, times: int) -> Gap:
    """On a metric that stands still the rate falls `times` times, and training ends at the plateau after the last.

        epochs until the end = (times + 1)(patience + 1) + 1

    Allowed  0: the first epoch beats infinity, and each plateau takes patience + 1 more.
    Rejects  a recipe that stops with its last reduction, before the smaller rate did anything.
    """
    eta, state = base, f.init()
    trained_at: list[float] = []
    while not f.is_over(state, times=times) and len(trained_at) < 1000:
        trained_at.append(eta)
        eta, state = f.step(eta, 1.0, state, patience=patience, eps=0.0)
    return Gap.worst([same((times + 1) * (patience + 1) + 1, len(trained_at), "epochs until the end"),
                      same(times + 1, len(set(trained_at)), "rates that were trained at")])


@claim("behaviour", examples=40, base=BASES, steps=st.integers(1, 12))
def each_epoch_is_asked_once(f: Any, base: float, steps: int) -> Gap:
    """The function is asked for epochs 0, 1, 2, …, each once and before the epoch.

        f(0), f(1), …, f(K)   for K steps

    Allowed  0.
    Rejects  a schedule that counts epochs from 1.
    Mend     call the function with 0 before the first epoch, then count up by one.
    Cares    tables of rates by epoch are shifted otherwise.
    """
    asked: list[int] = []

    def factor(epoch: int) -> float:
        asked.append(epoch)
        return 1.0

    f.rates(steps, base=base, factor=factor)
    return same(list(range(steps + 1)), asked, "epochs asked for")


@claim("behaviour", examples=40, applies=has("step"), base=BASES, epoch=st.integers(0, 50), change=st.booleans())
def a_callback_may_keep_the_rate(f: Any, base: float, epoch: int, change: bool) -> Gap:
    """The callback is given the epoch and the present rate; what it returns is the rate, the old one too.

        η_k = f(k, η_{k-1})

    Allowed  0: nothing is computed.
    Rejects  a callback whose result is taken as a factor.
    """
    wanted = 0.5 + epoch if change else base
    return same(wanted, f.step(base, epoch, schedule=lambda k, eta: 0.5 + k if change else eta), "rate")


@claim("behaviour", examples=50, eta=st.floats(1e-3, 1), start=st.integers(1, 64), every=st.integers(1, 10),
       k=st.integers(0, 60), growth=st.integers(2, 4))
def growth_does_what_decay_does(f: Any, eta: float, start: int, every: int, k: int, growth: int) -> Gap:
    """A batch that grows by r has the noise scale of a rate that falls by 1/r, up to one part in N/B.

        g(η, B_k) = g(η r^-n, B₀) (N - B_k) / (N - B₀),   g = η (N/B - 1),   n = ⌊k/s⌋

    Allowed  16 U: a dozen roundings; N = 2⁴⁰, so that no N/B - 1 cancels.
    Rejects  a batch that grows by r with every step.
    """
    N, n = float(2**40), k // every
    B = min(f.batch(k, base=start, growth=growth, every=every), 2**39)
    wanted = min(start * growth**n, 2**39)
    decayed = f.noise_scale(eta * start / wanted, start, N=N) * (N - wanted) / (N - start)
    return Gap(abs(f.noise_scale(eta, B, N=N) / decayed - 1), 16 * U, "noise scale")


@claim("behaviour", examples=50, eta=st.floats(0.01, 0.9), h=st.floats(0.1, 1), r=st.integers(2, 16),
       B=st.integers(1, 64))
def floors_differ_by_the_step_alone(f: Any, eta: float, h: float, r: int, B: int) -> Gap:
    """On a quadratic, a grown batch leaves the noise that a decayed rate leaves, to first order in ηh.

        var(η, rB) / var(η/r, B) = (2 - ηh/r) / (2 - ηh),   var the fixed point of  v ← (1 - ηh)² v + η² σ²/B

    Allowed  32 U / (ηh/r): the fixed point is a quotient by 1 - (1 - ηh/r)², which cancels to about ηh/r.
    Rejects  a floor without its factor 2 - ηh.
    """

    def fixed_point(rate: float, batch: float) -> float:
        return rate**2 / batch / (1 - (1 - rate * h) ** 2)

    grown, decayed = (f.noise_floor(*at, h=h, variance=1.0) for at in ((eta, r * B), (eta / r, B)))
    exact = (2 - eta * h / r) / (2 - eta * h)
    allowed = 32 * U / (eta * h / r)
    return Gap.worst([Gap(abs(grown / decayed / exact - 1), allowed, "ratio of the floors"),
                      Gap(abs(grown / fixed_point(eta, r * B) - 1), allowed, "floor beside its fixed point")])


def _bowls(seed: int, k: int, curvature: float) -> list[Callable[[Array], Array]]:
    """Gradients of k batches: h_j (x - c_j) + s_j in three dimensions, 0 <= h_j <= curvature, |s_j| <= 2."""
    rng = np.random.default_rng(seed)
    h, c = rng.uniform(0, curvature, size=(k, 3)), rng.uniform(-1, 1, size=(k, 3))
    slope = rng.uniform(-2, 2, size=(k, 3))

    def bowl(j: int) -> Callable[[Array], Array]:
        return lambda x: h[j] * (x - c[j]) + slope[j]

    return [bowl(j) for j in range(k)]


@claim("behaviour", examples=50, eta=st.floats(1e-3, 1), k=st.integers(1, 12), seed=st.integers(0, 2**16))
def exact_on_a_plane(f: Any, eta: float, k: int, seed: int) -> Gap:
    """Where the gradient does not depend on the place, k small steps are one step of k times the rate.

        small_steps(η) = large_step(k η)   for planes

    Allowed  8 k U (|x| + 2 k η): both move by at most 2 k η, in k additions and a mean.
    Rejects  a rate that grows with the root of the batch.
    """
    x, planes = np.array([1.0, -2.0, 0.5]), _bowls(seed, k, 0.0)
    difference = f.small_steps(x, planes, eta=eta) - f.large_step(x, planes, eta=eta)
    return Gap(float(np.max(np.abs(difference))), 8 * k * U * (2 + 2 * k * eta), "place")


@claim("behaviour", examples=50, eta=st.floats(1e-3, 0.3), k=st.integers(1, 12), seed=st.integers(0, 2**16))
def differs_by_the_square_of_the_rate(f: Any, eta: float, k: int, seed: int) -> Gap:
    """Where the gradient changes with the place, k small steps and one large one differ by O(η²) only.

        |small_steps(η) - large_step(k η)| <= ½ k (k - 1) η² h G (1 + η h)^k

    Allowed  that bound for h = 1, G = 5 (|h (x - c) + s| at the start): batch i moves the place that batch j > i
             sees by at most η G (1 + η h)^k; and 16 k U (2 + k η G) for rounding.
    Rejects  a rate that grows with the root of the batch.
    """
    x, bowls = np.array([1.0, -2.0, 0.5]), _bowls(seed, k, 1.0)
    difference = f.small_steps(x, bowls, eta=eta) - f.large_step(x, bowls, eta=eta)
    bound = k * (k - 1) / 2 * eta**2 * 5 * (1 + eta) ** k
    return Gap(float(np.max(np.abs(difference))), bound + 16 * k * U * (2 + 5 * k * eta), "place")
