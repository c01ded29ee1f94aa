"""The Kullback-Leibler divergence held to its claims, and torch's beside it."""

from __future__ import annotations

import numpy as np
import pytest

from fiducial.reference.losses import kl_div
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses import mutants
from fiducial.suites.rules.losses import KL_DIV

# torch says at each call that a mean over all entries is not the divergence; the definition says so too.
pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning")

NO_ENTROPY = variant(kl_div, forward=lambda logp, t, *, reduction: -np.sum(t * logp) / len(logp))
BINDING = Binding(
    row="KL", section=2, rule=KL_DIV, against=("torch.nn.functional:kl_div", "torch.nn:KLDivLoss"),
    wrong=[*mutants.of_any_map(KL_DIV),
           Wrong(NO_ENTROPY, by=mutants.of(KL_DIV, "value.nothing-codes-better-than-the-truth")),
           Wrong(mutants.mean_of_one_more(kl_div), by=mutants.of(KL_DIV, "value.reductions-agree"))])
test_kl_div = define_test(BINDING)
