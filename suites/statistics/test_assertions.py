"""`assert_distribution` in anybody's pytest: its own examples, its message, and its sentence for bad input."""

import doctest
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from fiducial.checks import statistics as st
from fiducial.checks.statistics import assertions, laws

RNG = np.random.default_rng(60)


def test_the_documented_examples_run() -> None:
    assert doctest.testmod(assertions) == doctest.TestResults(failed=0, attempted=3)


def failure(sample: object, dist: object, **options: object) -> str:
    """The message of a refusal."""
    with pytest.raises(AssertionError) as error:
        st.assert_distribution(sample, dist, **options)  # type: ignore[arg-type]
    return str(error.value)


def test_a_refusal_states_everything_in_at_most_8_lines() -> None:
    text = failure(lambda rng, n: rng.normal(0.1, 1, n), "normal(0, 1)", n=20_000, seed=5)
    assert len(text.splitlines()) <= 8
    for part in ("normal(0, 1)", "where", "measured", "allowed", "mean of the normal scores, in σ 0.1", "alpha = 1e-06",
                 "n = 20000", "seed 5", "power 0.99"):
        assert part in text


@pytest.mark.parametrize("dist", ["normal(0, 1)", "poisson(3)", {0.0: 0.5, 1.0: 0.5},
                                  st.Mixed({0.0: 0.5}, laws.normal())])
def test_every_kind_of_law_states_what_it_detects(dist: object) -> None:
    text = failure(np.full(1000, 2.0) + (np.arange(1000) % 2) * (0.5 if dist == "normal(0, 1)" else 3), dist)
    assert "each with power 0.99" in text
    assert "inf," not in text.split("detects")[1]


def test_the_same_seed_gives_the_same_verdict_and_message() -> None:
    texts = {failure(lambda rng, n: rng.normal(0, 1.1, n), "normal(0, 1)", seed=3) for _ in range(2)}
    assert len(texts) == 1


NORMALS = RNG.normal(size=100)


@pytest.mark.parametrize(("sample", "sentence"), [
    (RNG.integers(0, 9, 100), "all 100 values are whole numbers (dtype int64) where a continuous law is claimed"),
    (np.rint(10 * NORMALS), "all 100 values are whole numbers (dtype float64)"),
    (NORMALS > 0, "all 100 values are whole numbers (dtype bool)"),
    (np.full(100, 0.25), "sample is constant, all 100 values equal 0.25"),
    (NORMALS[:3], "sample holds 3 values, but this test needs at least 8: draw more"),
    ([], "sample holds 0 values"),
    (np.where(np.arange(100) == 7, np.nan, NORMALS), "1 values that are nan or infinite (first: nan at index 7)"),
    (np.where(np.arange(100) > 97, np.inf, NORMALS), "sample holds 2 values that are nan or infinite"),
    (NORMALS + 1j, "sample must hold real numbers, got dtype complex128"),
    (["a", "b"], "sample must hold real numbers, got dtype <U1"),
    (lambda rng, n: rng.normal(size=n - 1), "the sampler returned 99999 values, not the 100000 asked for"),
])
def test_a_sample_that_cannot_be_judged_fails_with_one_sentence(sample: object, sentence: str) -> None:
    text = failure(sample, "normal(0, 1)")
    assert sentence in text
    assert "\n" not in text


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: st.assert_distribution(NORMALS, "normal(0, 1)", alpha=0), "alpha must lie strictly between 0 and 1"),
    (lambda: st.assert_distribution(NORMALS, "normal(0, 1)", n=5), "n = 5 is for samplers"),
    (lambda: st.assert_distribution(lambda rng, n: NORMALS, "normal(0, 1)", n=0), "n must be at least 1, got 0"),
    (lambda: st.proportion([0, 1, 2], 0.5, alpha=0.1), "got other values than 0 and 1: pass a mask"),
    (lambda: st.proportion([0, 1], 1.5, alpha=0.1), "p must lie in [0, 1], got 1.5"),
    (lambda: st.counted(5, 4, 0.5, alpha=0.1), "successes must lie between 0 and n ≥ 1, got 5 of 4"),
    (lambda: st.mean_of_normal(NORMALS, 0, 0, alpha=0.1), "sigma must be positive and finite, got 0"),
    (lambda: st.mean_of_bounded(NORMALS, 0, (1, 0), alpha=0.1), "bounds must be finite and in order, got (1, 0)"),
    (lambda: st.mean_of_bounded(NORMALS, 2, (0, 1), alpha=0.1), "mu = 2 lies outside the bounds (0, 1)"),
    (lambda: st.variance_of_bounded(NORMALS, 1, (0, 1), alpha=0.1), "lies between 0 and 0.25, got 1"),
    (lambda: st.correlation(NORMALS, NORMALS[:9], alpha=0.1), "x and y must pair up, got 100 and 9 values"),
    (lambda: st.correlation(NORMALS, NORMALS, 1, alpha=0.1), "rho must lie strictly between -1 and 1, got 1"),
    (lambda: st.independence(NORMALS, np.ones(100), alpha=0.1), "y is constant, all 100 values equal 1.0"),
    (lambda: st.covariance(NORMALS, np.eye(2), alpha=0.1), "a matrix with one draw a row, got shape (100,)"),
    (lambda: st.covariance(NORMALS[:4].reshape(2, 2), np.eye(2), alpha=0.1), "sample holds 2 rows"),
    (lambda: st.covariance(NORMALS.reshape(-1, 2), np.ones((2, 2)), alpha=0.1), "sigma must be positive definite"),
    (lambda: st.covariance(NORMALS.reshape(-1, 2), np.eye(3), alpha=0.1), "sigma must be a symmetric 2 × 2 matrix"),
    (lambda: st.serial_independence(NORMALS, lag=0, alpha=0.1), "lag must be at least 1, got 0"),
    (lambda: st.cells(np.array([1, 2]), np.array([0.5, 0.4]), alpha=0.1, rng=RNG), "p must be positive and sum to 1"),
    (lambda: st.cells(np.array([1]), np.array([1.0]), alpha=0.1, rng=RNG), "two lists of one length ≥ 2"),
    (lambda: st.fisher([True], [True, False], alpha=0.1), "x and y must be two lists of one length"),
])
def test_a_wrong_call_is_one_sentence(call: object, sentence: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError) as error:
        call()
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_sampler_of_another_form_is_said() -> None:
    def one_argument(n: Any) -> Any:
        return NORMALS[:n]

    with pytest.raises(TypeError, match=r"a sampler is called as sampler\(rng, n\)"):
        st.assert_distribution(one_argument, "normal(0, 1)")  # type: ignore[arg-type]


def test_values_outside_the_bounds_are_refused_at_once() -> None:
    assert "outside the bounds" in st.mean_of_bounded([0.1, 1.2], 0.5, (0, 1), alpha=1e-6).where
    assert not st.variance_of_bounded([0.1, 0.2, 0.3, 1.2], 0.1, (0, 1), alpha=1e-6).holds


def test_the_door_leaves_scipy_stats_and_the_frameworks_alone() -> None:
    code = "import sys, fiducial.checks.statistics; print({'scipy.stats', 'torch', 'jax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
