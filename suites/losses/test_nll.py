"""Negative log-likelihood held to its claims, and torch's nll_loss beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.reference.losses import cross_entropy, nll
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import of, of_any_map
from fiducial.suites.rules.losses import NLL_LOSS


def over_all(logp: Any, labels: Any, *, reduction: str = "mean", **options: Any) -> Any:
    """A mean that divides by the number of labels, ignored and weighted or not."""
    total = nll.forward(logp, labels, reduction="sum", **options)
    return total / np.size(labels) if reduction == "mean" else total


def nothing_is_perfect(logp: Any, labels: Any, **options: Any) -> Any:
    """0 where every label is ignored."""
    return np.nan_to_num(nll.forward(logp, labels, **options))


def wrong(claim: str, forward: Any) -> Wrong:
    """The loss with another forward pass, and the claim that rejects it."""
    return Wrong(variant(nll, forward=forward), by=of(NLL_LOSS, claim))


BINDING = Binding(
    row="cross-entropy", section=2, rule=NLL_LOSS, against=("torch.nn.functional:nll_loss", "torch.nn:NLLLoss"),
    wrong=[*of_any_map(NLL_LOSS), wrong("value.all-ignored-is-no-number", nothing_is_perfect),
           wrong("invariance.ignored-count-nowhere", over_all), wrong("invariance.weights-are-relative", over_all)])
test_nll = define_test(BINDING)


def test_cross_entropy_is_the_nll_of_the_log_softmax() -> None:
    x, labels = np.random.default_rng(3).normal(size=(4, 3)), np.array([0, 2, 1, 2])
    options: dict[str, Any] = {"weight": (0.5, 2.0, 1.0), "reduction": "none"}
    whole = cross_entropy.forward(x, labels, **options)
    parts = nll.forward(cross_entropy.log_softmax(x), labels, **options)
    assert np.array_equal(whole, parts)  # the same operations in the same order
