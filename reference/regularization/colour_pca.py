"""Colour PCA: shift all pixels of an image by one random colour along the principal components of the colours.

    C = Σ (c - μ)(c - μ)ᵀ / n = Σ_i λ_i p_i p_iᵀ  over all n pixels c ∈ R³ of the training set
    α_i ~ N(0, σ²), σ = 0.1                       one draw an image and a use of it
    y = x + Σ_i p_i α_i λ_i                       x, y (H, W, 3); the shift has mean 0 and covariance σ² C²

Source   Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional neural networks, 2012,
         section 4.1.
Variant  λ_i as printed there: the shift's covariance is σ² C². `root_forward` has √λ_i, so that it is σ² C, a tenth of
         the colours' own deviation along every component. Bytes or [0, 1] make no such difference for it; for λ_i they
         make the shift 255 times as large relative to the image.
"""

from typing import NamedTuple

import numpy as np

from .._arguments import at_least, real, shaped
from .._arrays import Array


class Components(NamedTuple):
    """p: 3 × 3, one component p_i a column; values: the λ_i ≥ 0, falling."""

    p: Array
    values: Array


def fit(x: Array) -> Components:
    """The components of the colours of images (…, 3)."""
    colours = real("x", x, at_least_1d=True).reshape(-1, x.shape[-1])
    centred = colours - np.mean(colours, axis=0)
    values, p = np.linalg.eigh(centred.T @ centred / len(centred))
    return Components(p[:, ::-1], np.maximum(values[::-1], 0.0))


def draw(*, rng: np.random.Generator, sigma: float = 0.1) -> Array:
    """α: three numbers for one image."""
    return at_least("sigma", sigma, 0) * rng.standard_normal(3)


def forward(x: Array, alpha: Array, components: Components) -> Array:
    """The image x (H, W, 3), shifted."""
    return real("x", x) + components.p @ (shaped("alpha", alpha, (3,)) * components.values)


def root_forward(x: Array, alpha: Array, components: Components) -> Array:
    """The image x (H, W, 3), shifted by Σ p_i α_i √λ_i."""
    return real("x", x) + components.p @ (shaped("alpha", alpha, (3,)) * np.sqrt(components.values))
