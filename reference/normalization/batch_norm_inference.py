"""Batch normalization in inference: the statistics are given, and each example stands alone.

    y = γ (x - μ) / √(σ² + ε) + β                    x, y: (N, C, …);   μ, σ², γ, β: (C)

    ∂L/∂x = γ g / √(σ² + ε),   ∂L/∂γ = Σ g (x - μ) / √(σ² + ε),   ∂L/∂β = Σ g          μ and σ² are constants

Source   Ioffe, Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate shift,
         2015, algorithm 2, line 11.
Variant  torch: ε = 1e-5. Keras: ε = 1e-3, channels last. μ and σ²: see `running_statistics`.
"""

from __future__ import annotations

import numpy as np

from .._arguments import at_least, real, shaped
from .._arrays import Array
from .batch_norm import Gradients, over, per_channel


def _standardized(x: Array, mean: Array, var: Array, eps: float) -> Array:
    """(x - μ) / √(σ² + ε)."""
    if real("x", x).ndim < 2:
        raise ValueError(f"x must have at least two dimensions, (N, C, …), got shape {x.shape}")
    for name, value in (("mean", mean), ("var", var)):
        shaped(name, value, x.shape[1:2])
    return (x - per_channel(mean, x)) / np.sqrt(per_channel(var, x) + at_least("eps", eps, 0))


def forward(x: Array, mean: Array, var: Array, gamma: Array, beta: Array, *, eps: float = 1e-5) -> Array:
    """y. A batch of one, with one value per channel, is as good as any."""
    x_hat = _standardized(x, mean, var, eps)
    return per_channel(shaped("gamma", gamma, mean.shape), x) * x_hat + per_channel(shaped("beta", beta, mean.shape), x)


def backward(x: Array, mean: Array, var: Array, gamma: Array, beta: Array, g: Array, *,
             eps: float = 1e-5) -> Gradients:
    """The gradients from g = ∂L/∂y; none for μ and σ², which are no parameters."""
    x_hat = _standardized(x, mean, var, eps)
    shaped("g", g, x.shape)
    return Gradients(x=per_channel(gamma, x) * g / np.sqrt(per_channel(var, x) + eps),
                     gamma=(g * x_hat).sum(axis=over(x)), beta=g.sum(axis=over(x)))
