"""Batch normalization in training: standardize each feature over the batch, then scale and shift it.

    x̂ = (x - μ) / √(σ² + ε),   y = γ x̂ + β          x, y: (N, C, …);   μ, σ², γ, β: (C)
    μ, σ² over N and all trailing axes: m = N·H·W… values a channel; σ² is the biased variance, Σ(x - μ)² / m

    ∂L/∂β = Σ g,   ∂L/∂γ = Σ g x̂,   ∂L/∂x: through x̂, μ and σ² (`standardize`) from ∂L/∂x̂ = γ g

Source   Ioffe, Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate shift,
         2015, algorithm 1, section 3.2 for the convolutional case.
Variant  torch: channels second, ε = 1e-5. `keras_forward`: channels last, ε = 1e-3. Both: biased variance here.
         Scale off is γ = 1, centre off is β = 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._arguments import real, shaped
from .._arrays import Array
from . import standardize


class Gradients(NamedTuple):
    """The gradients of the loss for forward's arguments, each shaped like its argument."""

    x: Array
    gamma: Array
    beta: Array


def over(x: Array) -> tuple[int, ...]:
    """The axes of one channel's values: all but the second."""
    return (0, *range(2, x.ndim))


def per_channel(values: Array, x: Array) -> Array:
    """One value a channel, laid along the channels of x."""
    return values.reshape((1, -1, *[1] * (x.ndim - 2)))


def _checked(x: Array, gamma: Array, beta: Array) -> Array:
    if real("x", x).ndim < 2:
        raise ValueError(f"x must have at least two dimensions, (N, C, …), got shape {x.shape}")
    for name, value in (("gamma", gamma), ("beta", beta)):
        shaped(name, value, x.shape[1:2])
    if x.size <= x.shape[1]:
        raise ValueError(f"x must hold more than one value per channel in training, got shape {x.shape}")
    return x


def forward(x: Array, gamma: Array, beta: Array, *, eps: float = 1e-5) -> Array:
    """y. Raises ValueError for one value per channel, whose variance is nothing but 0, and for no value."""
    x_hat = standardize.forward(_checked(x, gamma, beta), axes=over(x), eps=eps)
    return per_channel(gamma, x) * x_hat + per_channel(beta, x)


def backward(x: Array, gamma: Array, beta: Array, g: Array, *, eps: float = 1e-5) -> Gradients:
    """The gradients from g = ∂L/∂y; β does not enter."""
    x_hat = standardize.forward(_checked(x, gamma, beta), axes=over(x), eps=eps)
    g_x_hat = per_channel(gamma, x) * shaped("g", g, x.shape)
    return Gradients(x=standardize.backward(x, g_x_hat, axes=over(x), eps=eps),
                     gamma=(g * x_hat).sum(axis=over(x)), beta=g.sum(axis=over(x)))


def keras_forward(x: Array, gamma: Array, beta: Array, *, eps: float = 1e-3) -> Array:
    """x, y: (N, …, C)."""
    y = forward(np.moveaxis(x, -1, 1), gamma, beta, eps=eps)
    return np.moveaxis(y, 1, -1)
