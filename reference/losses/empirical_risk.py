"""Empirical risk: the mean loss of a minibatch, which stands for that of all N examples.

    forward            R = 1/B Σ_{i in batch} L_i          ∂R/∂L_i = (times that i was drawn) / B          L: N or N×…
    penalized_forward  R + Ω                               Ω: one number, not divided by B

Over batches E R = 1/N Σ L_i whatever B, and with σ² = 1/N Σ (L_i - mean)²
    drawn with replacement      Var R = σ²/B
    drawn without replacement   Var R = σ²/B (N - B)/(N - 1), 0 at B = N

Source   Cochran, Sampling techniques, 1977, theorems 2.1 and 2.2; minibatches: Goodfellow, Bengio, Courville,
         Deep learning, 2016, section 8.1.3.
Variant  Ω/B or Ω/N beside a mean makes the minimizer depend on the batch size. A sum in the place of the mean makes the
         learning rate depend on it.
"""

import numpy as np

from .._arguments import at_least, real
from .._arrays import Array


def draw(n: int, size: int, *, rng: np.random.Generator) -> Array:
    """`size` of n indices, each drawn from all of them: with replacement."""
    return rng.integers(0, int(at_least("n", n, 1)), size=int(at_least("size", size, 1)))


def draw_without(n: int, size: int, *, rng: np.random.Generator) -> Array:
    """`size` different indices of n. Raises ValueError for size > n."""
    if not 1 <= size <= n:
        raise ValueError(f"size must lie between 1 and n = {n}, got {size}")
    return rng.permutation(n)[:size]


def forward(losses: Array, batch: Array) -> Array:
    """1/B Σ over the batch, shaped like one example's loss (or gradient). batch: indices, repeated ones count again."""
    return np.mean(real("losses", losses)[np.asarray(batch)], axis=0)


def backward(losses: Array, batch: Array, g: Array) -> Array:
    """The gradient for every L_i: g times the share of the batch that i has."""
    share = np.bincount(np.asarray(batch), minlength=len(losses)) / np.size(batch)
    return share.reshape((-1,) + (1,) * (losses.ndim - 1)) * (np.zeros_like(losses) + g)


def penalized_forward(losses: Array, batch: Array, penalty: Array) -> Array:
    """1/B Σ L_i + Ω; Ω is the same for every batch size."""
    return forward(losses, batch) + penalty
