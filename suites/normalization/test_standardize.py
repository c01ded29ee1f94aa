"""Standardization by itself: what the paper says of its gradient at ε = 0, which torch refuses."""

from typing import Any

import numpy as np
import pytest

from fiducial.checks.evidence import Array
from fiducial.checks.rounding import Rounded
from fiducial.reference.normalization import standardize


@pytest.fixture
def x() -> Array:
    return np.random.default_rng(11).normal(2.0, 3.0, size=(6, 4))


def test_at_epsilon_zero_the_gradient_is_orthogonal_to_ones_and_to_the_output(x: Array) -> None:
    g = Rounded(np.random.default_rng(12).normal(size=x.shape))
    dx = standardize.backward(Rounded(x), g, axes=(0,), eps=0.0)
    x_hat = standardize.forward(Rounded(x), axes=(0,), eps=0.0)
    for total in (dx.sum(axis=0), (dx * x_hat).sum(axis=0)):
        assert (abs(total.value) <= total.error).all()
        assert (total.error < 1e-12).all()


def test_the_sum_in_the_gradient_of_the_mean_is_zero(x: Array) -> None:
    mean, _, m = standardize.moments(Rounded(x), axes=(0,))
    total = (Rounded(x) - mean).sum(axis=0)
    assert m == 6
    assert (abs(total.value) <= total.error).all()


def test_a_constant_block_becomes_zero() -> None:
    np.testing.assert_array_equal(standardize.forward(np.full((3, 2), 7.0), axes=(0,)), np.zeros((3, 2)))


def test_it_writes_nothing_into_its_input(x: Array) -> None:
    before = x.copy()
    standardize.backward(x, np.ones_like(x), axes=(0,))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"axes": (2,)}, "axes must be a whole number in"),
    ({"axes": (0,), "eps": -1.0}, "eps must be at least 0, got -1.0"),
])
def test_what_cannot_be_standardized_is_refused(x: Array, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        standardize.forward(x, **arguments)
    assert str(caught.value).startswith(message)


def test_an_empty_block_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        standardize.forward(np.zeros((0, 2)), axes=(0,))
    assert str(caught.value) == "x must hold an entry along the axes (0,), got shape (0, 2)"
