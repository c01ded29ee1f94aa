"""The L1 penalty held to its claims."""

from __future__ import annotations

import numpy as np

from fiducial.reference.losses import l1, l2
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import of, of_any_map
from fiducial.suites.rules.losses import L1

ROUNDED_CORNER = variant(
    l1, forward=lambda w, *, lam: lam * np.sum(np.sqrt(w**2 + 0.01)),
    backward=lambda w, g, *, lam: lam * w / np.sqrt(w**2 + 0.01) * g)
BINDING = Binding(
    row="L1 penalty", section=2, rule=L1, against=("fiducial.suites.losses.torch_forms:l1",),
    wrong=[*of_any_map(L1),
           Wrong(ROUNDED_CORNER, by=of(L1, "gradient.kink-at-zero-is-seen")),
           Wrong(variant(l1, backward=l2.backward), by=of(L1, "gradient.pulls-with-one-strength")),
           Wrong(variant(l1, forward=l2.forward), by=of(L1, "invariance.homogeneous")),
           Wrong(variant(l1, forward=lambda w, *, lam: lam * np.sum(np.sqrt(np.abs(w)))),
                 by=of(L1, "value.middle-below-the-ends"))])
test_l1 = define_test(BINDING)
