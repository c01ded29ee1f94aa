"""Newton's method: one step on a quadratic, any linear change of coordinates, and where it goes at a saddle.

Factorisations do not carry bounds. LU with partial pivoting solves (H + E) d = g, and eigh finds the factors of H + E,
with ‖E‖ <= c n² u ‖H‖, c below 16 for the sizes here (n <= 6, growth below 2⁵ never seen, 1 typical: Higham 2002,
theorems 9.4 and 9.5). So |d - H⁻¹g| <= 16 n² u κ(H) ‖d‖ to first order, which `allowed` doubles for products.
"""

from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import gradient_descent, newton

U = 2.0**-53
SEEDS = range(12)
NOTHING = newton.State()


def allowed(hessian: Any, length: Any) -> float:
    """The normwise bound of one solution of this length."""
    return float(32 * len(hessian) ** 2 * U * np.linalg.cond(hessian) * length)


def drawn(seed: int, n: int = 5) -> tuple[Any, Any, Any]:
    """A point, a minimum and a positive definite Hessian of condition below 1e4."""
    rng = np.random.default_rng([31, seed])
    turn = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return rng.normal(size=n), rng.normal(size=n), turn @ np.diag(10 ** rng.uniform(-2, 2, n)) @ turn.T


@pytest.mark.parametrize("seed", SEEDS)
def test_one_step_ends_at_the_minimum_of_a_quadratic(seed: int) -> None:
    x, c, h = drawn(seed)
    h = (h + h.T) / 2
    moved, _ = newton.step(x, h @ (x - c), h, newton.init(x))
    assert np.linalg.norm(moved - c) <= allowed(h, np.linalg.norm(x - c))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_damped_step_goes_a_part_of_the_way(seed: int) -> None:
    """k steps of μ leave (1 - μ)^k of it; the bounds of the steps add up to less than k of the first's."""
    x, c, h = drawn(seed)
    y = x
    for k in range(1, 6):
        y, _ = newton.step(y, h @ (y - c), h, NOTHING, lr=0.3)
        assert np.linalg.norm(y - c - 0.7**k * (x - c)) <= k * allowed(h, np.linalg.norm(x - c))


@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_see_a_linear_change_of_coordinates(seed: int) -> None:
    """x = A y: the gradient becomes Aᵀg and H becomes AᵀHA; A y_1 = x_1. Descent does see it."""
    x, c, h = drawn(seed)
    a = np.random.default_rng([32, seed]).normal(size=h.shape) + 3 * np.eye(len(h))
    g, y = h @ (x - c), np.linalg.solve(a, x)
    ours, _ = newton.step(x, g, h, NOTHING, lr=0.5)
    other, _ = newton.step(y, a.T @ g, a.T @ h @ a, NOTHING, lr=0.5)
    bound = allowed(a.T @ h @ a, np.linalg.norm(a, 2) * np.linalg.norm(other - y)) + allowed(a, np.linalg.norm(x))
    assert np.linalg.norm(a @ other - ours) <= bound * np.linalg.cond(a)
    plain = gradient_descent.step(x, g, gradient_descent.State(), lr=0.01)[0]
    turned = gradient_descent.step(y, a.T @ g, gradient_descent.State(), lr=0.01)[0]
    assert np.linalg.norm(a @ turned - plain) > 1e6 * bound


@pytest.mark.parametrize("seed", SEEDS)
def test_two_by_two_against_cramers_rule(seed: int) -> None:
    x, c, h = drawn(seed, 2)
    g = h @ (x - c)
    (p, q), (r, s) = h
    cramer = np.array([s * g[0] - q * g[1], p * g[1] - r * g[0]]) / (p * s - q * r)
    moved, _ = newton.step(x, g, h, NOTHING)
    assert np.linalg.norm(x - cramer - moved) <= allowed(h, np.linalg.norm(cramer)) + 4 * U * np.linalg.norm(x)


def test_it_goes_to_a_saddle_and_the_saddle_free_form_leaves_it() -> None:
    """f = ½(x² - y²) from (1, 0.1): Newton ends at (0, 0), the other goes down along y."""
    x, h = np.array([1.0, 0.125]), np.diag([1.0, -1.0])
    np.testing.assert_array_equal(newton.step(x, h @ x, h, NOTHING)[0], [0, 0])
    np.testing.assert_allclose(newton.saddle_free_step(x, h @ x, h, NOTHING)[0], [0, 0.25], atol=8 * U)


@pytest.mark.parametrize("seed", SEEDS)
def test_where_the_hessian_is_positive_all_forms_are_one(seed: int) -> None:
    x, c, h = drawn(seed)
    h = (h + h.T) / 2
    g = h @ (x - c)
    ours, _ = newton.step(x, g, h, NOTHING, lr=0.5)
    for other, _ in (newton.saddle_free_step(x, g, h, NOTHING, lr=0.5),
                     newton.shifted_step(x, g, h, NOTHING, lr=0.5, damping=0.0)):
        assert np.linalg.norm(other - ours) <= 2 * allowed(h, np.linalg.norm(ours - x))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_shift_is_descent_at_its_reciprocal(seed: int) -> None:
    """‖(H + λI)⁻¹g - g/λ‖ <= ‖H‖‖g‖/λ²; and a shift beyond the least eigenvalue descends on any quadratic."""
    x, c, h = drawn(seed)
    g, large = h @ (x - c), 1e6
    moved, _ = newton.shifted_step(x, g, h, NOTHING, damping=large)
    assert np.linalg.norm(moved - x + g / large) <= 1.01 * np.linalg.norm(h, 2) * np.linalg.norm(g) / large**2 \
        + 4 * U * np.linalg.norm(x)
    bent = h - np.eye(len(h)) * np.linalg.norm(h, 2) / 2
    g = bent @ (x - c)
    down, _ = newton.shifted_step(x, g, bent, NOTHING, damping=1 + float(np.linalg.norm(bent, 2)))
    assert g @ (down - x) < 0


def test_near_a_minimum_errors_square() -> None:
    """f = Σ x - ln x: g = 1 - 1/x, h = 1/x², so that x_1 = 2x - x², and the distance to the minimum at 1 is squared."""
    away = np.array([0.5, -0.5, 0.25])
    for _ in range(4):
        x = 1 - away
        moved, _ = newton.step(x, 1 - 1 / x, np.diag(1 / x**2), NOTHING)
        np.testing.assert_allclose(1 - moved, away**2, rtol=0, atol=16 * U)
        away = away**2


def test_what_it_refuses() -> None:
    x = np.zeros(3)
    with pytest.raises(ValueError, match=r"hessian must have shape \(3, 3\)"):
        newton.step(x, x, np.eye(2), NOTHING)
    with pytest.raises(ValueError, match="x must be a vector"):
        newton.init(np.zeros((2, 2)))
