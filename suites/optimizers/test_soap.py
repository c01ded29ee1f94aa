"""SOAP beside Adam in a basis that stays, turned with its argument, and its power iteration against eigenvectors.

Products with orthogonal matrices lose c n² u, n <= 3; m/(√v + ε) amplifies that by at most 1/ε² = 10⁶, of numbers of
size 1: 10⁻⁹.
"""

from typing import Any

import numpy as np
import pytest

from fiducial.reference.optimizers import adam, soap

TIGHT = 1e-9
H: dict[str, Any] = {"lr": 0.1, "beta1": 0.9, "beta2": 0.95, "eps": 1e-3}


def gradients(shape: tuple[int, int], count: int = 12) -> list[Any]:
    """Normal gradients; seed 73."""
    return list(np.random.default_rng([73, *shape]).normal(size=(count, *shape)))


def run(x: Any, given: list[Any], **h: Any) -> list[tuple[Any, Any]]:
    """Points and states."""
    state, out = soap.init(x), []
    for g in given:
        x, state = soap.step(x, g, state, **{**H, **h})
        out.append((x, state))
    return out


def test_the_first_gradient_moves_nothing() -> None:
    x = np.ones((2, 3))
    moved, state = soap.step(x, gradients((2, 3))[0], soap.init(x), **H)
    np.testing.assert_array_equal(moved, x)
    assert state.t == 1
    np.testing.assert_array_equal(state.m, 0 * x)


def test_diagonal_gradients_make_it_adam_a_gradient_late() -> None:
    """Bases are the axes, in some order and of some sign: Adam with ε before its correction, from gradient 2 on."""
    shape, rng = (3, 3), np.random.default_rng(74)
    given = [np.diag(rng.normal(size=3) * [4.0, 2.0, 1.0]) for _ in range(12)]
    y, other = np.zeros(shape), adam.init(np.zeros(shape))
    for k, (x, _) in enumerate(run(np.zeros(shape), given, frequency=3)):
        if k:
            y, other = adam.keras_step(y, given[k], other, **H)
        np.testing.assert_allclose(x, y, rtol=0, atol=TIGHT)


def test_a_basis_that_is_never_renewed_is_adam_in_it() -> None:
    """x' = Q_Lᵀ x Q_R, g' likewise: keras_step on them, turned back."""
    shape = (2, 3)
    given = gradients(shape)
    course = run(np.zeros(shape), given, frequency=10**6)
    a, b = course[0][1].a, course[0][1].b
    y, other = np.zeros(shape), adam.init(np.zeros(shape))
    for g, (x, _) in zip(given[1:], course[1:], strict=True):
        y, other = adam.keras_step(y, a.T @ g @ b, other, **H)
        np.testing.assert_allclose(x, a @ y @ b.T, rtol=0, atol=TIGHT)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 3)], ids=str)
def test_it_turns_with_its_argument(shape: tuple[int, int]) -> None:
    """The update of P g Q is P u Q for rotations, as Shampoo's and not as Adam's.

    The first basis of a null space is open, and with it the course: both runs are made to begin alike.
    """
    rng = np.random.default_rng(75)
    p, q = (np.linalg.qr(rng.normal(size=(n, n)))[0] for n in shape)
    given = gradients(shape)
    x = y = np.zeros(shape)
    one, other = (soap.begun(g, soap.init(x), beta=0.95) for g in (given[0], p @ given[0] @ q))
    other = other._replace(a=p @ one.a, b=q.T @ one.b)
    for g in given[1:]:
        x, one = soap.step(x, g, one, **H, frequency=2)
        y, other = soap.step(y, p @ g @ q, other, **H, frequency=2)
        np.testing.assert_allclose(y, p @ x @ q, rtol=0, atol=TIGHT)


def test_the_signs_of_a_basis_do_not_matter() -> None:
    given = gradients((3, 2))
    x = np.zeros((3, 2))
    one = soap.begun(given[0], soap.init(x), beta=0.95)
    other = one._replace(a=one.a * [1, -1, -1], b=one.b * [-1, 1])
    y = x
    for g in given[1:]:
        x, one = soap.step(x, g, one, **H, frequency=2)
        y, other = soap.step(y, g, other, **H, frequency=2)
        np.testing.assert_allclose(y, x, rtol=0, atol=TIGHT)


def test_power_iterations_end_at_the_eigenvectors_in_their_order() -> None:
    """With eigenvalues 8, 4, 2, 1 each iteration halves what is wrong: 60 leave nothing but signs."""
    rng = np.random.default_rng(76)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    a = turn @ np.diag([1.0, 8, 2, 4]) @ turn.T
    q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    for _ in range(60):
        q, _ = soap.iterated(a, q)
    np.testing.assert_allclose(np.abs(q.T @ turn[:, [1, 3, 2, 0]]), np.eye(4), atol=1e-13)
    np.testing.assert_allclose(np.abs(q.T @ soap.eigenbasis(a)), np.eye(4), atol=1e-13)


def test_the_second_moment_is_sorted_with_its_basis() -> None:
    """Where the order turns, v's rows and columns turn with the vectors that they belong to."""
    state = soap.State(np.zeros((2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]), np.diag([1.0, 5.0]), np.diag([7.0, 2.0]),
                       np.eye(2), np.eye(2), 1)
    new = soap.renewed(state)
    np.testing.assert_array_equal(new.v, [[3.0, 4.0], [1.0, 2.0]])
    np.testing.assert_allclose(np.abs(new.a), [[0, 1], [1, 0]], atol=0)
    np.testing.assert_allclose(np.abs(new.b), np.eye(2), atol=0)


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="x must be a matrix"):
        soap.init(np.zeros(3))
