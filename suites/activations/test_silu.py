"""SiLU against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.reference.activations import sigmoid, silu
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import SILU

Array = NDArray[np.float64]


def half_of_it(x: Array) -> Array:
    """½ x σ(x)."""
    return 0.5 * silu.forward(x)


def gate_for_a_constant(x: Array, g: Array) -> Array:
    """g σ(x)."""
    return g * sigmoid.forward(x)


BINDING = Binding(
    row="SiLU", section=1, rule=SILU, against=("torch.nn.functional:silu", "torch.nn:SiLU"),
    wrong=[
        *of_a_map(SILU, forward=half_of_it, backward=gate_for_a_constant),
        Wrong(variant(silu, forward=half_of_it), by=claims.gates_of_both_signs_add_up),
    ])

test_silu = define_test(BINDING)


def test_swish_with_a_large_beta_is_relu() -> None:
    x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    np.testing.assert_allclose(silu.forward(x, beta=1e4), np.maximum(x, 0), atol=1e-300)
