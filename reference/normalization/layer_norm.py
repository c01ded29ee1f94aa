"""Layer normalization: standardize the features of each example by themselves, then scale and shift each feature.

    y = γ x̂ + β,   x̂ = (x - μ) / √(σ² + ε)          x, y: (…, D);   γ, β: D = (d₁, …, d_k);   μ, σ²: (…)
    μ, σ² over the last k axes: σ² is the biased variance

    ∂L/∂β = Σ g,   ∂L/∂γ = Σ g x̂ over the leading axes;   ∂L/∂x: through x̂ (`standardize`) from ∂L/∂x̂ = γ g

Source   Ba, Kiros, Hinton, Layer normalization, 2016, equations 3 and 4 (there without ε).
Variant  torch, Flax: ε under the root; 1e-5, 1e-6. Keras: 1e-3. Scale off is γ = 1, centre off is β = 0.
"""

from __future__ import annotations

from typing import NamedTuple

from .._arguments import real, shaped
from .._arrays import Array
from . import standardize


class Gradients(NamedTuple):
    """The gradients of the loss for forward's arguments, each shaped like its argument."""

    x: Array
    gamma: Array
    beta: Array


def _rows(x: Array, gamma: Array, beta: Array) -> Array:
    """x as one row an example, so that a row's sums do not depend on the number of rows."""
    k = real("gamma", gamma).ndim
    if k == 0 or real("x", x).ndim < k or tuple(x.shape[x.ndim - k:]) != tuple(gamma.shape) or gamma.size == 0:
        raise ValueError(f"gamma must have the shape of the last axes of x, at least one entry, "
                         f"got {gamma.shape} for x of shape {x.shape}")
    shaped("beta", beta, gamma.shape)
    return x.reshape((-1 if x.size else 0, gamma.size))


def forward(x: Array, gamma: Array, beta: Array, *, eps: float = 1e-5) -> Array:
    """y. The shape of γ says what the features are."""
    x_hat = standardize.forward(_rows(x, gamma, beta), axes=(1,), eps=eps)
    return gamma * x_hat.reshape(x.shape) + beta


def backward(x: Array, gamma: Array, beta: Array, g: Array, *, eps: float = 1e-5) -> Gradients:
    """The gradients from g = ∂L/∂y; β does not enter."""
    rows, g_rows = _rows(x, gamma, beta), _rows(shaped("g", g, x.shape), gamma, beta)
    x_hat = standardize.forward(rows, axes=(1,), eps=eps)
    g_x = standardize.backward(rows, gamma.reshape(-1) * g_rows, axes=(1,), eps=eps)
    return Gradients(x=g_x.reshape(x.shape), gamma=(g_rows * x_hat).sum(axis=0).reshape(gamma.shape),
                     beta=g_rows.sum(axis=0).reshape(gamma.shape))
