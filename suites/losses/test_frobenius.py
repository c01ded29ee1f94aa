"""The Frobenius penalty held to its claims."""

from __future__ import annotations

import numpy as np
import pytest

from fiducial.reference.losses import frobenius, l1, l2
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import of, of_any_map
from fiducial.suites.rules.losses import FROBENIUS

SPECTRAL = variant(frobenius, forward=lambda w, *, lam: lam * np.linalg.norm(w, 2) ** 2)
NORM_ITSELF = variant(frobenius, forward=lambda w, *, lam: lam * np.linalg.norm(w))
BINDING = Binding(
    row="Frobenius penalty", section=2, rule=FROBENIUS, against=("fiducial.suites.losses.torch_forms:frobenius",),
    wrong=[*of_any_map(FROBENIUS),
           Wrong(variant(frobenius, backward=l2.half_backward), by=of(FROBENIUS, "mode.decay-factor")),
           Wrong(NORM_ITSELF, by=of(FROBENIUS, "invariance.homogeneous")),
           Wrong(SPECTRAL, by=of(FROBENIUS, "value.sum-of-squared-singular-values")),
           Wrong(variant(frobenius, forward=l1.forward), by=of(FROBENIUS, "invariance.turning-changes-nothing"))])
test_frobenius = define_test(BINDING)


def test_a_vector_is_no_matrix() -> None:
    with pytest.raises(ValueError, match="w must be a matrix, got 1 dimensions"):
        frobenius.forward(np.zeros(3), lam=1.0)
