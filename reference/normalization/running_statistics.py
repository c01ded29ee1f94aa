"""Running statistics: exponential averages of the batches' means and variances, kept for inference.

    r_μ ← (1 - m) r_μ + m μ_B,     r_μ = 0 at first                   x: (N, C, …);   r_μ, r_σ²: (C)
    r_σ² ← (1 - m) r_σ² + m s²_B,  r_σ² = 1 at first

    s²_B = Σ (x - μ_B)² / (n - 1), the unbiased variance, n = N·H·W… values a channel
    after T batches: r = (1 - m)^T r_0 + m Σ_t (1 - m)^(T - t) stat_t

Source   Ioffe, Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate shift,
         2015, algorithm 2, line 10 (unbiased variance), section 3.1 (moving averages).
Variant  torch: as here, m = 0.1; `cumulative_step` for momentum=None: m = 1/t, so that r is the plain average.
         `keras_step`: Keras 3 writes ρ = 1 - m = 0.99 and averages the biased variance Σ (x - μ_B)² / n.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._arguments import at_least, probability, real, shaped, whole
from .._arrays import Array
from .batch_norm import over
from .standardize import moments


class State(NamedTuple):
    """mean: r_μ; var: r_σ²; t: the batches seen."""

    mean: Array
    var: Array
    t: int


def init(channels: int) -> State:
    """Mean 0 and variance 1: what leaves an input as it is."""
    size = whole("channels", channels, 1)
    return State(mean=np.zeros(size), var=np.ones(size), t=0)


def _statistics(x: Array, state: State) -> tuple[Array, Array, int]:
    """The mean and the biased variance of each channel, and the number of values behind them."""
    if real("x", x).ndim < 2 or x.size <= x.shape[1]:
        raise ValueError(f"x must be (N, C, …) with more than one value per channel, got shape {x.shape}")
    shaped("state.mean", state.mean, x.shape[1:2])
    mean, var, n = moments(x, axes=over(x))
    return mean.reshape(-1), var.reshape(-1), n


def _towards(state: State, mean: Array, var: Array, m: float) -> State:
    """Both averages, m of the way to the batch's."""
    at_least("batches seen", state.t, 0)
    return State((1 - m) * state.mean + m * mean, (1 - m) * state.var + m * var, state.t + 1)


def step(x: Array, state: State, *, momentum: float = 0.1) -> State:
    """One more batch. Raises ValueError for one value per channel, or momentum outside [0, 1]."""
    mean, var, n = _statistics(x, state)
    return _towards(state, mean, var * n / (n - 1), probability("momentum", momentum))


def cumulative_step(x: Array, state: State) -> State:
    """One more batch; after it, r is the plain average over all batches."""
    mean, var, n = _statistics(x, state)
    return _towards(state, mean, var * n / (n - 1), 1 / (state.t + 1))


def keras_step(x: Array, state: State, *, momentum: float = 0.99) -> State:
    """One more batch; momentum is the weight of the past, 1 - m, and the variance is the biased one."""
    mean, var, _ = _statistics(x, state)
    return _towards(state, mean, var, 1 - probability("momentum", momentum))
