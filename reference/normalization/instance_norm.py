"""Instance normalization: standardize each channel of each example by itself, then scale and shift by channel.

    y = γ x̂ + β,   x̂ = (x - μ) / √(σ² + ε)          x, y: (N, C, …);   γ, β: (C);   μ, σ²: (N, C)
    μ, σ² over the trailing axes: σ² is the biased variance

    ∂L/∂β = Σ g,   ∂L/∂γ = Σ g x̂ over N and trailing axes;   ∂L/∂x: through x̂ (`standardize`) from ∂L/∂x̂ = γ g

Source   Ulyanov, Vedaldi, Lempitsky, Instance normalization: the missing ingredient for fast stylization, 2016,
         the last equation of section 2 (there without γ, β).
Variant  torch: ε = 1e-5, γ and β off by default (1 and 0 here). With running statistics it is `batch_norm_inference`
         outside of training.
"""

from __future__ import annotations

import math

from .._arguments import real, shaped
from .._arrays import Array
from . import standardize
from .batch_norm import Gradients, over, per_channel


def _rows(x: Array, gamma: Array, beta: Array) -> Array:
    """x as (N, C, spatial elements)."""
    if real("x", x).ndim < 3:
        raise ValueError(f"x must have at least three dimensions, (N, C, …), got shape {x.shape}")
    for name, value in (("gamma", gamma), ("beta", beta)):
        shaped(name, value, x.shape[1:2])
    if math.prod(x.shape[2:]) < 2:
        raise ValueError(f"x must have more than one spatial element, got shape {x.shape}")
    return x.reshape((*x.shape[:2], math.prod(x.shape[2:])))


def forward(x: Array, gamma: Array, beta: Array, *, eps: float = 1e-5) -> Array:
    """y. Raises ValueError for one spatial element, whose variance is nothing but 0."""
    x_hat = standardize.forward(_rows(x, gamma, beta), axes=(2,), eps=eps)
    return per_channel(gamma, x) * x_hat.reshape(x.shape) + per_channel(beta, x)


def backward(x: Array, gamma: Array, beta: Array, g: Array, *, eps: float = 1e-5) -> Gradients:
    """The gradients from g = ∂L/∂y; β does not enter."""
    rows = _rows(x, gamma, beta)
    g_x_hat = (per_channel(gamma, x) * shaped("g", g, x.shape)).reshape(rows.shape)
    x_hat = standardize.forward(rows, axes=(2,), eps=eps).reshape(x.shape)
    return Gradients(x=standardize.backward(rows, g_x_hat, axes=(2,), eps=eps).reshape(x.shape),
                     gamma=(g * x_hat).sum(axis=over(x)), beta=g.sum(axis=over(x)))
