"""Ones leave every hidden unit like every other."""

import numpy as np

from fiducial.reference.initializers import ones
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import ONES as RULE

BINDING = Binding(row="ones", section=5, rule=RULE, against=("torch.nn.init:ones_",), wrong=[
    Wrong(variant(ones, draw=lambda shape, rng: np.eye(*(*shape, 1)[:2]).reshape(shape)),
          by=claimed(RULE, "is-the-constant")),
    Wrong(variant(ones, draw=lambda shape, rng: 1 + 1e-12 * rng.standard_normal(shape)),
          by=claimed(RULE, "units-stay-equal")),
])
test_ones = define_test(BINDING)
