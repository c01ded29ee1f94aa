"""Hardtanh against its claims, torch's among its subjects."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.reference.activations import hardtanh
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import HARDTANH

Array = NDArray[np.float64]


def clipped_from_above(x: Array, *, lower: float = -1.0, upper: float = 1.0) -> Array:
    """min(x, u)."""
    return np.minimum(x, upper)


def passing_all(x: Array, g: Array, *, lower: float = -1.0, upper: float = 1.0) -> Array:
    """The gradient as it came."""
    return g


BINDING = Binding(
    row="hard variants", section=1, rule=HARDTANH, against=("torch.nn.functional:hardtanh", "torch.nn:Hardtanh"),
    wrong=[
        *of_a_map(HARDTANH, forward=clipped_from_above, backward=passing_all),
        Wrong(variant(hardtanh, forward=clipped_from_above), by=claims.projects_onto_its_interval),
    ])

test_hardtanh = define_test(BINDING)


def test_bounds_in_the_wrong_order() -> None:
    with pytest.raises(ValueError, match=r"lower must be below upper = -1\.0, got 1\.0"):
        hardtanh.forward(np.zeros(1), lower=1.0, upper=-1.0)
