"""False alarms: on sound samplers a test at α refuses with probability at most α, at every sample size."""

import math

import numpy as np
import pytest
from scipy import special

from fiducial.checks import statistics as st
from fiducial.checks.evidence import Gap
from fiducial.suites.statistics.samplers import SOUND, Sound, alarms, skewed, surely_above, surely_below

SEED = 20


@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: sound.name)
def test_alarms_stay_within_alpha(sound: Sound) -> None:
    assert not surely_above(alarms(sound, runs=400, alpha=0.02, seed=SEED), 400, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: sound.name)
def test_at_most_24_alarms_in_10_000_runs_at_one_in_a_thousand(sound: Sound) -> None:
    assert alarms(sound, runs=10_000, alpha=1e-3, seed=SEED) <= 24


def test_24_is_the_most_whose_interval_reaches_down_to_alpha() -> None:
    assert not surely_above(24, 10_000, 1e-3)
    assert surely_above(25, 10_000, 1e-3)


@pytest.mark.parametrize("name", [
    "mean of normal", "variance about a mean", "correlation 0.7", "cells, 10 draws over 12"])
def test_an_exact_test_also_alarms_as_often_as_alpha(name: str) -> None:
    """Exact tests waste nothing: at α = 0.1 the rate is not surely below 0.09 either."""
    sound = next(sound for sound in SOUND if sound.name == name)
    count = alarms(sound, runs=3000, alpha=0.1, seed=SEED)
    assert not surely_above(count, 3000, 0.1)
    assert not surely_below(count, 3000, 0.09)


def pearson(rng: np.random.Generator, alpha: float) -> Gap:
    """Pearson's sum against its asymptotic law: wrong for ten draws over twelve cells."""
    counts, p = skewed(rng)
    return Gap(float(np.sum((counts - 10 * p) ** 2 / (10 * p))), 2 * float(special.gammainccinv(11 / 2, alpha)))


def normal_for_student(rng: np.random.Generator, alpha: float) -> Gap:
    """A mean over its estimated error against the normal quantile: wrong for few values."""
    x = rng.normal(size=10)
    return Gap(abs(x.mean()) / x.std(ddof=1) * math.sqrt(10), float(-special.ndtri(alpha / 2)))


def unsplit(rng: np.random.Generator, alpha: float) -> Gap:
    """Five looks at one growing sample, each at the whole α."""
    x = rng.normal(size=160)
    return Gap.worst([st.mean_of_normal(x[:n], 0, 1, alpha=alpha) for n in (10, 20, 40, 80, 160)])


@pytest.mark.parametrize("wrong", [pearson, normal_for_student, unsplit])
def test_a_wrong_critical_value_is_caught_by_this_count(wrong: object) -> None:
    assert callable(wrong)
    assert surely_above(alarms(Sound("wrong", wrong), runs=3000, alpha=0.01, seed=SEED), 3000, 0.01)


@pytest.mark.parametrize(("dtype", "n"), [(np.float32, 1_000_000), (np.float16, 20_000)])
def test_rounding_in_a_coarse_format_is_no_deviation(dtype: type, n: int) -> None:
    rng = np.random.default_rng(SEED)
    st.assert_distribution(rng.normal(0, 0.1, n).astype(dtype), "normal(0, 0.1)")
    st.assert_distribution(rng.random(n, np.float32), "uniform(0, 1)")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_float32_uniform_may_return_its_lower_end_in_whatever_array_it_comes(dtype: type) -> None:
    values = np.random.default_rng(SEED).random(100_000, np.float32)
    values[17] = 0
    st.assert_distribution(values.astype(dtype), "uniform(0, 1)")


def test_an_exact_zero_among_float64_uniforms_is_refused() -> None:
    values = np.random.default_rng(SEED).random(100_000)
    values[17] = 0
    with pytest.raises(AssertionError, match="small and too far out"):
        st.assert_distribution(values, "uniform(0, 1)")


def test_a_bfloat16_sample_is_known_by_its_bits() -> None:
    values = np.random.default_rng(SEED).normal(size=20_000).astype(np.float32)
    rounded = ((values.view(np.uint32) + 0x8000) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    st.assert_distribution(rounded, "normal(0, 1)")
