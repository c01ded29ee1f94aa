"""GELU against its claims, and its approximation against its own; torch's among the subjects of both."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.reference.activations import gelu, silu
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import GELU, GELU_BY_TANH

Array = NDArray[np.float64]


def without_the_half(x: Array) -> Array:
    """x (1 + erf(x/√2))."""
    return 2 * gelu.forward(x)


def by_sigmoid(x: Array) -> Array:
    """x σ(1.702 x)."""
    return silu.forward(x, beta=1.702)


def density_forgotten(x: Array, g: Array) -> Array:
    """g Φ(x)."""
    return g * gelu.forward(x) / np.where(x == 0, 1.0, x)


BINDING = Binding(
    row="GELU", section=1, rule=GELU, against=("torch.nn.functional:gelu", "torch.nn:GELU"),
    wrong=[
        *of_a_map(GELU, forward=gelu.tanh_forward, backward=density_forgotten),
        Wrong(variant(gelu, forward=without_the_half), by=claims.gates_of_both_signs_add_up),
    ])
BY_TANH = Binding(
    row="GELU", section=1, rule=GELU_BY_TANH, against=("torch.nn.functional:gelu", "torch.nn:GELU"),
    settings={path: {"approximate": "tanh"} for path in ("torch.nn.functional:gelu", "torch.nn:GELU")},
    wrong=[
        *of_a_map(GELU_BY_TANH, forward=gelu.forward, backward=density_forgotten),
        Wrong(variant(gelu, forward=by_sigmoid), by=claims.close_to_gelu),
    ])

test_gelu = define_test(BINDING)
test_gelu_by_tanh = define_test(BY_TANH)
