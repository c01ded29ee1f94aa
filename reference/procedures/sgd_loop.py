"""The loop of stochastic gradient descent: draw a minibatch, take its gradient, step, until a criterion holds.

    until c(x_t, t):   B_t: m of N indices, with replacement;   (x_{t+1}, s_{t+1}) = step(x_t, ∇f_{B_t}(x_t), s_t)

B_t depends on the seed and on t alone, so that a run can be written down, read back and gone on with.

Source   Robbins, Monro, A stochastic approximation method, 1951.
         Goodfellow, Bengio, Courville, Deep learning, 2016, algorithm 8.1.
Variant  `minibatches`: without replacement within an epoch. One generator for the whole run, whose state is then a part
         of what must be written down.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._arguments import whole
from .._arrays import Array
from ._stepping import Optimizer, stepping


class Run(NamedTuple):
    """x: parameters; state: the optimizer's; t: steps done."""

    x: Array
    state: Any
    t: int = 0


def start(x: Array, *, optimizer: Optimizer) -> Run:
    """A run before its first step."""
    return Run(x, stepping("optimizer", optimizer).init(x))


def draw(n: int, size: int, *, seed: int, t: int) -> Array:
    """B_t: indices in [0, n). Raises ValueError for no example, or no size."""
    rng = np.random.default_rng([whole("seed", seed), whole("t", t)])
    return rng.integers(0, whole("n", n, least=1), size=whole("size", size, least=1))


def advance(run: Run, gradient: Callable[[Array, Array], Array], *, optimizer: Optimizer, n: int, size: int, seed: int,
            **options: Any) -> Run:
    """One step. gradient(x, batch): that of the mean loss over the batch at x."""
    g = gradient(run.x, draw(n, size, seed=seed, t=run.t))
    x, state = optimizer.step(run.x, g, run.state, **options)
    return Run(x, state, run.t + 1)


def train(run: Run, gradient: Callable[[Array, Array], Array], *, until: Callable[[Run], bool], optimizer: Optimizer,
          n: int, size: int, seed: int, most: int = 1_000_000, **options: Any) -> Run:
    """The run at the first t at which the criterion holds, no step being done if it holds already.

    Raises ValueError where it does not hold after `most` steps.
    """
    begun = run.t
    while not until(run):
        if run.t - begun >= whole("most", most):
            raise ValueError(f"until must hold within most = {most} steps, but does not after them")
        run = advance(run, gradient, optimizer=optimizer, n=n, size=size, seed=seed, **options)
    return run
