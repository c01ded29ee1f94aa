"""Diagonal Newton: one step iff the quadratic's axes are the coordinates', and what becomes of h <= 0."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import diagonal_newton, gradient_descent, newton
from fiducial.suites.optimizers.trajectories import gap

NOTHING = diagonal_newton.State()
SEEDS = range(12)


def drawn(seed: int, n: int = 5) -> tuple[Any, Any, Any]:
    """A point, a minimum and curvatures over four decades."""
    rng = np.random.default_rng([33, seed])
    return rng.normal(size=n), rng.normal(size=n), 10 ** rng.uniform(-2, 2, n)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_step_ends_at_the_minimum_where_axes_agree(seed: int) -> None:
    x, c, h = map(exact, drawn(seed))
    for form in (diagonal_newton.step, diagonal_newton.absolute_step, diagonal_newton.literal_step):
        assert gap(form(x, h * (x - c), h, NOTHING)[0], c) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_newton_with_the_rest_of_the_hessian_left_out(seed: int) -> None:
    """LU of a diagonal matrix is that matrix: both divide."""
    x, c, h = drawn(seed)
    g = h * (x - c)
    ours, _ = diagonal_newton.step(x, g, h, NOTHING, lr=0.3)
    np.testing.assert_allclose(ours, newton.step(x, g, np.diag(h), newton.State(), lr=0.3)[0], rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
def test_on_turned_axes_it_does_not_arrive(seed: int) -> None:
    """x - c is left times I - D⁻¹H, whose off-diagonal entries are -H_ij/H_ii: (0.8 of 1) at 45 degrees, κ = 9."""
    x, c, _ = drawn(seed, 2)
    h = np.array([[5.0, 4.0], [4.0, 5.0]])
    moved: Any
    moved, _ = diagonal_newton.step(exact(x), exact(h) @ (exact(x) - c), np.diag(h), NOTHING)
    assert gap(moved, exact(c) - np.array([[0, 0.8], [0.8, 0]]) @ (exact(x) - c)) <= 1
    assert np.linalg.norm(moved.value - c) == pytest.approx(0.8 * np.linalg.norm(x - c), rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_units_of_single_weights_do_not_matter(seed: int) -> None:
    """x = s y entry by entry: g becomes s g and h becomes s² h."""
    x, c, h = map(exact, drawn(seed))
    s = exact(10 ** np.random.default_rng([34, seed]).uniform(-3, 3, 5))
    g = h * (x - c)
    ours, _ = diagonal_newton.step(x, g, h, NOTHING, lr=0.5)
    assert gap(s * diagonal_newton.step(x / s, s * g, s * s * h, NOTHING, lr=0.5)[0], ours) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_curvatures_make_it_descent(seed: int) -> None:
    x, g, _ = map(exact, drawn(seed))
    ours, _ = diagonal_newton.step(x, g, np.full(5, 4.0), NOTHING, lr=exact(0.3))
    assert gap(ours, gradient_descent.step(x, g, gradient_descent.State(), lr=exact(0.3) / 4)[0]) <= 1


def test_where_the_curvature_is_not_positive() -> None:
    """h = 2, 0, -2 and g = 1: no move but in the first; the absolute form descends; as printed it climbs."""
    x, g, h = np.zeros(3), np.ones(3), np.array([2.0, 0.0, -2.0])
    np.testing.assert_array_equal(diagonal_newton.step(x, g, h, NOTHING)[0], [-0.5, 0, 0])
    np.testing.assert_array_equal(diagonal_newton.absolute_step(x, g, h, NOTHING, delta=2.0)[0], [-0.25, -0.5, -0.25])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(diagonal_newton.literal_step(x, g, h, NOTHING)[0], [-0.5, -np.inf, 0.5])


def test_the_printed_sign_goes_to_the_maximum() -> None:
    """Δx = +g/h, as one lecture prints it, doubles the distance; the right sign removes it."""
    x, c, h = map(exact, drawn(0))
    g = h * (x - c)
    printed, _ = diagonal_newton.step(x, -g, h, NOTHING)
    assert gap(printed - c, 2 * (x - c)) <= 1
