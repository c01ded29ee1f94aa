"""The shapes of schedules: what each promises of its rates, said without its formula.

A subject is driven by `f.rates(K, base=…, **options)`, rates before the first step and after each of K steps, and
`f.momenta` likewise. Tolerances count roundings: each of k steps may multiply the rate once, and each product,
quotient, power and cosine rounds by at most a few units U.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, identical, same
from fiducial.checks.schedules import BASES, GAMMAS, LENGTHS, STEPS, U, has

Draws = SearchStrategy[Any]
FACTORS: Draws = st.floats(0.05, 1)
LOWEST: Draws = st.sampled_from((0.0, 0.01)) | st.floats(0, 0.05)
TURNS: Draws = st.integers(1, 25)
TOTAL: Draws = st.shared(st.integers(4, 50), key="one cycle")
PEAKS: Draws = TOTAL.flatmap(lambda n: st.floats(1.2 / n, 0.45))
MODES: Draws = st.sampled_from(("triangular", "triangular2", "exp_range"))


def _run(f: Any, steps: int, **options: Any) -> Array:
    """A run as an array."""
    return np.array(f.rates(steps, **options), dtype=np.float64)


def _worst(measured: Array, allowed: Array | float, where: str) -> Gap:
    """The worst entry of several."""
    spread = np.broadcast_to(allowed, np.shape(measured))
    return Gap.worst([Gap(float(m), float(a), f"{where}, entry {i}") for i, (m, a) in
                      enumerate(zip(np.ravel(measured), np.ravel(spread), strict=True))] or [Gap(0.0, 0.0)])


@claim("behaviour", examples=50, base=BASES, step_size=LENGTHS, gamma=GAMMAS)
def falls_only_at_multiples(f: Any, base: float, step_size: int, gamma: float) -> Gap:
    """The rate changes at the multiples of the step size alone, by the factor γ.

        η_k = η_{k-1}  unless s | k,   η_{js} = γ η_{js-1},  j >= 1

    Allowed  0 between; at a multiple two rates of up to j + 2 roundings each: 2 (j + 3) U η.
    Rejects  a decay that begins one step after the multiple.
    Mend     use the integer quotient k // s as the exponent.
    Cares    one step late is one epoch late where steps are epochs.
    """
    eta = _run(f, 4 * step_size, base=base, step_size=step_size, gamma=gamma)
    k = np.arange(1, eta.size)
    at = k % step_size == 0
    expected = np.where(at, gamma * eta[:-1], eta[:-1])
    return _worst(np.abs(eta[1:] - expected), np.where(at, 2 * (k // step_size + 3) * U * eta[1:], 0.0), "rate")


@claim("invariance", examples=50, base=BASES, milestones=st.lists(st.integers(0, 30), max_size=5), gamma=GAMMAS)
def order_of_milestones_is_nothing(f: Any, base: float, milestones: list[int], gamma: float) -> Gap:
    """Milestones may be given in any order.

        f(milestones) = f(sorted milestones)

    Allowed  0: the same products.
    Rejects  a bisection of the milestones as they were given.
    Mend     sort the milestones first, or count those that are at most k.
    Cares    lists in configurations are merged in any order.
    """
    given = _run(f, 31, base=base, milestones=milestones, gamma=gamma)
    in_order = _run(f, 31, base=base, milestones=sorted(milestones), gamma=gamma)
    return identical(in_order, given, "rates")


@claim("behaviour", examples=50, base=BASES, gamma=GAMMAS, steps=STEPS)
def constant_ratio(f: Any, base: float, gamma: float, steps: int) -> Gap:
    """Each rate is γ times the one before.

        η_k = γ η_{k-1}

    Allowed  2 (k + 3) U η: two rates of up to k + 2 roundings each.
    Rejects  a decay that is linear in k.
    Mend     multiply by γ each time: η₀ γ^k.
    Cares    a linear fall reaches 0 and below; an exponential one never.
    """
    eta = _run(f, steps, base=base, gamma=gamma)
    return _worst(np.abs(eta[1:] - gamma * eta[:-1]), 2 * (np.arange(1, steps + 1) + 3) * U * eta[1:], "rate")


@claim("behaviour", examples=50, base=BASES, start_factor=FACTORS, end_factor=FACTORS, total_iters=st.integers(2, 20))
def straight_then_constant(f: Any, base: float, start_factor: float, end_factor: float, total_iters: int) -> Gap:
    """The rate moves in a straight line up to step T, and not at all after.

        η_{k+1} - 2 η_k + η_{k-1} = 0  for 0 < k < T,   η_k = η_T  for k >= T

    Allowed  4 (T + 1)(6 + 2C) U max η, C the ratio of the two factors: each of up to T factors 1 + r/(T s + (k-1) r) is
             rounded, its denominator by up to 2C U; 0 after T.
    Rejects  a line that goes on after T.
    Mend     interpolate the factor by min(k, T)/T.
    Cares    a line that goes on raises the rate without end, or makes it negative.
    """
    eta = _run(f, total_iters + 5, base=base, start_factor=start_factor, end_factor=end_factor, total_iters=total_iters)
    line, rest = eta[:total_iters + 1], eta[total_iters:]
    ratio = max(start_factor, end_factor) / min(start_factor, end_factor)
    allowed = 4 * (total_iters + 1) * (6 + 2 * ratio) * U * eta.max()
    return Gap.worst([_worst(np.abs(np.diff(line, 2)), allowed, "second difference"),
                      _worst(np.abs(rest - rest[0]), 0.0, "rate after T")])


@claim("behaviour", examples=50, base=BASES, factor=FACTORS, total_iters=LENGTHS)
def low_then_high(f: Any, base: float, factor: float, total_iters: int) -> Gap:
    """The rate is low for exactly T steps, and the base rate after them.

        η_0 = … = η_{T-1} = f η₀,   η_T = η_{T+1} = … = η₀

    Allowed  3 U η: one product, and where it is undone a quotient and a product more.
    Rejects  a warm-up of one step too many.
    Mend     compare k < T, with k counted from 0.
    Cares    warm-ups are short: one step of five is much.
    """
    eta = _run(f, total_iters + 4, base=base, factor=factor, total_iters=total_iters)
    expected = np.where(np.arange(eta.size) < total_iters, factor * base, base)
    return _worst(np.abs(eta - expected), 3 * U * expected, "rate")


@claim("behaviour", examples=50, base=BASES, total_iters=LENGTHS, power=st.floats(0.25, 4))
def ends_at_zero_and_stays(f: Any, base: float, total_iters: int, power: float) -> Gap:
    """The rate is the base rate at first, falls with every step up to T, and is zero from there on.

        η_0 = η₀,   η_{k+1} < η_k  for k < T,   η_k = 0  for k >= T

    Allowed  0: neither end is rounded, and a step changes the rate by far more than rounding.
    Rejects  a power of |1 - k/T|, which rises again.
    Mend     cut k/T off at 1 before the power.
    Cares    a run a little longer than planned must not turn up its rate again.
    """
    eta = _run(f, 2 * total_iters + 2, base=base, total_iters=total_iters, power=power)
    rises = float(np.count_nonzero(np.diff(eta[:total_iters + 1]) >= 0))
    return Gap.worst([same(base, float(eta[0]), "first rate"), Gap(rises, 0.0, "steps that do not lower the rate"),
                      Gap(float(np.max(np.abs(eta[total_iters:]))), 0.0, "rate after T")])


@claim("behaviour", examples=50, base=BASES, T_max=TURNS, eta_min=LOWEST)
def rises_again_after_T(f: Any, base: float, T_max: int, eta_min: float) -> Gap:
    """The cosine goes on after T: the rate rises as it fell, back to the base rate at 2 T.

        η_{T+j} = η_{T-j},   η_k + η_{T-k} = η₀ + η_min

    Allowed  (64 T² + 16) U |η₀ - η_min| + 8 U (η₀ + η_min): a cosine one step from the minimum is π²/2T² above -1 and
             errs by 10 U, and what is built on that rate inherits the relative error of up to 32 T² U, on both sides.
    Rejects  a cosine that stays at its minimum.
    Mend     apply the cosine beyond T as well, as the definition says, or name the variant that stays.
    Cares    who trains past T with either gets a rate that he did not ask for; it must be the known one.
    """
    eta = _run(f, 2 * T_max, base=base, T_max=T_max, eta_min=eta_min)
    allowed = (64 * T_max**2 + 16) * U * abs(base - eta_min) + 8 * U * (base + eta_min)
    down = eta[:T_max + 1]
    return Gap.worst([_worst(np.abs(eta - eta[::-1]), allowed, "mirror image"),
                      _worst(np.abs(down + down[::-1] - base - eta_min), allowed, "sum of opposite rates")])


@claim("behaviour", examples=50, base=BASES, T_0=st.integers(1, 8), T_mult=st.integers(1, 3), eta_min=LOWEST)
def each_cycle_is_the_first_stretched(f: Any, base: float, T_0: int, T_mult: int, eta_min: float) -> Gap:
    """Every cycle starts at the base rate and is the one before, stretched T_mult times.

        η(R_i) = η₀,   η(R_{i+1} + T_mult j) = η(R_i + j),   R_i = T₀ (1 + T_mult + … + T_mult^{i-1})

    Allowed  32 U |η₀ - η_min| + 8 U (η₀ + η_min): the angle is rounded by 3 units of at most π, the cosine by 4.
    Rejects  cycles that are all of one length.
    Mend     multiply the cycle's length by T_mult at each restart, and count from the restart.
    Cares    snapshots are taken at the ends of cycles; a wrong length takes them at full rate.
    """
    starts = T_0 * np.array([0, 1, 1 + T_mult, 1 + T_mult + T_mult**2])
    eta = _run(f, int(starts[-1]), base=base, T_0=T_0, T_mult=T_mult, eta_min=eta_min)
    allowed = 32 * U * abs(base - eta_min) + 8 * U * (base + eta_min)
    gaps = [_worst(np.abs(eta[starts] - base), allowed, "rate at a restart")]
    for i in (0, 1):
        short = eta[starts[i]:starts[i + 1]]
        long = eta[starts[i + 1]:starts[i + 2]:T_mult]
        gaps.append(_worst(np.abs(long - short), allowed, f"cycle {i + 1} against cycle {i}"))
    return Gap.worst(gaps)


@claim("behaviour", examples=50, base=BASES, rise=st.floats(0.1, 5), step_size_up=LENGTHS, step_size_down=LENGTHS,
       mode=MODES, gamma=st.floats(0.5, 1))
def visits_both_ends(f: Any, base: float, rise: float, step_size_up: int, step_size_down: int, mode: str,
                     gamma: float) -> Gap:
    """A cycle starts at the base rate and has its top after the steps up; the top shrinks as its mode says.

        η(n T) = η₀,   η(n T + u) = η₀ + (η_max - η₀) · {1, 2^-n, γ^(nT+u)},   T = u + d

    Allowed  (6 + 4 (n + 2) T / min(u, d)) U (η_max - η₀) + 4 U η_max: a fraction of a cycle, made from 1 + k/T, errs by
             (n + 2) U, which the division by u/T or d/T enlarges; a power rounds by n roundings more.
    Rejects  a cycle that halves its top too early.
    Mend     begin at the base rate, rise over u steps, fall over d; halve the amplitude when a cycle is over, not
             before.
    Cares    the range was found by a test of rates; a cycle that misses an end wastes it.
    """
    length, top = step_size_up + step_size_down, base + rise
    eta = _run(f, 3 * length, base=base, max_lr=top, step_size_up=step_size_up, step_size_down=step_size_down,
               mode=mode, gamma=gamma)
    n = np.arange(3)
    peaks = n * length + step_size_up
    shrunk = {"triangular": np.ones(3), "triangular2": 0.5**n, "exp_range": gamma**peaks.astype(float)}[mode]
    roundings = 6 + 4 * (n + 2) * length / min(step_size_up, step_size_down)
    allowed = roundings * U * rise + 4 * U * top
    return Gap.worst([_worst(np.abs(eta[n * length] - base), allowed, "rate at a cycle's start"),
                      _worst(np.abs(eta[peaks] - base - rise * shrunk), allowed, "rate at a cycle's top")])


@claim("behaviour", examples=50, applies=has("momenta"), base=BASES, rise=st.floats(0.1, 5), step_size_up=LENGTHS,
       mode=MODES)
def momentum_runs_against_the_rate(f: Any, base: float, rise: float, step_size_up: int, mode: str) -> Gap:
    """As far as the rate is above its lowest, the momentum is below its highest.

        (μ_max - μ_k) / (μ_max - μ₀) = (η_k - η₀) / (η_max - η₀),   from 0.95 down to 0.85

    Allowed  64 U (η_max / (η_max - η₀) + 0.95/0.1): the same fraction twice, each taken from a rounded number by a
             difference; a dozen roundings of numbers of that size on each side.
    Rejects  a momentum that stays where it is.
    Mend     interpolate momentum with the same fraction as the rate, from its highest down.
    Cares    where both are high at once, large steps meet large momentum.
    """
    options = {"base": base, "max_lr": base + rise, "step_size_up": step_size_up, "mode": mode}
    eta = _run(f, 3 * step_size_up, **options)
    mu = np.array(f.momenta(3 * step_size_up, base_momentum=0.85, max_momentum=0.95, **options))
    allowed = 64 * U * ((base + rise) / rise + 0.95 / 0.1)
    return _worst(np.abs((0.95 - mu) / (0.95 - 0.85) - (eta - base) / rise), allowed, "fraction")


@claim("behaviour", examples=50, base=BASES, total_steps=TOTAL, pct_start=PEAKS, div_factor=st.floats(2, 50),
       final_div_factor=st.floats(10, 1e4))
def starts_low_peaks_and_ends_lower(f: Any, base: float, total_steps: int, pct_start: float, div_factor: float,
                                    final_div_factor: float) -> Gap:
    """The rate starts at η_max/d, rises up to step pN - 1 to no more than η_max, and falls to η_max/(d f).

        η_0 = η_max / d,   max η <= η_max,   η_{N-1} = η_max / (d f),   η rises, then falls

    Allowed  16 U η_max at the ends and at the top; 0 for the number of turns beyond one.
    Rejects  a cycle that ends where it started.
    Mend     divide by d at the start and by d·f at the end; the peak is at step pN - 1.
    Cares    the policy ends far below its start; a cycle that merely returns leaves out the finest steps.
    """
    eta = _run(f, total_steps - 1, base=base, total_steps=total_steps, pct_start=pct_start, div_factor=div_factor,
               final_div_factor=final_div_factor)
    low, peak = base / div_factor, pct_start * total_steps - 1
    slopes = np.sign(np.diff(eta))
    wanted = np.where(np.arange(1, eta.size) <= peak, 1, -1)
    free = np.abs(np.arange(1, eta.size) - 0.5 - peak) < 0.5 + 1e-9  # the step that passes the top goes either way
    ends = np.abs(eta[[0, -1]] - np.array([low, low / final_div_factor]))
    return Gap.worst([_worst(ends, 16 * U * base, "rate at an end"),
                      Gap(max(float(eta.max()) - base, 0.0), 16 * U * base, "rate above the highest"),
                      Gap(float(np.count_nonzero((slopes != wanted) & ~free)), 0.0, "steps in the wrong direction")])


@claim("behaviour", examples=50, base=BASES, decay=st.floats(0.001, 2), steps=st.integers(1, 200))
def reciprocal_is_straight(f: Any, base: float, decay: float, steps: int) -> Gap:
    """One over the rate grows by the same amount at every step.

        1/η_k - 1/η_{k-1} = d/η₀

    Allowed  12 U / η_k: two rates of three roundings, their reciprocals and the difference.
    Rejects  an exponential decay.
    """
    eta = _run(f, steps, base=base, decay=decay)
    return _worst(np.abs(np.diff(1 / eta) - decay / base), 12 * U / eta[1:], "difference")


@claim("behaviour", examples=50, base=BASES, N=st.integers(1, 20))
def decay_never_amplifies(f: Any, base: float, N: int) -> Gap:
    """A decay never raises the rate above the base rate.

        η_k <= η₀,   k >= 1

    Allowed  2 U η₀: a root and a quotient.
    Rejects  η₀/√(t/N), which amplifies by √(N/t) while t < N.
    """
    return Gap(max(max(f.rate(k, base=base, N=N) for k in range(1, 3 * N + 1)) - base, 0.0), 2 * U * base, "above η₀")


@claim("invariance", examples=50, base=BASES, N=LENGTHS, k=st.integers(1, 500))
def four_times_the_age_halves_the_rate(f: Any, base: float, N: int, k: int) -> Gap:
    """From N on, four times the time means half the rate.

        η(4 t) = ½ η(t),   t >= N

    Allowed  8 U η: two rates of three roundings each.
    Rejects  a decay with time itself.
    """
    t = max(k, N)
    now = f.rate(t, base=base, N=N)
    return Gap(abs(f.rate(4 * t, base=base, N=N) - now / 2), 8 * U * now, "rate")
