"""Bounds on bases: what is perturbed stays within them, and what is open is unknown, branches of a step included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.checks.agreement import expected
from fiducial.checks.plans import Group, Plan, Tensor
from fiducial.checks.rounding import FLOAT32, FLOAT64, Rounded
from fiducial.reference.optimizers import galore, soap
from fiducial.suites.rules import find
from fiducial.suites.rules.eigenbases import eigenvectors, iteration
from fiducial.suites.rules.projected import vectors

SHAPES = ((2, 2), (3, 2), (2, 3), (4, 2), (1, 3))


def aligned(found: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Columns with the signs of a basis."""
    return found * np.where(np.sum(found * basis, axis=0) < 0, -1.0, 1.0)


@pytest.mark.parametrize("longer", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_projections_of_a_perturbed_matrix_stay_within_the_bound(shape: tuple[int, int], longer: bool) -> None:
    """Seed 91; a perturbation of each entry by as much as its error allows, of sizes 1e-12 to 0.1."""
    rng = np.random.default_rng([91, *shape])
    judged = 0
    for _ in range(100):
        g, error = rng.normal(size=shape), 10 ** rng.uniform(-12, -1)
        p = vectors(Rounded(g, error), rank=min(shape), longer=longer, inside=FLOAT64)
        other = galore.projection(g + rng.choice([-error, error], size=shape), rank=min(shape), longer=longer)
        known = np.isfinite(p.error)
        judged += int(known.sum())
        assert (np.abs(aligned(other, p.value) - p.value)[known] <= p.error[known]).all()
    assert judged > 50 * min(shape)


def test_a_narrow_decomposition_is_known_to_its_own_format() -> None:
    rng = np.random.default_rng(92)
    for _ in range(50):
        g = rng.normal(size=(3, 2))
        p = vectors(Rounded(g), rank=2, longer=False, inside=FLOAT32)
        narrow = np.linalg.svd(g.astype(np.float32), full_matrices=False)[2].T.astype(np.float64)
        assert (np.abs(aligned(narrow, p.value) - p.value) <= p.error).all()
        assert np.isinf(p.error).any() or p.error.min() > FLOAT32.unit


@pytest.mark.parametrize("g", [np.eye(2), np.zeros((3, 2)), np.full((2, 2), np.nan)], ids=["equal", "zero", "nan"])
def test_what_is_open_is_unknown(g: np.ndarray) -> None:
    error = np.inf if np.isnan(g).any() else 0.0
    assert np.isinf(vectors(Rounded(g, error), rank=2, longer=False, inside=FLOAT64).error).all()


def symmetric(rng: np.random.Generator, n: int, size: float) -> Any:
    """A symmetric matrix of entries of this size."""
    a = rng.normal(size=(n, n)) * size
    return (a + a.T) / 2


@pytest.mark.parametrize("n", [2, 3, 4])
def test_eigenvectors_of_a_perturbed_matrix_stay_within_the_bound(n: int) -> None:
    """Seed 93; each entry is off by at most its error, which is 1e-12 to 0.1."""
    rng, judged = np.random.default_rng([93, n]), 0
    for _ in range(100):
        a, off = symmetric(rng, n, 1.0), symmetric(rng, n, 10 ** rng.uniform(-12, -1))
        q = eigenvectors(Rounded(a, np.abs(off)))
        known = np.isfinite(q.error)
        judged += int(known.sum())
        assert (np.abs(aligned(soap.eigenbasis(a + off), q.value) - q.value)[known] <= q.error[known]).all()
    assert judged > 50 * n


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("inside", [FLOAT64, FLOAT32], ids=["float64", "float32"])
def test_a_perturbed_power_iteration_stays_within_the_bound(rank: int, inside: Any) -> None:
    """Seed 94; a sum of so many squares, from a basis near its own; a null space of one dimension is determined."""
    rng, judged = np.random.default_rng([94, rank]), 0
    for _ in range(100):
        g = rng.normal(size=(3, rank))
        a, off = g @ g.T, symmetric(rng, 3, 10 ** rng.uniform(-12, -2))
        q = np.linalg.qr(soap.eigenbasis(a) + 0.1 * rng.normal(size=(3, 3)))[0]
        found, order = iteration(Rounded(a, np.abs(off)), Rounded(q), inside)
        m = ((a + off) @ q)[:, order]
        other = np.linalg.qr(m.astype(np.float32 if inside is FLOAT32 else np.float64))[0]
        known = np.isfinite(found.error)
        judged += int(known.sum())
        assert (np.abs(aligned(other, found.value) - found.value)[known] <= found.error[known]).all()
    assert judged > 100


def test_an_order_that_rounding_may_turn_over_is_unknown() -> None:
    a = Rounded(np.diag([1.0, 1.0 + 1e-9, 3.0]), 1e-8)
    assert np.isinf(iteration(a, Rounded(np.eye(3)), FLOAT64)[0].error).all()
    assert np.isinf(eigenvectors(Rounded(np.eye(2))).error).all()
    assert np.isinf(eigenvectors(Rounded(np.full((2, 2), np.nan), np.inf)).error).all()


def test_a_step_that_must_decide_what_is_open_is_unknown_and_counted() -> None:
    """RAdam's ρ_t at β₂ = 0.999 hangs on the last digits of 1 - β₂, which float32 does not have."""
    rule = find("radam")
    assert rule is not None
    tensor = Tensor(np.ones(2), (np.ones(2),) * 8)
    points = expected(Plan((Group((tensor,)),)), rule, rule.defaults(), inside="float32", rounded_inputs=True).points[0]
    assert [point.state.t for point in points] == list(range(9))
    assert np.isfinite(points[0].x.error).all()
    assert np.isinf(points[-1].x.error).all()
