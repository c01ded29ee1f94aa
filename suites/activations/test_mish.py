"""Mish against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.reference.activations import mish, softplus
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import MISH

Array = NDArray[np.float64]


def tanh_forgotten(x: Array) -> Array:
    """x softplus(x)."""
    return x * softplus.forward(x)


def gate_for_a_constant(x: Array, g: Array) -> Array:
    """g tanh(softplus(x))."""
    return g * np.tanh(softplus.forward(x))


BINDING = Binding(
    row="Mish", section=1, rule=MISH, against=("torch.nn.functional:mish", "torch.nn:Mish"),
    wrong=[
        *of_a_map(MISH, forward=tanh_forgotten, backward=gate_for_a_constant),
        Wrong(variant(mish, forward=tanh_forgotten), by=claims.between_its_minimum_and_relu),
    ])

test_mish = define_test(BINDING)
