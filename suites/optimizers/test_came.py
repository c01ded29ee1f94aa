"""CAME: Adafactor's factors in another's hands, a second formulation by sums, scales, and where confidence is lost."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.rounding import exact
from fiducial.reference.optimizers import adafactor, came
from fiducial.suites.optimizers.trajectories import Array, gap

SHAPES = ((1, 3), (2, 3), (4, 2), (2, 2, 3))
H: dict[str, Any] = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "beta3": 0.999, "eps1": 1e-6, "eps2": 1e-8}


def run(step: Any, shape: tuple[int, ...], seed: int = 0, steps: int = 6, scale: float = 1.0,
        **changes: Any) -> list[tuple[Any, Any]]:
    """A form over normal gradients, with bounds."""
    rng = np.random.default_rng([61, seed])
    x: Any = exact(rng.normal(size=shape))
    state, out = came.init(x), []
    options = {name: exact(value) for name, value in {**H, **changes}.items()}
    for _ in range(steps):
        x, state = step(x, exact(scale * rng.normal(size=shape)), state, **options)
        out.append((x, state))
    return out


def in_sums(x: Any, g: Any, memory: Any, h: dict[str, Any]) -> tuple[Any, Any]:
    """The paper's own form for one matrix: sums, outer products, and a division by the total of the rows."""
    r, c, m, rows, columns = memory
    ones = {k: np.ones(x.shape[k]) for k in (0, 1)}
    s = g * g + h["eps1"]
    r, c = (h["beta2"] * old + (1 - h["beta2"]) * np.einsum(way, s, ones[k])
            for old, way, k in ((r, "ij,j->i", 1), (c, "ij,i->j", 0)))
    u = g / np.sqrt(np.outer(r, c) / np.sum(r))
    u = u / np.maximum(1.0, np.sqrt(np.sum(u * u) / x.size))
    m = h["beta1"] * m + (1 - h["beta1"]) * u
    s = (u - m) * (u - m) + h["eps2"]
    rows, columns = (h["beta3"] * old + (1 - h["beta3"]) * np.einsum(way, s, ones[k])
                     for old, way, k in ((rows, "ij,j->i", 1), (columns, "ij,i->j", 0)))
    return x - h["lr"] * m / np.sqrt(np.outer(rows, columns) / np.sum(rows)), (r, c, m, rows, columns)


@pytest.mark.parametrize("shape", SHAPES[:3], ids=str)
def test_means_and_sums_are_the_same_rule(shape: tuple[int, int]) -> None:
    for seed in range(4):
        rng = np.random.default_rng([61, seed])
        x: Any = exact(rng.normal(size=shape))
        h = {name: exact(value) for name, value in H.items()}
        memory: Any = (np.zeros(shape[0]), np.zeros(shape[1]), np.zeros(shape), np.zeros(shape[0]), np.zeros(shape[1]))
        for ours, _ in run(came.step, shape, seed):
            x, memory = in_sums(x, exact(rng.normal(size=shape)), memory, h)
            assert gap(ours, x) <= 1


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_its_first_update_is_adafactors(shape: tuple[int, ...]) -> None:
    """û_1: Adafactor's factors at w = 1 - β₂ are proportional, and RMS is clipped where it is above 1."""
    rng = np.random.default_rng(2)
    g: Array = rng.normal(size=shape)
    state = adafactor.averaged(exact(g) ** 2 + 1e-6, adafactor.init(exact(g)), beta2_decay=-0.8)
    u = exact(g) / np.sqrt(adafactor.second_moment(state) * (1 - exact(0.99)))
    _, ours = came.step(exact(g), exact(g), came.init(exact(g)), **{**H, "eps1": 1e-6, "beta1": 0.0})
    assert gap(ours.m, came.clipped(u, d=1.0)) <= 1


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_scale_of_the_loss_does_not_matter(shape: tuple[int, ...]) -> None:
    """At ε₁ scaled with it: every quotient is the same number."""
    for (a, _), (b, _) in zip(run(came.step, shape), run(came.step, shape, scale=2.0**10, eps1=1e-6 * 2.0**20),
                              strict=True):
        assert gap(a, b) <= 1


def test_rows_and_columns_may_be_permuted() -> None:
    rng = np.random.default_rng(3)
    x, g = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    rows, columns = np.array([2, 0, 3, 1]), np.array([1, 2, 0])
    one, _ = came.step(exact(x), exact(g), came.init(exact(x)), **H)
    a, b = exact(x[rows][:, columns]), exact(g[rows][:, columns])
    assert gap(came.step(a, b, came.init(a), **H)[0], one[rows][:, columns]) <= 1


def test_agreement_makes_long_steps_and_disagreement_short_ones() -> None:
    """Two rows of a 2 × 1 matrix: one keeps its gradient, the other flips, and moves less."""
    x: Any = np.zeros((2, 1))
    state = came.init(x)
    for k in range(10):
        before = x
        x, state = came.step(x, np.array([[1.0], [(-1.0) ** k]]), state, **{**H, "beta3": 0.9})
    moved = np.abs(x - before)
    assert moved[0, 0] > 3 * moved[1, 0]


def test_a_constant_matrix_of_equal_entries() -> None:
    """g = 1: u_t = 1/√(1-β₂^t), clipped to 1; m_t = 1 - β₁^t; the residue is β₁^2t + ε₂, averaged with β₃."""
    x: Any = exact(np.zeros((2, 3)))
    state = came.init(x)
    residue: Any = exact(0.0)
    beta1, beta3, h = exact(0.9), exact(0.999), {name: exact(v) for name, v in {**H, "eps1": 0.0}.items()}
    for t in range(1, 8):
        before = x
        x, state = came.step(x, exact(np.ones((2, 3))), state, **h)
        residue = beta3 * residue + (1 - beta3) * (beta1 ** (2 * t) + H["eps2"])
        assert gap(before - x, exact(0.1) * (1 - beta1**t) / np.sqrt(residue) * np.ones((2, 3))) <= 1


def test_a_vector_has_no_confidence() -> None:
    """v, û and η m; β₃ and ε₂ do not matter."""
    one, other = (run(came.step, (5,), beta3=b, eps2=e)[-1][0] for b, e in ((0.999, 1e-8), (0.5, 1.0)))
    assert gap(one, other) == 0
    g: Any = exact(np.array([3.0, -4.0]))
    x, _ = came.step(g, g, came.init(g), **H)
    u = g / np.sqrt((1 - exact(0.99)) * (g * g + 1e-6))
    assert gap(g - x, exact(0.1) * (1 - exact(0.9)) * came.clipped(u, d=1.0)) <= 1
