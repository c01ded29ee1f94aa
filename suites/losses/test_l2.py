"""The L2 penalty held to its claims."""

from __future__ import annotations

import numpy as np
import pytest

from fiducial.reference.losses import l2
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import of, of_any_map
from fiducial.suites.rules.losses import L2

BINDING = Binding(
    row="L2 penalty", section=2, rule=L2, against=("fiducial.suites.losses.torch_forms:l2",),
    wrong=[*of_any_map(L2),
           Wrong(variant(l2, backward=l2.half_backward), by=of(L2, "mode.decay-factor"),
                 printed="α of α Σ w² is the weight decay parameter", right="half of it: the factor is 1 - 2ηα"),
           Wrong(variant(l2, forward=lambda w, *, lam: lam * np.sqrt(np.sum(w**2))),
                 by=of(L2, "invariance.homogeneous")),
           Wrong(variant(l2, forward=lambda w, *, lam: lam * np.sum(np.minimum(w**2, 1.0))),
                 by=of(L2, "value.middle-below-the-ends"))])
test_l2 = define_test(BINDING)


def test_the_half_is_the_decay_of_the_optimizers() -> None:
    w = np.array([3.0, -1.0])
    assert np.array_equal(w - 0.5 * l2.half_backward(w, np.ones(()), lam=0.25), (1 - 0.5 * 0.25) * w)
    assert l2.half_forward(w, lam=0.25) == 0.5 * l2.forward(w, lam=0.25)


def test_a_negative_penalty_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lam must be at least 0, got -1"):
        l2.forward(np.zeros(2), lam=-1.0)
