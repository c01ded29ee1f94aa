"""Conjugate gradients: n steps on a quadratic, conjugate directions, scipy's course, and what noise does.

Rounding makes directions lose their conjugacy by about κ(H) u a step (Greenbaum 1997); each bound is κ n² u with a
factor of 100 for H's condition entering squared through residuals, at conditions of at most 100.
"""

from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from fiducial.reference.optimizers import conjugate_gradients as cg

SEEDS = range(8)
FORMS = (cg.step, cg.polak_ribiere_step)
ALLOWED = 100 * 100 * 36 * 2.0**-53  # factor · condition · n² · u


def drawn(seed: int, values: Any = None, n: int = 6) -> tuple[Any, Any, Any]:
    """A point, a minimum and a Hessian of condition 100, or with the given eigenvalues."""
    rng = np.random.default_rng([35, seed])
    turn = np.linalg.qr(rng.normal(size=(n, n)))[0]
    bends = np.geomspace(1, 100, n) if values is None else np.asarray(values, dtype=float)
    return rng.normal(size=n), rng.normal(size=n), turn @ np.diag(bends) @ turn.T


def course(form: Any, x: Any, c: Any, h: Any, steps: int) -> list[tuple[Any, Any]]:
    """Points and states, the start first."""
    out = [(x, cg.init(x))]
    for _ in range(steps):
        x, state = out[-1]
        out.append(form(x, h @ (x - c), lambda d: h @ d, state))
    return out


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@pytest.mark.parametrize("seed", SEEDS)
def test_it_ends_at_the_minimum_after_n_steps(form: Any, seed: int) -> None:
    """And not after n - 1."""
    x, c, h = drawn(seed)
    away = [np.linalg.norm(y - c) for y, _ in course(form, x, c, h, 6)]
    assert away[6] <= ALLOWED * away[0]
    assert away[5] > 1e-6 * away[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_one_step_for_each_distinct_eigenvalue(seed: int) -> None:
    for count, values in enumerate([[3.0] * 6, [1, 1, 1, 50, 50, 50], [1, 1, 7, 7, 50, 50]], start=1):
        x, c, h = drawn(seed, values)
        away = [np.linalg.norm(y - c) for y, _ in course(cg.step, x, c, h, count)]
        assert away[count] <= ALLOWED * away[0]
        assert count == 1 or away[count - 1] > 1e-6 * away[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_directions_are_conjugate_and_gradients_at_right_angles(seed: int) -> None:
    x, c, h = drawn(seed)
    states = [state for _, state in course(cg.step, x, c, h, 5)][1:]
    for i, one in enumerate(states):
        for other in states[:i]:
            energies = np.sqrt((one.d @ h @ one.d) * (other.d @ h @ other.d))
            assert abs(one.d @ h @ other.d) <= ALLOWED * np.linalg.cond(h) * energies
            assert abs(one.g @ other.g) <= ALLOWED * np.linalg.cond(h) * np.linalg.norm(one.g) * np.linalg.norm(other.g)


@pytest.mark.parametrize("seed", SEEDS)
def test_scipy_goes_the_same_way(seed: int) -> None:
    """scipy.sparse.linalg.cg on H x = H c, whose iterates it hands to a callback."""
    x, c, h = drawn(seed)
    theirs: list[Any] = []
    sparse.linalg.cg(h, h @ c, x0=x.copy(), rtol=0.0, atol=0.0, maxiter=5, callback=lambda y: theirs.append(y.copy()))
    for (ours, _), other in zip(course(cg.step, x, c, h, 5)[1:], theirs, strict=True):
        assert np.linalg.norm(ours - other) <= ALLOWED * np.linalg.cond(h) * np.linalg.norm(x - c)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_point_is_the_best_of_its_subspace(seed: int) -> None:
    """x_t minimises f over x_0 + span(g, Hg, …, H^{t-1}g): the Krylov space, solved directly."""
    x, c, h = drawn(seed)
    points = [y for y, _ in course(cg.step, x, c, h, 4)]
    span = np.empty((6, 0))
    for t in range(1, 5):
        span = np.linalg.qr(np.column_stack([span, (h @ (x - c) if t == 1 else h @ span[:, -1])]))[0]
        best = x - span @ np.linalg.solve(span.T @ h @ span, span.T @ h @ (x - c))
        assert np.linalg.norm(points[t] - best) <= ALLOWED * np.linalg.cond(h) * np.linalg.norm(x - c)


def test_its_first_step_is_the_steepest_descent_that_ends_lowest() -> None:
    """f along -g is least at η = gᵀg/gᵀHg."""
    x, c, h = drawn(0)
    g = h @ (x - c)
    moved = course(cg.step, x, c, h, 1)[1][0]
    np.testing.assert_allclose(moved, x - (g @ g) / (g @ h @ g) * g, rtol=1e-13)


def test_gradients_alone_give_the_same_product() -> None:
    """∇f(x + d) - ∇f(x) = Hd on a quadratic."""
    x, c, h = drawn(1)
    product = cg.differenced(lambda y: h @ (y - c), x)
    d = np.random.default_rng(0).normal(size=6)
    np.testing.assert_allclose(product(d), h @ d, rtol=0, atol=64 * 100 * 2.0**-53 * (np.abs(x) + np.abs(c) + 4).max())


def test_noise_in_the_gradients_breaks_it() -> None:
    """With noise of 1 % of the first gradient six steps leave more than 0.1 % of the way, where without they end."""
    for seed in SEEDS:
        x, c, h = drawn(seed)
        product = partial(np.matmul, h)
        rng, y, state = np.random.default_rng(seed), x, cg.init(x)
        size = 0.01 * np.linalg.norm(h @ (x - c)) / np.sqrt(6)
        for _ in range(6):
            y, state = cg.step(y, h @ (y - c) + size * rng.normal(size=6), product, state)
        assert np.linalg.norm(y - c) > 1e-3 * np.linalg.norm(x - c)


def test_at_the_minimum_it_stays() -> None:
    x = np.ones(3)
    for form in FORMS:
        moved, state = form(x, 0 * x, lambda d: d, cg.init(x))
        np.testing.assert_array_equal(moved, x)
        assert state.t == 0
