"""SELU against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.reference.activations import elu, selu
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import SELU

Array = NDArray[np.float64]


def not_scaled(x: Array) -> Array:
    """An ELU."""
    return elu.forward(x)


def slope_not_scaled(x: Array, g: Array) -> Array:
    """The slope of an ELU."""
    return elu.backward(x, g)


BINDING = Binding(
    row="SELU", section=1, rule=SELU, against=("torch.nn.functional:selu", "torch.nn:SELU"),
    wrong=[
        *of_a_map(SELU, forward=not_scaled, backward=slope_not_scaled),
        Wrong(variant(selu, forward=not_scaled), by=claims.keeps_mean_0_and_variance_1),
    ])

test_selu = define_test(BINDING)


def test_the_constants_solve_their_equations() -> None:
    half = np.linspace(0, 12, 200_001)
    weights = np.exp(-half**2 / 2) / np.sqrt(2 * np.pi)
    for power, expected in ((1, 0.0), (2, 1.0)):
        both = (selu.forward(half) ** power + selu.forward(-half) ** power) * weights
        np.testing.assert_allclose(np.trapezoid(both, half), expected, atol=1e-8)
