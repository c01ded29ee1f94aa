"""Verdicts beyond right and wrong, faults of the function itself, and the lines that a failure is told in."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.gradients import Verdict, assert_gradient, check_gradient

X = np.array([0.4, -1.2, 2.0])


def zero(x: Any, g: Any) -> Any:
    return np.zeros_like(x)


def hashed(x: Any) -> Any:
    """sin with a deterministic noise of 1e-4."""
    return np.sin(x) + 1e-4 * np.modf(1e9 * np.abs(np.sin(12345.678 * x)))[0]


@pytest.mark.parametrize(("f", "x", "backward", "verdict"), [
    (np.sin, X, lambda x, g: g * np.cos(x), Verdict.RIGHT),
    (np.sin, X, lambda x, g: g * np.sin(x), Verdict.WRONG),
    (lambda x: np.maximum(x, 0), np.zeros(3), zero, Verdict.KINK),
    (lambda x: np.maximum(x, 0), np.array([1.0, 0.0, -2.0]), lambda x, g: g * (x > 0), Verdict.KINK),
    (np.abs, np.zeros(1), zero, Verdict.KINK),
    (lambda x: np.mean(x > 0), X, zero, Verdict.FLAT),
    (np.round, X, lambda x, g: g, Verdict.FLAT),
    (np.sign, np.zeros(3), zero, Verdict.DISCONTINUOUS),
    (lambda x: x + (x >= 0.4), X, lambda x, g: g, Verdict.DISCONTINUOUS),
    (hashed, X, lambda x, g: g * np.cos(x), Verdict.NOISY),
    (lambda x: np.sin(x).astype(np.float32), X, lambda x, g: g * np.cos(x), Verdict.NOISY),
    (np.sqrt, np.zeros(1), zero, Verdict.OUT_OF_DOMAIN),
    (np.log, np.zeros(1), zero, Verdict.OUT_OF_DOMAIN),
    (lambda x: 0 * x, X, zero, Verdict.RIGHT),
    (lambda x: np.maximum(x, 0), -np.abs(X), zero, Verdict.RIGHT),
])
def test_verdict(f: Any, x: Any, backward: Any, verdict: Any) -> None:
    report = check_gradient(f, x, backward=backward)
    assert report.verdict is verdict, str(report)
    assert len(str(report).splitlines()) <= 8


def test_a_kink_shows_both_slopes() -> None:
    reason = check_gradient(lambda x: np.maximum(x, 0), np.zeros(1), backward=zero).reason
    assert "one-sided slopes" in reason


def changes_input(x: Any) -> Any:
    x *= 2
    return x


def raises(x: Any) -> Any:
    raise RuntimeError("no luck")


def forgetful() -> Any:
    calls = []

    def f(x: Any) -> Any:
        calls.append(0)
        return np.ones(len(calls))
    return f


def random() -> Any:
    rng = np.random.default_rng(0)
    return lambda x: x + rng.standard_normal(3)


@pytest.mark.parametrize(("f", "words"), [
    (lambda x: x * np.nan, "f(x) is nan at output [0]; move x inside the domain"),
    (raises, "f raised RuntimeError: no luck; pass inputs that it accepts in float64"),
    (changes_input, "f changes its input; let it work on a copy"),
    (forgetful(), "f returned shape (1,) first and shape (2,) on the second call; "
                  "let the shape depend on the inputs alone"),
    (random(), "f is not deterministic: two calls on one input differ; fix its seed, or switch dropout off"),
])
def test_bad_function_in_one_sentence(f: Any, words: Any) -> None:
    report = check_gradient(f, X, backward=zero)
    assert report.reason == words
    assert not report.holds


@pytest.mark.parametrize(("call", "words"), [
    (lambda: check_gradient(np.sin, X), "a NumPy function needs its derivative: pass backward="),
    (lambda: check_gradient(np.sin, np.arange(3), backward=zero), "inputs must be floating or complex, got int64"),
    (lambda: check_gradient(np.sin, X * np.inf, backward=zero), "x is not finite"),
    (lambda: check_gradient(np.sin, np.zeros(0), backward=zero), "there is nothing to differentiate"),
    (lambda: check_gradient(np.sin, X, backward=lambda x, g: g[:2]), "backward returned shape (2,) where shape (3,)"),
    (lambda: check_gradient(np.sin, X, backward=lambda x, g: 1 / 0), "backward raised ZeroDivisionError"),
])
def test_bad_call_in_one_sentence(call: Any, words: Any) -> None:
    report = call()
    assert report.verdict is Verdict.UNUSABLE
    assert words in report.reason


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="pairs must be at least 1, got 0"):
        check_gradient(np.sin, X, backward=zero, pairs=0)
    with pytest.raises(ValueError, match="order must be 1 or 2, got 3"):
        check_gradient(np.sin, X, backward=zero, order=3)
    with pytest.raises(ValueError, match="method must be"):
        check_gradient(np.sin, X, backward=zero, method="both")  # type: ignore[arg-type]


def test_the_door_passes_and_fails() -> None:
    """The two examples of the documentation."""
    assert_gradient(np.sin, X, backward=lambda x, g: g * np.cos(x))
    with pytest.raises(AssertionError) as failure:
        assert_gradient(np.sin, X, backward=lambda x, g: g * (1 - x**2 / 2))
    lines = str(failure.value).splitlines()
    assert len(lines) <= 8
    assert lines[0].startswith("gradient wrong: ")
    assert any(line.startswith("  d output[") and "analytic" in line and "numeric" in line for line in lines)


def test_accepted_verdicts_pass_the_door() -> None:
    with pytest.raises(AssertionError, match="kink here"):
        assert_gradient(np.abs, np.zeros(2), backward=zero)
    assert_gradient(np.abs, np.zeros(2), backward=zero, accept=["kink here"])


def test_doctests_of_the_door() -> None:
    import doctest

    from fiducial.checks.gradients import checking
    result = doctest.testmod(checking, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.attempted >= 3
    assert result.failed == 0


def test_a_gradient_of_what_does_not_change_is_said_so() -> None:
    """Every true slope is exactly zero, and no factor accounts for the claimed one."""
    report = check_gradient(np.zeros_like, np.ones(3), backward=lambda x, g: g)
    assert report.verdict is Verdict.WRONG
    assert "does not change" in report.reason
