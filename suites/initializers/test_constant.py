"""One constant leaves every hidden unit like every other."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import constant
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import CONSTANT as RULE


def in_float32(shape: tuple[int, ...], *, rng: np.random.Generator, value: float) -> Array:
    """The constant as float32 holds it."""
    return np.full(shape, float(np.float32(value)))


def noisy(shape: tuple[int, ...], *, rng: np.random.Generator, value: float) -> Array:
    """The constant and a little noise."""
    return value + 1e-12 * rng.standard_normal(shape)


BINDING = Binding(row="constant", section=5, rule=RULE, against=("torch.nn.init:constant_",), wrong=[
    Wrong(variant(constant, draw=in_float32), by=claimed(RULE, "is-the-constant")),
    Wrong(variant(constant, draw=noisy), by=claimed(RULE, "units-stay-equal")),
])
test_constant = define_test(BINDING)
