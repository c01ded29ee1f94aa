"""Cross-entropy from scores: the negative log-likelihood of their softmax.

    L_n = -Σ_c q_nc log softmax(x_n)_c        q_nc = w_c ((1 - ε) [c = y_n] + ε/C)          x: N×C or N×C×d…, or C
    ∂L_n/∂x_n = p_n Σ_c q_nc - q_n            p = softmax(x); without options p - onehot(y)
    mean  Σ L_n / Σ w_{y_n}

w: class weights, ε: label smoothing. Labels equal to `ignore_index` count neither above nor below.

Source   Bishop, Pattern recognition and machine learning, 2006, equations 4.108 and 4.109; smoothing: Szegedy et al.,
         Rethinking the inception architecture for computer vision, 2016, section 7; options: torch.nn.CrossEntropyLoss.
Variant  torch: as here; with probabilities t for labels `soft_forward`, whose mean divides by N, weights or not.
         Keras: takes probabilities unless from_logits=True, and clips them at 1e-7.
"""

import numpy as np

from .._arguments import probability, real, shaped
from .._arrays import Array
from . import _reductions, nll


def log_softmax(x: Array) -> Array:
    """x - max - log Σ exp(x - max) along the class axis."""
    axis = nll.class_axis(x)
    below = x - np.max(x, axis=axis, keepdims=True)
    return below - np.log(np.sum(np.exp(below), axis=axis, keepdims=True))


def targets(x: Array, labels: Array, *, weight: nll.Weights, ignore_index: int, label_smoothing: float) -> Array:
    """q, shaped like x; 0 for every class of an ignored label."""
    epsilon, axis = probability("label_smoothing", label_smoothing), nll.class_axis(x)
    hot = nll.coefficients(real("x", x), labels, weight=None, ignore_index=ignore_index)
    counts = np.max(hot, axis=axis, keepdims=True)
    return ((1 - epsilon) * hot + epsilon / x.shape[axis] * counts) * nll.weights(x, weight)


def forward(x: Array, labels: Array, *, weight: nll.Weights = None, ignore_index: int = nll.IGNORED,
            label_smoothing: float = 0.0, reduction: str = "mean") -> Array:
    """The loss; nan where every label is ignored and reduction is mean. Raises ValueError for a bad label or option."""
    q = targets(x, labels, weight=weight, ignore_index=ignore_index, label_smoothing=label_smoothing)
    n = np.sum(nll.coefficients(x, labels, weight=weight, ignore_index=ignore_index))
    return _reductions.forward(nll.weighted(log_softmax(x), q), reduction=reduction, n=n)


def backward(x: Array, labels: Array, g: Array, *, weight: nll.Weights = None, ignore_index: int = nll.IGNORED,
             label_smoothing: float = 0.0, reduction: str = "mean") -> Array:
    """The gradient for x, 0 for ignored examples; g is one number, or one a label where reduction is none."""
    q = targets(x, labels, weight=weight, ignore_index=ignore_index, label_smoothing=label_smoothing)
    n = np.sum(nll.coefficients(x, labels, weight=weight, ignore_index=ignore_index))
    counts = np.expand_dims(nll.kept(x, labels, ignore_index=ignore_index), nll.class_axis(x))
    each = _reductions.backward(np.sum(q, axis=nll.class_axis(x)), g, reduction=reduction, n=n)
    return _slope(x, q) * np.where(counts, np.expand_dims(each, nll.class_axis(x)), 0.0)


def _slope(x: Array, q: Array) -> Array:
    """p Σ_c q_nc - q."""
    return np.exp(log_softmax(x)) * np.sum(q, axis=nll.class_axis(x), keepdims=True) - q


def _mixed(x: Array, t: Array, weight: nll.Weights, label_smoothing: float) -> Array:
    shaped("t", t, real("x", x).shape)
    epsilon = probability("label_smoothing", label_smoothing)
    return ((1 - epsilon) * t + epsilon / x.shape[nll.class_axis(x)]) * nll.weights(x, weight)


def soft_forward(x: Array, t: Array, *, weight: nll.Weights = None, label_smoothing: float = 0.0,
                 reduction: str = "mean") -> Array:
    """The loss for probabilities t, shaped like x, in place of labels: q = w ((1 - ε) t + ε/C), divided by N."""
    return _reductions.forward(nll.weighted(log_softmax(x), _mixed(x, t, weight, label_smoothing)), reduction=reduction)


def soft_backward(x: Array, t: Array, g: Array, *, weight: nll.Weights = None, label_smoothing: float = 0.0,
                  reduction: str = "mean") -> Array:
    """The gradient of `soft_forward` for x."""
    q, axis = _mixed(x, t, weight, label_smoothing), nll.class_axis(x)
    each = _reductions.backward(np.sum(q, axis=axis), g, reduction=reduction)
    return _slope(x, q) * np.expand_dims(each, axis)
