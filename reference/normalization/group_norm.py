"""Group normalization: standardize groups of channels of each example by themselves, then scale and shift by channel.

    y = γ x̂ + β,   x̂ = (x - μ) / √(σ² + ε)          x, y: (N, C, …);   γ, β: (C);   μ, σ²: (N, G)
    μ, σ² over the C/G channels of a group and all trailing axes: σ² is the biased variance

    ∂L/∂β = Σ g,   ∂L/∂γ = Σ g x̂ over N and trailing axes;   ∂L/∂x: through x̂ (`standardize`) from ∂L/∂x̂ = γ g

Source   Wu, He, Group normalization, 2018, equations 1 to 3 and 7.
Variant  torch, Flax: ε = 1e-5, 1e-6, groups of neighbouring channels. Keras: ε = 1e-3, channels last.
"""

from __future__ import annotations

import math

from .._arguments import real, shaped, whole
from .._arrays import Array
from . import standardize
from .batch_norm import Gradients, over, per_channel


def _grouped(x: Array, gamma: Array, beta: Array, groups: int) -> Array:
    """x as (N, G, values of a group)."""
    if real("x", x).ndim < 2 or x.shape[1] == 0:
        raise ValueError(f"x must have at least two dimensions, (N, C, …), and a channel, got shape {x.shape}")
    if x.shape[1] % whole("groups", groups, 1):
        raise ValueError(f"groups must divide the number of channels, got {groups} for {x.shape[1]} channels")
    for name, value in (("gamma", gamma), ("beta", beta)):
        shaped(name, value, x.shape[1:2])
    return x.reshape((x.shape[0], groups, math.prod(x.shape[1:]) // groups))


def forward(x: Array, gamma: Array, beta: Array, *, groups: int, eps: float = 1e-5) -> Array:
    """y. Raises ValueError unless groups divides the number of channels."""
    x_hat = standardize.forward(_grouped(x, gamma, beta, groups), axes=(2,), eps=eps)
    return per_channel(gamma, x) * x_hat.reshape(x.shape) + per_channel(beta, x)


def backward(x: Array, gamma: Array, beta: Array, g: Array, *, groups: int, eps: float = 1e-5) -> Gradients:
    """The gradients from g = ∂L/∂y; β does not enter."""
    grouped = _grouped(x, gamma, beta, groups)
    g_x_hat = (per_channel(gamma, x) * shaped("g", g, x.shape)).reshape(grouped.shape)
    x_hat = standardize.forward(grouped, axes=(2,), eps=eps).reshape(x.shape)
    return Gradients(x=standardize.backward(grouped, g_x_hat, axes=(2,), eps=eps).reshape(x.shape),
                     gamma=(g * x_hat).sum(axis=over(x)), beta=g.sum(axis=over(x)))
