"""GaLore beside Adam in the projection's basis, its transpose, and what it leaves untouched.

Orthonormal products lose c n u, n <= 5, and Adam's quotient amplifies by at most 1/ε = 10³: 1e-11 is above both.
"""

from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import adam, galore

TIGHT = 1e-11
H: dict[str, Any] = {"lr": 0.1, "beta1": 0.9, "beta2": 0.95, "eps": 1e-3}
SHAPES = ((4, 3), (3, 4), (3, 3), (5, 1))
FORMS = ((galore.step, adam.step), (galore.keras_step, adam.keras_step))


def gradients(shape: tuple[int, int], count: int = 8) -> list[Any]:
    """Normal gradients; seed 77."""
    return list(np.random.default_rng([77, *shape]).normal(size=(count, *shape)))


def run(shape: tuple[int, int], given: list[Any], form: Any = galore.step, *, rank: int, **h: Any) -> list[Any]:
    """Points, from 0."""
    x = np.zeros(shape)
    state, out = galore.init(x, rank=rank), []
    for g in given:
        x, state = form(x, g, state, **{**H, "scale": 0.5, "period": 3, **h})
        out.append(x)
    return out


@pytest.mark.parametrize(("form", "plain"), FORMS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_adam_on_projections(shape: tuple[int, int], form: Any, plain: Any) -> None:
    """One decomposition at the start and none after it: Adam on ĝ, projected back and halved."""
    given = gradients(shape)
    p = galore.projection(given[0], rank=2)
    y = np.zeros(galore.down(given[0], p).shape)
    state = adam.init(y)
    for g, x in zip(given, run(shape, given, form, rank=2, period=100), strict=True):
        y, state = plain(y, galore.down(g, p), state, **H)
        np.testing.assert_allclose(x, 0.5 * galore.back(y, p, shape), rtol=0, atol=TIGHT)


@pytest.mark.parametrize("shape", [(4, 3), (5, 1)], ids=str)
def test_it_transposes_with_its_argument(shape: tuple[int, int]) -> None:
    """The shorter side is projected, whichever it is; signs of singular vectors are made the same by U ↔ V."""
    given = gradients(shape)
    one, other = run(shape, given, rank=2, period=100), run(shape[::-1], [g.T for g in given], rank=2, period=100)
    for x, y in zip(one, other, strict=True):
        np.testing.assert_allclose(x, y.T, rtol=0, atol=TIGHT)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_nothing_moves_outside_the_subspace(shape: tuple[int, int]) -> None:
    given = gradients(shape)
    p = galore.projection(given[0], rank=1)
    np.testing.assert_allclose(p.T @ p, [[1.0]], rtol=1e-14)
    for x in run(shape, given, rank=1, period=100):
        np.testing.assert_allclose(x, galore.back(galore.down(x, p), p, shape), rtol=0, atol=TIGHT)


def test_the_projection_keeps_the_most_that_any_of_its_rank_can() -> None:
    """‖ĝ‖² is the sum of the r largest squared singular values (Eckart, Young); 200 others keep less."""
    g, rng = gradients((4, 3))[0], np.random.default_rng(78)
    kept = np.linalg.norm(galore.down(g, galore.projection(g, rank=2)))
    np.testing.assert_allclose(kept**2, np.sum(np.linalg.svd(g, compute_uv=False)[:2] ** 2), rtol=1e-13)
    assert all(np.linalg.norm(g @ np.linalg.qr(rng.normal(size=(3, 2)))[0]) < kept for _ in range(200))


def test_the_signs_of_a_projection_do_not_matter_while_it_stays() -> None:
    given = gradients((4, 3))
    x = y = np.zeros((4, 3))
    one = other = galore.init(x, rank=2)
    x, one = galore.step(x, given[0], one, **H, period=100)
    y, other = x, one._replace(p=one.p * [-1, 1], inner=one.inner._replace(m=one.inner.m * [-1, 1]))
    for g in given[1:]:
        x, one = galore.step(x, g, one, **H, period=100)
        y, other = galore.step(y, g, other, **H, period=100)
        np.testing.assert_allclose(y, x, rtol=0, atol=TIGHT)


def test_every_period_begins_with_a_decomposition() -> None:
    given = gradients((4, 3))
    state = galore.init(np.zeros((4, 3)), rank=2)
    for t, g in enumerate(given):
        _, state = galore.step(np.zeros((4, 3)), g, state, **H, period=3)
        np.testing.assert_array_equal(state.p, galore.projection(given[t - t % 3], rank=2))


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3)], ids=str)
def test_at_full_rank_either_side_is_adam_turned(shape: tuple[int, int]) -> None:
    """The longer side is projected by min(n, m) vectors, and what is left out of it is what g has nothing in."""
    g = gradients(shape)[0]
    p = galore.projection(g, rank=3, longer=True)
    assert p.shape == (max(shape), 3)
    np.testing.assert_allclose(galore.back(galore.down(g, p, longer=True), p, shape, longer=True), g, atol=TIGHT)
    assert galore.init(np.zeros(shape), rank=3, longer=True).p.shape == p.shape


def test_the_longer_side_transposes_with_its_argument_but_for_squares() -> None:
    given = gradients((4, 3))
    x, y, h = np.zeros((4, 3)), np.zeros((3, 4)), {**H, "scale": 0.5, "period": 100, "longer": True}
    one, other = galore.init(x, rank=2, longer=True), galore.init(y, rank=2, longer=True)
    for g in given:
        x, one = galore.projected(adam.step, x, g, one, **h)
        y, other = galore.projected(adam.step, y, g.T, other, **h)
        np.testing.assert_allclose(x, y.T, rtol=0, atol=TIGHT)


def test_a_rank_beyond_the_matrix_is_that_of_the_matrix() -> None:
    assert galore.init(np.zeros((4, 3)), rank=9).p.shape == (3, 3)
    with pytest.raises(ValueError, match="rank must be a whole number of at least 1"):
        galore.init(np.zeros((4, 3)), rank=0)
    with pytest.raises(ValueError, match="x must be a matrix"):
        galore.init(np.zeros(4), rank=1)
