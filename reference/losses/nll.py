"""Negative log-likelihood: minus the log-probability that a model gives to the labels.

    L_n = -w_{y_n} ℓ_{n, y_n}               ∂L_n/∂ℓ_nc = -w_c [c = y_n]
    mean  Σ L_n / Σ w_{y_n}                 ℓ: N×C or N×C×d…, or C for one example; y: the shape of ℓ without C

Labels equal to `ignore_index` count neither above nor below; where all are ignored the mean is 0/0, nan.

Source   Bishop, Pattern recognition and machine learning, 2006, equation 4.108; options: torch.nn.NLLLoss.
Variant  torch: as here; the weighted mean divides by the weights that were used, not by N.
         Keras: `sample_weight` divides by N.
"""

from collections.abc import Sequence

import numpy as np

from .._arguments import labels as checked_labels
from .._arguments import real, shaped
from .._arrays import Array
from . import _reductions

Weights = Sequence[float] | None  # one a class

IGNORED = -100


def class_axis(scores: Array) -> int:
    """1, or 0 where there is one example."""
    return min(1, scores.ndim - 1)


def kept(scores: Array, labels: Array, *, ignore_index: int | None = IGNORED) -> Array:
    """Which labels count, shaped like them. Raises ValueError for a label that is neither ignored nor a class."""
    axis = class_axis(real("scores", scores, at_least_1d=True))
    found = checked_labels("labels", labels, scores.shape[axis], ignored=ignore_index)
    expected = scores.shape[:axis] + scores.shape[axis + 1:]
    if found.shape != expected:
        raise ValueError(f"labels must have shape {expected}, the scores' without their classes, got {found.shape}")
    return found != ignore_index


def along_classes(values: Array, scores: Array) -> Array:
    """One value a class, laid along the class axis of the scores."""
    axis = class_axis(scores)
    return values.reshape(tuple(-1 if i == axis else 1 for i in range(scores.ndim)))


def weights(scores: Array, weight: Weights) -> Array:
    """One weight a class, 1 unless told, laid along the class axis. Raises ValueError for another number of them."""
    classes = scores.shape[class_axis(scores)]
    found = np.ones(classes) if weight is None else np.asarray(weight, dtype=np.float64)
    return along_classes(shaped("weight", found, (classes,)), scores)


def one_hot(scores: Array, labels: Array) -> Array:
    """[c = y_n], shaped like the scores."""
    axis = class_axis(scores)
    classes = along_classes(np.arange(scores.shape[axis]), scores)
    hot: Array = np.expand_dims(labels, axis) == classes
    return hot.astype(np.float64)


def coefficients(scores: Array, labels: Array, *, weight: Weights, ignore_index: int) -> Array:
    """w_c [c = y_n], and 0 for every class of an ignored label; shaped like the scores."""
    counts = np.expand_dims(kept(scores, labels, ignore_index=ignore_index), class_axis(scores))
    return np.where(counts, one_hot(scores, labels), 0.0) * weights(scores, weight)


def weighted(logp: Array, q: Array) -> Array:
    """-Σ_c q_nc ℓ_nc, one a label, in which a class of coefficient 0 does not count, be its ℓ infinite."""
    return np.sum(np.where(q != 0, -q * logp, 0.0), axis=class_axis(logp))


def forward(logp: Array, labels: Array, *, weight: Weights = None, ignore_index: int = IGNORED,
            reduction: str = "mean") -> Array:
    """The loss of log-probabilities; `weight`: one a class. Raises ValueError for a bad label, weight or reduction."""
    q = coefficients(real("logp", logp), labels, weight=weight, ignore_index=ignore_index)
    return _reductions.forward(weighted(logp, q), reduction=reduction, n=np.sum(q))


def backward(logp: Array, labels: Array, g: Array, *, weight: Weights = None, ignore_index: int = IGNORED,
             reduction: str = "mean") -> Array:
    """The gradient for ℓ, 0 at every class that does not count."""
    q = coefficients(real("logp", logp), labels, weight=weight, ignore_index=ignore_index)
    each = _reductions.backward(weighted(logp, q), g, reduction=reduction, n=np.sum(q))
    return -q * np.where(q != 0, np.expand_dims(each, class_axis(logp)), 0.0)
