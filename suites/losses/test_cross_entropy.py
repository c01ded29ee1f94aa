"""Cross-entropy from scores held to its claims, and torch's beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiducial.reference.losses import cross_entropy, nll
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.losses.mutants import of, of_any_map
from fiducial.suites.rules.losses import CROSS_ENTROPY


def softmax(x: Any) -> Any:
    """Along the classes of N×C scores."""
    return np.exp(cross_entropy.log_softmax(x))


def squared_forward(x: Any, labels: Any, **options: Any) -> Any:
    """Squared error on the softmax."""
    return np.mean(np.sum(np.square(softmax(x) - nll.one_hot(x, labels)), axis=1))


def squared_backward(x: Any, labels: Any, g: Any, **options: Any) -> Any:
    """Through the softmax: p ⊙ (d - p·d) with d = 2 (p - onehot)."""
    p = softmax(x)
    d = 2 * (p - nll.one_hot(x, labels)) * g / len(x)
    return p * (d - np.sum(p * d, axis=1, keepdims=True))


def naive(x: Any, labels: Any, **options: Any) -> Any:
    """log Σ exp(x) with no maximum taken off."""
    with np.errstate(all="ignore"):
        return np.mean(np.log(np.sum(np.exp(x), axis=1)) - np.sum(nll.one_hot(x, labels) * x, axis=1))


def of_scores(x: Any, labels: Any, *, label_smoothing: float = 0.0, **options: Any) -> Any:
    """Scores taken for log-probabilities."""
    return nll.forward(x, labels, **options)


def over_all(x: Any, labels: Any, *, reduction: str = "mean", **options: Any) -> Any:
    """A mean that divides by the number of labels, ignored and weighted or not."""
    total = cross_entropy.forward(x, labels, reduction="sum", **options)
    return total / np.size(labels) if reduction == "mean" else total


def one_row_too_many(x: Any, labels: Any, *, reduction: str = "mean", **options: Any) -> Any:
    """A mean over N - 1 examples."""
    found = cross_entropy.forward(x, labels, reduction=reduction, **options)
    return found * len(x) / max(len(x) - 1, 0.5) if reduction == "mean" else found


def nothing_is_perfect(x: Any, labels: Any, **options: Any) -> Any:
    """0 where every label is ignored."""
    return np.nan_to_num(cross_entropy.forward(x, labels, **options))


def among_the_others(x: Any, labels: Any, *, label_smoothing: float = 0.0, **options: Any) -> Any:
    """Smoothing by ε/(C - 1) for every class but the label's."""
    classes = x.shape[1]
    return cross_entropy.forward(x, labels, label_smoothing=label_smoothing * classes / (classes - 1), **options)


def summed(x: Any, labels: Any, g: Any, **options: Any) -> Any:
    """The gradient of the sum where the mean is meant."""
    return cross_entropy.backward(x, labels, g, reduction="sum")


def wrong(claim: str, **replacements: Any) -> Wrong:
    """Cross-entropy with functions replaced, and the claim that rejects it."""
    return Wrong(variant(cross_entropy, **replacements), by=of(CROSS_ENTROPY, claim))


BINDING = Binding(
    row="cross-entropy", section=2, rule=CROSS_ENTROPY,
    against=("torch.nn.functional:cross_entropy", "torch.nn:CrossEntropyLoss"),
    wrong=[*of_any_map(CROSS_ENTROPY),
           wrong("value.middle-below-the-ends", forward=squared_forward),
           wrong("value.never-negative", forward=of_scores),
           wrong("value.reductions-agree", forward=one_row_too_many),
           wrong("invariance.shifted-scores-cost-the-same", forward=naive),
           wrong("gradient.probabilities-minus-one-hot", backward=summed),
           wrong("gradient.expected-gradient-is-free-of-the-batch-size", backward=summed),
           wrong("gradient.does-not-vanish-at-a-confident-mistake", backward=squared_backward),
           wrong("value.all-ignored-is-no-number", forward=nothing_is_perfect),
           wrong("invariance.ignored-count-nowhere", forward=over_all),
           wrong("invariance.weights-are-relative", forward=over_all),
           wrong("value.smoothing-is-a-mixture", forward=among_the_others)])
test_cross_entropy = define_test(BINDING)
