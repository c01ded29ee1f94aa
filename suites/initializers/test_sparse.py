"""Sparse columns have their number of zeros, anywhere, and small normal numbers elsewhere."""

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.reference.initializers import sparse
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.initializers import wrong_draws as draws
from fiducial.suites.initializers.wrong_draws import claimed
from fiducial.suites.rules.initializers import SPARSE as RULE


def entry_by_entry(shape: tuple[int, ...], *, rng: np.random.Generator, sparsity: float,
                   std: float = 0.01) -> Array:
    """Each entry is zero with the probability that was meant for a share."""
    return np.where(rng.random(shape) < sparsity, 0.0, std * rng.standard_normal(shape))


def rounded_down(shape: tuple[int, ...], *, rng: np.random.Generator, sparsity: float,
                 std: float = 0.01) -> Array:
    """⌊sparsity · out⌋ zeros."""
    return sparse.draw(shape, rng=rng, sparsity=int(sparsity * shape[0]) / shape[0], std=std)


def at_the_top(shape: tuple[int, ...], *, rng: np.random.Generator, sparsity: float, std: float = 0.01) -> Array:
    """The zeros of every column in its first places."""
    return np.sort(sparse.draw(shape, rng=rng, sparsity=sparsity, std=std) != 0, axis=0) * (
        std * rng.standard_normal(shape))


def of_variance(shape: tuple[int, ...], *, rng: np.random.Generator, sparsity: float, std: float = 0.01) -> Array:
    """std taken for a variance."""
    return sparse.draw(shape, rng=rng, sparsity=sparsity, std=np.sqrt(std))


BINDING = Binding(row="sparse", section=5, rule=RULE, against=("torch.nn.init:sparse_",), wrong=[
    Wrong(variant(sparse, draw=entry_by_entry), by=claimed(RULE, "columns-have-their-zeros")),
    Wrong(variant(sparse, draw=rounded_down), by=claimed(RULE, "columns-have-their-zeros")),
    Wrong(variant(sparse, draw=at_the_top), by=claimed(RULE, "zeros-fall-anywhere")),
    Wrong(variant(sparse, draw=of_variance), by=claimed(RULE, "zeros-fall-anywhere")),
    Wrong(variant(sparse, draw=draws.seeded), by=claimed(RULE, "come-from-the-generator")),
])
test_sparse = define_test(BINDING)
