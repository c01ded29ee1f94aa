"""Standardization: take off the mean and divide by the standard deviation, over chosen axes.

    μ = (1/m) Σ x,   σ² = (1/m) Σ (x - μ)²,   x̂ = (x - μ) / √(σ² + ε)          x, x̂: any shape; m entries a block

    ∂L/∂σ² = Σ ∂L/∂x̂ (x - μ) · (-½) (σ² + ε)^(-3/2)
    ∂L/∂μ  = -Σ ∂L/∂x̂ / √(σ² + ε) + ∂L/∂σ² · Σ -2 (x - μ) / m                   μ, σ²: one entry a block
    ∂L/∂x  = ∂L/∂x̂ / √(σ² + ε) + ∂L/∂σ² · 2 (x - μ) / m + ∂L/∂μ / m

The last sum in ∂L/∂μ is zero, so that its divisor never matters.

Source   Ioffe, Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate shift,
         2015, algorithm 1 and the equations of section 3.
Variant  none in use: the variance is the biased one everywhere, ε stands under the root.
         Flax computes σ² as mean(x²) - μ² by default, which cancels where |μ| is large beside σ.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .._arguments import at_least, axis_of, real, shaped
from .._arrays import Array

Axes = tuple[int, ...]


class Moments(NamedTuple):
    """mean and var (biased), broadcast against x; m, the number of entries behind each."""

    mean: Array
    var: Array
    m: int


def moments(x: Array, *, axes: Axes) -> Moments:
    """The mean and the biased variance over the axes. Raises ValueError for an axis that is empty or that x has not."""
    found = tuple(axis_of("axes", axis, real("x", x).ndim) for axis in axes)
    m = math.prod(x.shape[axis] for axis in found)
    if m == 0:
        raise ValueError(f"x must hold an entry along the axes {found}, got shape {x.shape}")
    mean = x.mean(axis=found, keepdims=True)
    centred = x - mean
    return Moments(mean, (centred * centred).mean(axis=found, keepdims=True), m)


def forward(x: Array, *, axes: Axes, eps: float = 1e-5) -> Array:
    """x̂. Raises ValueError for eps < 0."""
    mean, var, _ = moments(x, axes=axes)
    return (x - mean) / np.sqrt(var + at_least("eps", eps, 0))


def backward(x: Array, g: Array, *, axes: Axes, eps: float = 1e-5) -> Array:
    """∂L/∂x from g = ∂L/∂x̂."""
    mean, var, m = moments(x, axes=axes)
    centred, std = x - mean, np.sqrt(var + at_least("eps", eps, 0))
    shaped("g", g, x.shape)
    g_var = (g * centred).sum(axis=axes, keepdims=True) * -0.5 / (std * std * std)
    g_mean = -(g / std).sum(axis=axes, keepdims=True) + g_var * (-2 * centred).sum(axis=axes, keepdims=True) / m
    return g / std + g_var * 2 * centred / m + g_mean / m
