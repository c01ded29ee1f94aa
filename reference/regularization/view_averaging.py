"""Test-time averaging: predict from several views of one image, and average the predictions.

    ŷ = 1/k Σ_j f(T_j x)                          x (H, W, C), f(x) (K), ŷ (K): k evaluations of f

Source   Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional neural networks, 2012,
         section 4.1: four corners and the middle, each with its mirror image, averaged after the softmax.
Variant  `log_forward` averages log-probabilities, the geometric mean of the predictions up to its normalisation.
"""

from collections.abc import Callable, Sequence

import numpy as np

from .._arguments import real, whole
from .._arrays import Array

Predictor = Callable[[Array], Array]


def flips(x: Array) -> list[Array]:
    """x (H, W, C) and its mirror image."""
    return [real("x", x, ndim=3), x[:, ::-1]]


def ten_crops(x: Array, *, size: int) -> list[Array]:
    """The four size × size corners of x (H, W, C) and its middle, then their mirror images.

    Raises ValueError where the image is smaller than that.
    """
    height, width, _ = real("x", x, ndim=3).shape
    if whole("size", size, 1) > min(height, width):
        raise ValueError(f"size must be at most the shorter side, {min(height, width)}, got {size}")
    down, right = height - size, width - size
    places = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    crops = [x[top:top + size, left:left + size] for top, left in places]
    return [*crops, *(crop[:, ::-1] for crop in crops)]


def forward(views: Sequence[Array], predict: Predictor) -> Array:
    """The mean of the predictions for k ≥ 1 views. Raises ValueError for none."""
    if not views:
        raise ValueError("views must hold at least one image, got none")
    return np.mean(np.stack([predict(view) for view in views]), axis=0)


def log_forward(views: Sequence[Array], predict: Predictor) -> Array:
    """The geometric mean of the predicted probabilities, normalised to sum to 1."""
    mean = np.exp(forward(views, lambda view: np.log(predict(view))))
    return mean / np.sum(mean)
