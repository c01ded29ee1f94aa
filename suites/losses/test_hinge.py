"""The hinge loss held to its claims, and torch's ranking loss beside it."""

from __future__ import annotations

import numpy as np

from fiducial.reference.losses import hinge
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses import mutants
from fiducial.suites.rules.losses import HINGE

SQUARED = variant(
    hinge, backward=lambda x, t, g, *, margin, reduction: -2 * t * np.maximum(margin - t * x, 0) * g)
CUT_OFF = variant(hinge, forward=lambda x, t, *, margin, reduction: np.clip(margin - t * x, 0, 2 * margin).sum())
BINDING = Binding(
    row="hinge", section=2, rule=HINGE, against=("fiducial.suites.losses.torch_forms:hinge",),
    wrong=[*mutants.of_any_map(HINGE),
           Wrong(CUT_OFF, by=mutants.of(HINGE, "value.middle-below-the-ends")),
           Wrong(mutants.mean_of_one_more(hinge), by=mutants.of(HINGE, "value.reductions-agree")),
           Wrong(SQUARED, by=mutants.of(HINGE, "gradient.beyond-the-margin-nothing-pulls"))])
test_hinge = define_test(BINDING)
