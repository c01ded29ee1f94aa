"""Bounds on singular vectors, eigenvectors and factors: what is perturbed stays within, and what is open is unknown."""

from __future__ import annotations

import numpy as np
import pytest

from fiducial.checks.rounding import FLOAT32, FLOAT64, Rounded
from fiducial.reference.optimizers import galore
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
