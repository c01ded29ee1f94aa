"""Hard swish against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.reference.activations import hardsigmoid, hardswish
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import HARDSWISH

Array = NDArray[np.float64]


def not_divided(x: Array) -> Array:
    """x ReLU6(x + 3)."""
    return 6 * hardswish.forward(x)


def gate_for_a_constant(x: Array, g: Array) -> Array:
    """g times the hard sigmoid."""
    return g * hardsigmoid.forward(x)


BINDING = Binding(
    row="hard variants", section=1, rule=HARDSWISH, against=("torch.nn.functional:hardswish", "torch.nn:Hardswish"),
    wrong=[
        *of_a_map(HARDSWISH, forward=not_divided, backward=gate_for_a_constant),
        Wrong(variant(hardswish, forward=not_divided), by=claims.gates_of_both_signs_add_up),
    ])

test_hardswish = define_test(BINDING)


def test_slopes_at_the_kinks_are_those_of_the_outer_sides() -> None:
    np.testing.assert_array_equal(hardswish.backward(np.array([-3.0, 3.0]), np.ones(2)), [0.0, 1.0])
