"""Standardization: mean 0 and variance 1 for every feature, or every channel of an image, by the training set.

    μ = mean x,  σ² = mean (x - μ)²                    over axis 0 per feature, (0, 1, 2) per channel; biased
    y = (x - μ) / σ                                    y = 0 where the feature is constant: the divisor is then 1
    ImageNet: bytes (H, W, 3) → / 255 → (3, H, W) → (x - μ_c) / σ_c, with fixed μ and σ

Source   LeCun, Bottou, Orr, Müller, Efficient BackProp, 1998, section 4.3. The constants: torchvision's models.
Variant  scikit-learn's StandardScaler as here. Others divide by N - 1 (R's scale, torch.std), a factor √(1 - 1/N).
"""

from typing import Any, NamedTuple

import numpy as np

from .._arguments import real
from .._arrays import Array

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Moments(NamedTuple):
    """Mean and standard deviation over the axes that were averaged, which are kept with length 1."""

    mean: Array
    std: Array


def fit(x: Array, *, axis: Any = 0) -> Moments:
    """The moments of a training set. Raises ValueError for an empty one."""
    if real("x", x, at_least_1d=True).size == 0:
        raise ValueError("x must hold at least one example, got none")
    mean = np.mean(x, axis=axis, keepdims=True)
    std = np.sqrt(np.mean((x - mean) ** 2, axis=axis, keepdims=True))
    constant = np.max(x, axis=axis, keepdims=True) == np.min(x, axis=axis, keepdims=True)
    return Moments(mean, np.where(constant, 0.0, std))


def divisor(fitted: Moments) -> Array:
    """σ, or 1 for a constant feature."""
    return np.where(fitted.std > 0, fitted.std, 1.0)


def forward(x: Array, fitted: Moments) -> Array:
    """x by the moments of the training set."""
    return (real("x", x) - fitted.mean) / divisor(fitted)


def of_itself(x: Array, *, axis: Any = 0) -> Array:
    """What a training set becomes: x by its own moments."""
    return forward(x, fit(x, axis=axis))


def backward(x: Array, fitted: Moments, g: Array) -> Array:
    """The gradient for x."""
    return g / divisor(fitted)


def imagenet_forward(x: Array) -> Array:
    """An image of bytes (H, W, 3) as (3, H, W), standardized by the constants. Raises ValueError for another form."""
    if np.ndim(x) != 3 or np.shape(x)[2] != 3:
        raise ValueError(f"x must have shape (H, W, 3), got {np.shape(x)}")
    channels = np.moveaxis(np.asarray(x, dtype=np.float64) / 255, 2, 0)
    mean, std = (np.array(constant)[:, None, None] for constant in (IMAGENET_MEAN, IMAGENET_STD))
    return (channels - mean) / std
