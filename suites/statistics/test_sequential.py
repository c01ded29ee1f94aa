"""Sequential tests: clear cases end early, false alarms stay within one α, and the power is kept."""

import math

import numpy as np
import pytest

from fiducial.checks import statistics as st
from fiducial.checks.statistics.laws import normal
from fiducial.checks.statistics.sequential import Claim
from fiducial.suites.statistics.samplers import surely_above, surely_below

SEED = 40
FOLLOWS = st.Follows(normal())
CASES = [
    (st.NormalMean(0, 1), lambda d: lambda r, n: r.normal(d, 1, n), 0.1),
    (st.NormalVariance(1), lambda d: lambda r, n: r.normal(0, math.sqrt(1 + d), n), 0.1),
    (st.Proportion(0.3), lambda d: lambda r, n: r.random(n) < 0.3 + d, 0.05),
    (FOLLOWS, lambda d: lambda r, n: np.where(r.random(n) < d, -np.abs(r.normal(size=n)), r.normal(size=n)), 0.1),
]
IDS = ["mean", "variance", "proportion", "distribution"]


@pytest.mark.parametrize(("claim", "sampler", "effect"), CASES, ids=IDS)
def test_a_sound_sampler_is_accepted_before_the_last_look(claim: Claim, sampler: object, effect: float) -> None:
    assert callable(sampler)
    plan = st.stages(claim, alpha=1e-6, effect=effect)
    outcomes = [st.in_stages(sampler(0.0), claim, plan, rng=st.stream(SEED, f"sound {i}")) for i in range(30)]
    assert all(outcome.gap.holds for outcome in outcomes)
    assert np.mean([outcome.n for outcome in outcomes]) < 0.6 * plan.sizes[-1]


@pytest.mark.parametrize(("claim", "sampler", "effect"), CASES, ids=IDS)
def test_a_gross_deviation_is_refused_at_the_first_looks(claim: Claim, sampler: object, effect: float) -> None:
    assert callable(sampler)
    plan = st.stages(claim, alpha=1e-6, effect=effect)
    outcome = st.in_stages(sampler(8 * effect), claim, plan, rng=st.stream(SEED, "gross"))
    assert outcome.stopped == "refused"
    assert outcome.n <= plan.sizes[-1] / 4
    assert outcome.record()["n"] == outcome.n


@pytest.mark.parametrize(("claim", "sampler", "effect"), CASES, ids=IDS)
def test_the_promised_power_survives_the_early_looks(claim: Claim, sampler: object, effect: float) -> None:
    """The distribution's mutant moves half of its mass d/2 below 0, a cdf distance of d/2: 2 · effect is drawn."""
    assert callable(sampler)
    plan = st.stages(claim, alpha=1e-3, effect=effect, power=0.9)
    size = 2 * effect if claim is FOLLOWS else effect
    outcomes = [st.in_stages(sampler(size), claim, plan, rng=st.stream(SEED, f"off {i}")) for i in range(60)]
    refused = sum(not outcome.gap.holds for outcome in outcomes)
    assert not surely_below(refused, 60, 0.9, confidence=0.999)


def test_false_alarms_over_all_looks_stay_within_one_alpha() -> None:
    claim = st.NormalMean(0, 1)
    plan = st.stages(claim, alpha=0.02, effect=0.5, power=0.9, looks=6)
    rng = st.stream(SEED, "false alarms")
    runs = 2000
    refused = sum(not st.in_stages(lambda r, n: r.normal(size=n), claim, plan, rng=rng).gap.holds for _ in range(runs))
    assert refused > 0
    assert not surely_above(refused, runs, 0.02)


def test_the_looks_spend_alpha_once_and_the_tolerated_misses_once() -> None:
    plan = st.stages(st.NormalMean(0, 1), alpha=1e-6, effect=0.1, power=0.98, looks=5)
    assert math.fsum(plan.alphas) == pytest.approx(1e-6, rel=1e-12)
    assert math.fsum(plan.betas) == pytest.approx(0.01, rel=1e-12)
    assert st.NormalMean(0, 1).power(plan.sizes[-1], 0.1, plan.alphas[-1]) >= 0.99
    one = st.stages(st.NormalMean(0, 1), alpha=1e-6, effect=0.1, looks=1)
    assert one.alphas == (1e-6,)
    assert one.sizes[0] < plan.sizes[-1] * 1.2


def test_a_watch_may_be_looked_at_after_every_draw() -> None:
    rng, runs = st.stream(SEED, "watch"), 300
    refused = sum(not st.watch_proportion(0.4, alpha=0.05).run(rng.random((60, 5)) < 0.4).holds for _ in range(runs))
    assert not surely_above(refused, runs, 0.05)
    watches = [st.watch_mean(1, 2, alpha=0.05, effect=0.3) for _ in range(runs)]
    refused = sum(not watch.run(rng.normal(1, 2, (60, 5))).holds for watch in watches)
    assert not surely_above(refused, runs, 0.05)


def test_a_watch_refuses_a_wrong_sampler_and_stops() -> None:
    rng = st.stream(SEED, "watch a mutant")
    mask = st.watch_proportion(0.5, alpha=1e-6)
    assert not mask.run(rng.random((200, 100)) < 0.6).holds
    assert 200 < mask.n < 5000
    mean = st.watch_mean(0, 1, alpha=1e-6, effect=0.1)
    assert not mean.run(rng.normal(0.1, 1, (200, 100))).holds
    assert mean.n < 15_000


def test_wrong_calls_and_short_samplers_are_said() -> None:
    plan = st.stages(st.NormalMean(0, 1), alpha=1e-6, effect=0.5)
    with pytest.raises(st.BadSample, match=r"returned 3 values, not the n = \d+ asked for"):
        st.in_stages(lambda r, n: r.normal(size=3), st.NormalMean(0, 1), plan, rng=st.stream(0, "short"))
    with pytest.raises(ValueError, match="looks must lie between 1 and 20, got 0"):
        st.stages(st.NormalMean(0, 1), alpha=1e-6, effect=0.5, looks=0)
    with pytest.raises(ValueError, match="p must lie strictly between 0 and 1, got 1"):
        st.watch_proportion(1, alpha=1e-6)
