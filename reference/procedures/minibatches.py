"""Shuffled minibatches: every example once an epoch, in a fresh random order, cut into batches.

    π ~ uniform over the permutations of N;   B_i = π[(i-1) m : i m],   i = 1 … ⌈N/m⌉;   the last has what is left
    within an epoch Corr(v_{π(i)}, v_{π(j)}) = -1/(N - 1) for i ≠ j; epochs are independent

Source   Bottou, Curiously fast convergence of some stochastic gradient descent algorithms, 2009 (shuffled passes).
         Goodfellow, Bengio, Courville, Deep learning, 2016, section 8.1.3. Fisher, Yates for π, by NumPy.
Variant  `in_order`: no shuffling, which fails on sorted data. drop_last, as torch's DataLoader has it: without the
         short batch. Shuffled once for all epochs: they then repeat. With replacement: `sgd_loop`.
"""

import numpy as np

from .._arguments import whole
from .._arrays import Array


def in_order(n: int, size: int, *, drop_last: bool = False) -> list[Array]:
    """Batches of 0 … n - 1 as they come. Raises ValueError for a size below 1."""
    found: Array = np.arange(whole("n", n))
    ends = range(0, found.size, whole("size", size, least=1))
    batches = [found[start:start + size] for start in ends]
    return batches[:-1] if drop_last and n % size else batches


def epoch(n: int, size: int, *, rng: np.random.Generator, drop_last: bool = False) -> list[Array]:
    """One epoch's batches of indices."""
    order = rng.permutation(whole("n", n))
    return [order[batch] for batch in in_order(n, size, drop_last=drop_last)]


def epochs(n: int, size: int, *, count: int, rng: np.random.Generator, drop_last: bool = False) -> list[list[Array]]:
    """The batches of so many epochs, each in an order of its own."""
    return [epoch(n, size, rng=rng, drop_last=drop_last) for _ in range(whole("count", count))]
