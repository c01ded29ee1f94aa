"""Shampoo against SciPy's powers, as one Kronecker product, and as the two AdaGrads that it lies between.

eigh finds the factors of A + E with ‖E‖ <= c n u ‖A‖; an eigenvalue is known to c n u κ(A) of itself, a root to less.
`allowed` is 64 n u κ times the size of the update, for each of its roots; κ is computed.
"""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

from fiducial.reference.optimizers import adagrad, shampoo

U = 2.0**-53
SHAPES = ((3,), (2, 3), (4, 2), (1, 3), (2, 2, 3))
EPS = 1e-2


def gradients(shape: tuple[int, ...], count: int = 4) -> list[Any]:
    """Normal gradients; seed 71."""
    return list(np.random.default_rng([71, *shape]).normal(size=(count, *shape)))


def allowed(state: Any, size: Any) -> float:
    """The bound of an update of this size."""
    return float(sum(64 * len(a) * U * np.linalg.cond(a) for a in state.sums) * size)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_scipys_powers_give_the_same_update(shape: tuple[int, ...]) -> None:
    letters = "abc"[:len(shape)]
    x, state = np.zeros(shape), shampoo.init(np.zeros(shape), eps=EPS)
    sums = [EPS * np.eye(n) for n in shape]
    for g in gradients(shape):
        before = x
        x, state = shampoo.step(x, g, state, lr=1.0)
        update = g
        for k, letter in enumerate(letters):
            sums[k] = sums[k] + np.einsum(f"{letters},{letters.replace(letter, 'z')}->{letter}z", g, g)
            power = fractional_matrix_power(sums[k], -1 / (2 * len(shape)))
            update = np.einsum(f"z{letter},{letters}->{letters.replace(letter, 'z')}", power, update)
        assert np.linalg.norm(before - x - update) <= allowed(state, float(np.linalg.norm(update)) + np.linalg.norm(x))


@pytest.mark.parametrize("shape", [(2, 3), (4, 2)], ids=str)
def test_it_is_one_kronecker_product(shape: tuple[int, int]) -> None:
    """vec(update) = (L ⊗ R)^(-1/4) vec(g), rows first."""
    state = shampoo.init(np.zeros(shape), eps=EPS)
    for g in gradients(shape):
        x, state = shampoo.step(np.zeros(shape), g, state, lr=1.0)
        whole = fractional_matrix_power(np.kron(*state.sums), -0.25) @ g.ravel()
        kappa = np.prod([np.linalg.cond(a) for a in state.sums])
        assert np.linalg.norm(x.ravel() + whole) <= 64 * g.size * U * kappa * np.linalg.norm(whole)


def test_diagonal_gradients_make_it_adagrad() -> None:
    """L = R = diag(ε + Σg²), and two fourth roots are one square root: AdaGrad with ε under it."""
    x, state = np.zeros((3, 3)), shampoo.init(np.zeros((3, 3)), eps=EPS)
    y = np.zeros(3)
    other = adagrad.init(y, initial_accumulator_value=EPS)
    for g in gradients((3,)):
        x, state = shampoo.step(x, np.diag(g), state, lr=0.3)
        y, other = adagrad.step(y, g, other, lr=0.3, eps=0.0)
        np.testing.assert_allclose(x, np.diag(y), rtol=0, atol=4 * allowed(state, 1.0))


@pytest.mark.parametrize("shape", [(2, 3), (4, 2)], ids=str)
def test_it_turns_with_its_argument(shape: tuple[int, int]) -> None:
    """For rotations P and Q: the update of P g Q is P u Q. Shampoo's sums know no axes."""
    rng = np.random.default_rng(72)
    p, q = (np.linalg.qr(rng.normal(size=(n, n)))[0] for n in shape)
    one = other = shampoo.init(np.zeros(shape), eps=EPS)
    for g in gradients(shape):
        x, one = shampoo.step(np.zeros(shape), g, one, lr=1.0)
        y, other = shampoo.step(np.zeros(shape), p @ g @ q, other, lr=1.0)
        assert np.linalg.norm(y - p @ x @ q) <= 2 * allowed(one, float(np.linalg.norm(x)))


def test_the_forms_differ() -> None:
    """The exponent -1/k is another rule: at one gradient g = 4 with ε = 0.25 the first is 4/√16.25."""
    g, state = np.array([[4.0]]), shampoo.init(np.zeros((1, 1)), eps=0.25)
    np.testing.assert_allclose(shampoo.step(0 * g, g, state, lr=1.0)[0], -4 / 16.25**0.5, rtol=1e-14)
    left = 4 / 16.25**0.5
    np.testing.assert_allclose(shampoo.inverse_step(0 * g, g, state, lr=1.0)[0], -left / (0.25 + left**2) ** 0.5,
                               rtol=1e-14)


def test_a_scalar_is_refused() -> None:
    with pytest.raises(ValueError, match="x must have at least one dimension"):
        shampoo.init(np.zeros(()))
