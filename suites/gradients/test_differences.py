"""Values with error bars: the truth lies inside the bar, and the bar is small."""

import math
from typing import Any

import numpy as np
import pytest

from fiducial.checks.gradients import (
    Unusable,
    complex_step,
    derivative,
    escape_probability,
    jacobian,
    second_derivative,
)
from fiducial.checks.gradients.directions import smallest_ratio

POINTS = np.array([-2.5, -0.3, 0.0, 1e-3, 0.7, 3.0])
FUNCTIONS: dict[str, Any] = {
    "sin": (np.sin, np.cos, lambda x: -np.sin(x)),
    "exp": (np.exp, np.exp, np.exp),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2, lambda x: -2 * np.tanh(x) / np.cosh(x) ** 2),
    "runge": (lambda x: 1 / (1 + 25 * x**2), lambda x: -50 * x / (1 + 25 * x**2) ** 2,
              lambda x: (3750 * x**2 - 50) / (1 + 25 * x**2) ** 3),
    "stiff": (lambda x: np.sin(200 * x), lambda x: 200 * np.cos(200 * x), lambda x: -4e4 * np.sin(200 * x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivative_lies_inside_a_small_bar(name: Any) -> None:
    f, slope, _ = FUNCTIONS[name]
    value, error = derivative(f, POINTS, np.ones_like(POINTS))
    assert (np.abs(value - slope(POINTS)) <= error).all()
    assert (error <= 1e-9 * np.abs(slope(POINTS)).max()).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivative_lies_inside_its_bar(name: Any) -> None:
    f, _, curvature = FUNCTIONS[name]
    value, error = second_derivative(f, POINTS, np.ones_like(POINTS))
    assert (np.abs(value - curvature(POINTS)) <= error).all()
    assert (error <= 1e-5 * np.abs(curvature(POINTS)).max()).all()


def test_mixed_second_derivative() -> None:
    value, error = second_derivative(lambda x: x[0] ** 2 * np.sin(x[1]), [0.6, 1.1], [1.0, 0.0], [0.0, 1.0])
    assert abs(value - 1.2 * math.cos(1.1)) <= error <= 1e-9


@pytest.mark.parametrize("name", ["sin", "exp", "tanh", "runge"])
def test_complex_step_is_exact_to_rounding(name: Any) -> None:
    f, slope, _ = FUNCTIONS[name]
    value, error = complex_step(f, POINTS, np.ones_like(POINTS))
    assert (np.abs(value - slope(POINTS)) <= error).all()
    assert (error <= 2e-15 * np.abs(value)).all()


def test_complex_step_refuses_what_is_not_analytic() -> None:
    with pytest.raises(Unusable, match="not analytic"):
        complex_step(np.abs, POINTS + 5, np.ones(6))
    with pytest.raises(Unusable, match="the complex step gives"):
        complex_step(lambda x: x * np.conj(x), POINTS + 5, np.ones(6))


@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1.0, 1e3])
def test_the_step_adapts_to_the_inputs(scale: Any) -> None:
    x = scale * np.array([0.5, 1.5])
    value, error = derivative(np.log, x, np.ones(2))
    assert (np.abs(value - 1 / x) <= error).all()
    assert (error <= 1e-9 / x).all()


def test_jacobian_of_every_entry() -> None:
    rng = np.random.default_rng(3)
    a, x = rng.standard_normal((7, 5)), rng.standard_normal(5)
    value, error = jacobian(lambda x: np.tanh(a @ x), x)
    truth = a / np.cosh(a @ x)[:, None] ** 2
    assert value.shape == (7, 5)
    assert (np.abs(value - truth) <= error).all()
    assert error.max() <= 1e-10


def test_noise_widens_the_bar() -> None:
    x = np.linspace(0.5, 2, 6)
    value, error = derivative(lambda x: np.sin(x).astype(np.float32), x, np.ones(6))
    assert (np.abs(value - np.cos(x)) <= error).all()
    assert (error > 1e-7).all()


def test_noise_is_seen_whatever_the_slope_is_beside_the_rounding() -> None:
    """Values rounded to multiples of 2⁻³⁰: from equal steps it hides in nearly half of these derivatives."""
    x = np.linspace(0.5, 2, 50)
    for slope in (0.05, *2.0 ** np.random.default_rng(16).uniform(-12, 0, 40)):
        value, error = derivative(lambda x, k=slope: np.round(k * x * 2**30) / 2**30, x, np.full(50, 0.5))
        assert (np.abs(value - slope / 2) <= error).all()


def test_noise_hidden_behind_a_cancellation_widens_the_bar() -> None:
    """1 - tanh² is a multiple of 2⁻⁵³ here: far more than a rounding of itself, and no small step changes it."""
    for x in np.random.default_rng(17).uniform(8, 15, (40, 1)):
        value, error = derivative(lambda x: 1 - np.tanh(x) ** 2, x, np.ones(1))
        assert abs(value + 2 * np.tanh(x) / np.cosh(x) ** 2) <= error


def test_escape_probability_bounds_what_is_simulated() -> None:
    rng, ratio = np.random.default_rng(5), 4.0
    for rank in (1, 2, 6):
        sigma = np.zeros(6)
        sigma[:rank] = 1 / math.sqrt(rank)
        u, v = rng.standard_normal((2, 200_000, 6))
        missed = np.mean(np.abs((u * v) @ sigma) <= 1 / ratio)
        assert missed <= escape_probability(ratio, 1) + 5 * math.sqrt(0.25 / 200_000)
    missed = np.mean(np.abs(rng.standard_normal(200_000)) <= 1 / ratio)
    assert abs(missed - escape_probability(ratio, 1, single=True)) <= 5 * math.sqrt(0.25 / 200_000)


@pytest.mark.parametrize(("pairs", "ratio"), [(3, 6800), (4, 1000), (16, 10)])
def test_a_defect_of_that_many_bars_escapes_once_in_a_billion(pairs: Any, ratio: Any) -> None:
    assert smallest_ratio(pairs) <= ratio
    assert escape_probability(smallest_ratio(pairs), pairs) == pytest.approx(1e-9, rel=1e-6)
