"""ReLU against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import rectifiers as claims
from fiducial.reference.activations import hardtanh, leaky_relu, relu, softplus
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import RELU

Array = NDArray[np.float64]


def relu6(x: Array) -> Array:
    """ReLU cut off at 6."""
    return hardtanh.forward(x, lower=0.0, upper=6.0)


def magnitude(x: Array) -> Array:
    """|x|."""
    return np.abs(x)


def passing_all(x: Array, g: Array) -> Array:
    """The gradient as it came."""
    return g


BINDING = Binding(
    row="ReLU", section=1, rule=RELU, against=("torch.nn.functional:relu", "torch.nn:ReLU"),
    wrong=[
        *of_a_map(RELU, forward=magnitude, backward=passing_all),
        Wrong(variant(relu, backward=lambda x, g: np.where(x >= 0, g, 0.0)), by=RELU.claims[1]),
        Wrong(variant(relu, forward=relu6), by=claims.positively_homogeneous),
        Wrong(leaky_relu, by=claims.idempotent),
        Wrong(leaky_relu, by=claims.half_of_the_outputs_are_0),
        Wrong(variant(relu, forward=magnitude), by=claims.half_of_the_second_moment),
        Wrong(softplus, by=claims.kink_is_called_a_kink),
    ])

test_relu = define_test(BINDING)
