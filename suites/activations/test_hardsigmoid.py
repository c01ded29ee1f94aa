"""The hard sigmoid against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import activations as claims
from fiducial.reference.activations import hardsigmoid
from fiducial.suites.activations.mutants import of_a_map
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import HARDSIGMOID

Array = NDArray[np.float64]


def not_shifted(x: Array) -> Array:
    """x clipped to [0, 6], over 6."""
    return np.clip(x, 0, 6) / 6


def of_keras_2(x: Array) -> Array:
    """0.2 x + 0.5, clipped."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def never_cut(x: Array, g: Array) -> Array:
    """g / 6."""
    return g / 6


SUBJECTS = ("torch.nn.functional:hardsigmoid", "torch.nn:Hardsigmoid")
IN_FLOAT32 = "torch 2.13 multiplies a float64 gradient by 1/6 in float32: 0.16666667163 in place of 0.16666666667"
BINDING = Binding(
    row="hard variants", section=1, rule=HARDSIGMOID, against=SUBJECTS,
    known={(path, claim.id): IN_FLOAT32 for path in SUBJECTS for claim in HARDSIGMOID.claims[1:3]},
    wrong=[
        *of_a_map(HARDSIGMOID, forward=of_keras_2, backward=never_cut),
        Wrong(variant(hardsigmoid, forward=not_shifted), by=claims.complement),
    ])

test_hardsigmoid = define_test(BINDING)
