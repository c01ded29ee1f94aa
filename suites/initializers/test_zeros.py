"""Zeros leave every hidden unit like every other, and under tanh every weight without a gradient."""

import numpy as np

from fiducial.reference.initializers import zeros
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import ZEROS as RULE

TINY = variant(zeros, draw=lambda shape, rng: 1e-12 * rng.standard_normal(shape))
ONES = variant(zeros, draw=lambda shape, rng: np.ones(shape))

BINDING = Binding(row="zeros", section=5, rule=RULE, against=("torch.nn.init:zeros_",), wrong=[
    Wrong(TINY, by=claimed(RULE, "is-the-constant")),
    Wrong(TINY, by=claimed(RULE, "units-stay-equal")),
    Wrong(ONES, by=claimed(RULE, "never-leave-zero")),
])
test_zeros = define_test(BINDING)
