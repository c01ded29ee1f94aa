"""The Huber loss held to its claims, and torch's beside it."""

from __future__ import annotations

import numpy as np

from fiducial.reference.losses import huber, squared_error
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses import mutants
from fiducial.suites.rules.losses import HUBER_LOSS

SQUARE = variant(huber, forward=lambda y, t, *, delta=1.0, reduction="mean": squared_error.each_forward(y, t),
                 backward=lambda y, t, g, *, delta=1.0, reduction="mean": squared_error.backward(y, t, g))
CUT_OFF = variant(huber, forward=lambda y, t, *, delta=1.0, reduction="mean": np.minimum((y - t) ** 2, delta).sum())
BINDING = Binding(
    row="Huber", section=2, rule=HUBER_LOSS, against=("torch.nn.functional:huber_loss", "torch.nn:HuberLoss"),
    wrong=[*mutants.of_any_map(HUBER_LOSS),
           Wrong(CUT_OFF, by=mutants.of(HUBER_LOSS, "value.middle-below-the-ends")),
           Wrong(mutants.mean_of_one_more(huber), by=mutants.of(HUBER_LOSS, "value.reductions-agree")),
           Wrong(SQUARE, by=mutants.of(HUBER_LOSS, "gradient.pull-is-limited")),
           Wrong(SQUARE, by=mutants.of(HUBER_LOSS, "value.near-it-is-the-square"))])
test_huber = define_test(BINDING)
