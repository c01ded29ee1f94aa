"""ELU against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import gates as claims
from fiducial.reference.activations import elu
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import ELU

Array = NDArray[np.float64]


def alpha_in_the_exponent(x: Array, *, alpha: float = 1.0) -> Array:
    """e^(αx) - 1 below 0."""
    return np.where(x > 0, x, np.expm1(alpha * np.minimum(x, 0)))


def slope_1_at_0(x: Array, g: Array, *, alpha: float = 1.0) -> Array:
    """The slope of x where x ≥ 0."""
    return np.where(x == 0, g, elu.backward(x, g, alpha=alpha))


def alpha_forgotten(x: Array, g: Array, *, alpha: float = 1.0) -> Array:
    """g e^x below 0."""
    return elu.backward(x, g)


BINDING = Binding(
    row="ELU", section=1, rule=ELU, against=("torch.nn.functional:elu", "torch.nn:ELU"),
    wrong=[
        *of_a_map(ELU, forward=alpha_in_the_exponent, backward=alpha_forgotten),
        Wrong(variant(elu, forward=alpha_in_the_exponent), by=claims.saturates_at_minus_alpha),
        Wrong(variant(elu, backward=slope_1_at_0), by=claims.slope_at_0_is_alpha),
    ])

test_elu = define_test(BINDING)
