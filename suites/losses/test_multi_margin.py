"""The multi-class margin loss held to its claims, and torch's beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.reference.losses import multi_margin, nll
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses import mutants
from fiducial.suites.rules.losses import MULTI_MARGIN_LOSS


def absolute(x: Any, labels: Any, **options: Any) -> Any:
    """The margin asked of the label's score itself, and not of its lead."""
    return np.mean(np.maximum(1 - np.sum(nll.one_hot(x, labels) * x, axis=1), 0))


def cut_off(x: Any, labels: Any, **options: Any) -> Any:
    """No example costs more than 1."""
    return np.minimum(multi_margin.forward(x, labels, reduction="none"), 1.0)


BINDING = Binding(
    row="multi-class hinge", section=2, rule=MULTI_MARGIN_LOSS,
    against=("torch.nn.functional:multi_margin_loss", "torch.nn:MultiMarginLoss"),
    wrong=[*mutants.of_any_map(MULTI_MARGIN_LOSS),
           Wrong(variant(multi_margin, forward=cut_off),
                 by=mutants.of(MULTI_MARGIN_LOSS, "value.middle-below-the-ends")),
           Wrong(mutants.mean_of_one_more(multi_margin), by=mutants.of(MULTI_MARGIN_LOSS, "value.reductions-agree")),
           Wrong(variant(multi_margin, forward=absolute),
                 by=mutants.of(MULTI_MARGIN_LOSS, "invariance.shifted-scores-cost-the-same"))])
test_multi_margin = define_test(BINDING)
