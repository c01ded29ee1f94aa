"""Maxout against its claims; torch has no callable of its own."""

import numpy as np
import pytest
from hypothesis.strategies import just
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.checks.gates import GROUP_RANGES, PIECES
from fiducial.reference.activations import maxout
from fiducial.suites.activations.mutants import along_the_memory, row_by_row
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import of_a_map

Array = NDArray[np.float64]


CLAIMS = of_a_map(maxout, GROUP_RANGES, pieces=PIECES, empty={"x": just(np.zeros((0, 4))), "pieces": just(2)})
FOLLOWS, BACKWARD, DERIVATIVE, _, LAYOUTS, EMPTY = CLAIMS


def entries_apart(x: Array, *, pieces: int = 2, axis: int = -1) -> Array:
    """The largest of entries that lie n apart."""
    return np.asarray(np.max(x.reshape(*x.shape[:-1], pieces, -1), axis=-2))


def largest_in_size(x: Array, *, pieces: int = 2, axis: int = -1) -> Array:
    """The largest |x|."""
    return maxout.forward(np.abs(x), pieces=pieces, axis=axis)


def gradient_to_all(x: Array, g: Array, *, pieces: int = 2, axis: int = -1) -> Array:
    """g for every piece."""
    return np.repeat(g, pieces, axis=axis)


BINDING = Binding(
    row="Maxout", section=1, definition=maxout,
    claims=(FOLLOWS, BACKWARD, DERIVATIVE, LAYOUTS, EMPTY, claims.order_within_a_group_is_free,
            claims.relu_of_a_pair_with_0),
    wrong=[
        Wrong(variant(maxout, forward=entries_apart), by=FOLLOWS),
        Wrong(variant(maxout, backward=gradient_to_all), by=BACKWARD),
        Wrong(variant(maxout, backward=gradient_to_all), by=DERIVATIVE),
        Wrong(variant(maxout, forward=along_the_memory(maxout)), by=LAYOUTS),
        Wrong(variant(maxout, forward=row_by_row(maxout)), by=EMPTY),
        Wrong(variant(maxout, forward=entries_apart), by=claims.order_within_a_group_is_free),
        Wrong(variant(maxout, forward=largest_in_size), by=claims.relu_of_a_pair_with_0),
    ])

test_maxout = define_test(BINDING)


def test_largest_pieces_share_the_gradient() -> None:
    x, g = np.array([[1.0, 1.0, 0.0, 2.0]]), np.array([[3.0, 5.0]])
    np.testing.assert_array_equal(maxout.backward(x, g), [[1.5, 1.5, 0.0, 5.0]])
    with pytest.raises(ValueError, match="pieces must divide the 4 entries of axis -1, got 3"):
        maxout.forward(x, pieces=3)
