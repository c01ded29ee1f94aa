"""Orthogonal matrices are orthonormal to rounding, and as likely to point one way as another."""

import math

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import orthogonal
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import ORTHOGONAL as RULE


def factor(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[Array, Array, bool]:
    """Q, R of a tall Gaussian matrix, and whether the shape is wide."""
    rows, columns = shape[0], int(np.prod(shape[1:]))
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    return q, r, rows < columns


def unsigned(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Q as the factorisation gives it."""
    q, _, wide = factor(shape, rng)
    return gain * (q.T if wide else q).reshape(shape)


def gain_squared(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """The gain taken for a variance."""
    return orthogonal.draw(shape, rng=rng, gain=gain**2)


def gaussian(shape: tuple[int, ...], *, rng: np.random.Generator, gain: float = 1.0) -> Array:
    """A Gaussian matrix whose columns have length 1 on average."""
    return np.asarray(gain / math.sqrt(max(shape[0], math.prod(shape[1:]))) * rng.standard_normal(shape))


BINDING = Binding(row="orthogonal", section=5, rule=RULE, against=("torch.nn.init:orthogonal_",), wrong=[
    Wrong(variant(orthogonal, draw=gain_squared), by=claimed(RULE, "columns-are-orthonormal")),
    Wrong(variant(orthogonal, draw=gaussian), by=claimed(RULE, "columns-are-orthonormal")),
    Wrong(variant(orthogonal, draw=unsigned), by=claimed(RULE, "is-rotation-invariant")),
    Wrong(variant(orthogonal, draw=draws.seeded), by=claimed(RULE, "come-from-the-generator")),
])
test_orthogonal = define_test(BINDING)
