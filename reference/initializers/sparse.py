"""Sparse: every column has the same number of zeros at random places, and small normal numbers elsewhere.

    k = ⌈sparsity · out⌉ zeros in each column, all sets of k places equally likely    w (out, in)
    w ~ N(0, σ²) elsewhere

Source   Martens, Deep learning via Hessian-free optimization, 2010 (15 incoming weights for every unit).
Variant  torch: as here, the zeros counted along out, for each input; Martens limits the incoming weights of each unit.
"""

from math import ceil

import numpy as np

from .._arguments import at_least, probability
from .._arrays import Array
from ._fans import sizes


def draw(shape: tuple[int, ...], *, rng: np.random.Generator, sparsity: float, std: float = 0.01) -> Array:
    """Fresh weights. Raises ValueError unless w is a matrix, sparsity in [0, 1] and std at least 0."""
    if len(sizes(shape, least=2)) > 2:
        raise ValueError(f"shape must have two sizes, got {shape}")
    zeros = ceil(probability("sparsity", sparsity) * shape[0])
    rank = rng.random(shape).argsort(axis=0).argsort(axis=0)  # a fresh permutation in each column
    return np.where(rank < zeros, 0.0, at_least("std", std, 0) * rng.standard_normal(shape))
