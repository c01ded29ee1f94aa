"""What is claimed of the loop of stochastic descent and of the order in which it sees examples."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap, identical, same

Draws = SearchStrategy[Any]
U = 2.0**-53
SEEDS: Draws = st.integers(0, 2**20)
COUNTS: Draws = st.integers(1, 12)
SIZES: Draws = st.integers(1, 5)
DIFFICULTIES: Draws = st.lists(st.integers(-3, 3).map(float), max_size=9).map(lambda d: np.array(d, dtype=np.float64))
TRIALS = 4096
HEAVY_BALL = SimpleNamespace(init=np.zeros_like, step=lambda x, g, v, *, lr: (x - lr * (0.5 * v + g), 0.5 * v + g))
PLAIN = SimpleNamespace(init=lambda x: None, step=lambda x, g, state, *, lr: (x - lr * g, None))


def bowls(n: int) -> Array:
    """The minima of n parabolas, one an example."""
    return np.random.default_rng(n).normal(size=(n, 2))


def run_for(f: Any, run: Any, steps: int, *, n: int, size: int, seed: int, optimizer: Any = HEAVY_BALL) -> Any:
    """A run so many steps further, on the mean of the batch's parabolas."""
    minima, last = bowls(n), run.t + steps
    return f.train(run, lambda x, batch: x - minima[batch].mean(axis=0), until=lambda at: at.t >= last,
                   optimizer=optimizer, n=n, size=size, seed=seed, lr=0.25)


@claim("behaviour", examples=40, n=COUNTS, size=SIZES, seed=SEEDS, before=st.integers(0, 5), after=st.integers(0, 5))
def resumed_is_uninterrupted(f: Any, n: int, size: int, seed: int, before: int, after: int) -> Gap:
    """A run that is left off, written down and gone on with is the run that was never left off.

        train(train(x, k), l) = train(x, k + l)

    Allowed  0: the same steps on the same examples.
    Rejects  a loop that draws its examples from the beginning again; one that forgets the optimizer's state.
    """
    how = {"n": n, "size": size, "seed": seed}
    begun = f.start(np.ones(2), optimizer=HEAVY_BALL)
    halved = run_for(f, run_for(f, begun, before, **how), after, **how)
    whole = run_for(f, begun, before + after, **how)
    return Gap.worst([identical(whole.x, halved.x, "parameters"), identical(whole.state, halved.state, "state"),
                      same(whole.t, halved.t, "steps")])


@claim("behaviour", examples=40, n=st.integers(8, 12), size=SIZES, seed=SEEDS)
def the_seed_is_the_run(f: Any, n: int, size: int, seed: int) -> Gap:
    """One seed gives one run, whatever was drawn before; another seed gives another.

        train(seed) = train(seed),   train(seed) ≠ train(seed + 1)

    Allowed  0, and two seeds that agree on 20 batches of at least 8 examples: a chance of 8⁻²⁰.
    Rejects  a generator that is shared by all runs; a seed that is not used.
    """
    begun = f.start(np.ones(2), optimizer=HEAVY_BALL)
    first, again, other = (run_for(f, begun, 20, n=n, size=size, seed=s).x for s in (seed, seed, seed + 1))
    return Gap.worst([identical(first, again, "the same seed"),
                      Gap(float(np.array_equal(first, other)), 0.0, "another seed")])


@claim("behaviour", examples=40, limit=st.integers(0, 12), seed=SEEDS)
def stops_when_the_criterion_holds(f: Any, limit: int, seed: int) -> Gap:
    """Training ends with the first parameters for which the criterion holds, and does no step if it holds at once.

        t* = min {t: c(x_t, t)}

    Allowed  0 steps.
    Rejects  a loop that steps first and looks then.
    """
    seen: list[int] = []

    def until(run: Any) -> bool:
        seen.append(run.t)
        return bool(run.t >= limit)

    begun = f.start(np.ones(2), optimizer=PLAIN)
    ended = f.train(begun, lambda x, batch: x, until=until, optimizer=PLAIN, n=3, size=1, seed=seed, lr=0.5)
    halvings = float(np.abs(ended.x - 0.5**limit).max())
    return Gap.worst([same(limit, ended.t, "steps done"), same(list(range(limit + 1)), seen, "when it was asked"),
                      Gap(halvings, 0.0, "parameters")])


@claim("behaviour", examples=40, n=COUNTS, size=SIZES, seed=SEEDS)
def steps_on_what_it_sampled(f: Any, n: int, size: int, seed: int) -> Gap:
    """Each step takes the gradient of a batch of the stated size at the present parameters, and goes against it.

        x_{t+1} = x_t - η ∇f_{B_t}(x_t),   |B_t| = m,   B_t ⊂ {0, …, N - 1}

    Allowed  0: the parameters asked for are those that the last step gave.
    Rejects  indices that run up to N; a step along the gradient; a gradient at the parameters before the last step.
    """
    asked: list[tuple[Array, Array, Array]] = []

    def gradient(x: Array, batch: Array) -> Array:
        g = x - float(len(asked))
        asked.append((x, np.asarray(batch), g))
        return g

    f.train(f.start(np.ones(2), optimizer=PLAIN), gradient, until=lambda run: run.t >= 6, optimizer=PLAIN, n=n,
            size=size, seed=seed, lr=0.5)
    strange = sum(int(batch.shape != (size,)) + int(((batch < 0) | (batch >= n)).sum()) for _, batch, _ in asked)
    off = [identical(before[0] - 0.5 * before[2], after[0], f"parameters at step {t}")
           for t, (before, after) in enumerate(pairwise(asked), 1)]
    return Gap.worst([same(6, len(asked), "gradients"), Gap(float(strange), 0.0, "indices"), *off])


@claim("distribution", random=True)
def samples_every_example_alike(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Each step draws every example equally often, with replacement, and anew.

        P(B_t[1] = i) = 1/N,   P(B_t[1] = B_t[2]) = 1/N,   P(B_t[1] = B_{t+1}[1]) = 1/N          N = 4

    Allowed  the exact binomial law for 4096 steps at α/6 each; at 1e-9 shares off by 0.07 are found with probability
             0.99.
    Rejects  a batch without replacement; one batch for all steps.
    """
    seed = int(rng.integers(2**31))
    drawn = np.array([f.draw(4, 2, seed=seed, t=t) for t in range(TRIALS)])
    again = drawn[::2, 0] == drawn[1::2, 0]
    gaps = [statistics.proportion(drawn[:, 0] == i, 0.25, alpha=alpha / 6) for i in range(4)]
    return Gap.worst([*gaps, statistics.proportion(drawn[:, 0] == drawn[:, 1], 0.25, alpha=alpha / 6),
                      statistics.proportion(again, 0.25, alpha=alpha / 6)])


@claim("behaviour", examples=60, n=st.integers(0, 12), size=SIZES, seed=SEEDS)
def every_example_once(f: Any, n: int, size: int, seed: int) -> Gap:
    """An epoch's batches hold every example once.

        ∪ B_i = {0, …, N - 1},   Σ |B_i| = N

    Allowed  nothing.
    Rejects  batches drawn with replacement; a short batch that is left away.
    """
    batches = [np.asarray(batch).tolist() for batch in f.epoch(n, size, rng=np.random.default_rng(seed))]
    return same(list(range(n)), sorted(i for batch in batches for i in batch), "examples")


@claim("behaviour", examples=60, n=st.integers(0, 12), size=SIZES, seed=SEEDS)
def the_last_batch_is_short(f: Any, n: int, size: int, seed: int) -> Gap:
    """All batches have the stated size but the last, which has what is left; it goes where that is asked for.

        |B_i| = m for i < ⌈N/m⌉,   |B_last| = N - m (⌈N/m⌉ - 1);   drop_last: ⌊N/m⌋ batches of m

    Allowed  nothing.
    Rejects  batches of nearly equal sizes; a last batch that is filled up.
    """
    whole, left = divmod(n, size)
    rng = np.random.default_rng(seed)
    sizes, dropped = ([len(b) for b in f.epoch(n, size, rng=rng, drop_last=drop)] for drop in (False, True))
    return Gap.worst([same([size] * whole + [left] * (left > 0), sizes, "sizes"),
                      same([size] * whole, dropped, "sizes with drop_last")])


@claim("distribution", random=True)
def two_draws_of_an_epoch_repel(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Within an epoch two places hold opposite values more often than not: their correlation is -1/(N - 1).

        E v_{π(1)} v_{π(2)} = -1/(N - 1)   for v = ±1, as many of each, N = 4

    Allowed  that of `mean_of_bounded` for 4096 epochs; at 1e-9 a correlation off by 0.16 is found with probability
             0.99.
    Rejects  draws with replacement, whose correlation is 0.
    """
    signs = np.array([1.0, 1.0, -1.0, -1.0])
    orders = np.array([np.concatenate(f.epoch(4, 1, rng=rng)) for _ in range(TRIALS)])
    return statistics.mean_of_bounded(signs[orders[:, 0]] * signs[orders[:, 1]], -1 / 3, (-1.0, 1.0), alpha=alpha)


@claim("distribution", random=True)
def epochs_are_independent(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Which example begins an epoch says nothing about which begins the next, and each may.

        P(π(1) = i, π'(1) = j) = 1/N²,   N = 4

    Allowed  the exact binomial law for 4096 pairs of epochs at α/16 each; at 1e-9 a pair off by 0.04 is found with
             probability 0.99.
    Rejects  one order for all epochs.
    """
    firsts = np.array([[epoch[0][0] for epoch in f.epochs(4, 2, count=2, rng=rng)] for _ in range(TRIALS)])
    return Gap.worst([statistics.proportion((firsts == (i, j)).all(axis=1), 1 / 16, alpha=alpha / 16)
                      for i in range(4) for j in range(4)])


@claim("distribution", random=True)
def sorted_data_is_no_harm(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Where the data lies sorted, an epoch of descent ends without a bias towards what came last.

        E x_T = 0   for x ← x - η (x - v_B) from 0, η = 0.1, 16 values -1 and then 16 values +1 in batches of 2

    Allowed  that of `mean_of_bounded` for 4096 epochs on [-1, 1], as every x is a mean of values; by the symmetry of
             the signs the mean is exactly 0. At 1e-9 a bias of 0.16 is found with probability 0.99.
    Rejects  batches in the order of the data, which end at 1 - 0.9⁸ - 0.9⁸ (1 - 0.9⁸) = +0.32.
    """
    values, ends = np.repeat((-1.0, 1.0), 16), []
    for _ in range(TRIALS):
        x = 0.0
        for batch in f.epoch(32, 2, rng=rng):
            x -= 0.1 * (x - float(values[batch].mean()))
        ends.append(x)
    return statistics.mean_of_bounded(ends, 0.0, (-1.0, 1.0), alpha=alpha)


@claim("behaviour", examples=60, difficulty=DIFFICULTIES)
def easy_before_hard(f: Any, difficulty: Array) -> Gap:
    """The order goes from easy to hard, holds every example once, and keeps equals as they came.

        d_{π(i)} ≤ d_{π(i+1)},   π(i) < π(i+1) where they are equal

    Allowed  nothing.
    Rejects  hard before easy; a sort that exchanges equals.
    """
    found = [int(i) for i in f.order(difficulty)]
    return same(sorted(range(difficulty.size), key=lambda i: (difficulty[i], i)), found, "order")


@claim("behaviour", examples=60, difficulty=DIFFICULTIES, begun=st.sampled_from((0.25, 0.1, 1.0)),
       epochs=st.integers(1, 5))
def no_example_is_lost(f: Any, difficulty: Array, begun: float, epochs: int) -> Gap:
    """Stages only grow, no harder example is there before an easier one, and in the end all are.

        S_e ⊂ S_{e+1},   max d over S_e ≤ min d outside,   S_E = all,   |S_e| ≥ q₀ N

    Allowed  nothing.
    Rejects  a stage that drops the easy examples again; a share that is rounded down and never reaches the last one.
    """
    every, lost = set(range(difficulty.size)), 0
    before: set[int] = set()
    for epoch in range(epochs + 3):
        share = f.share(epoch, start=begun, epochs=epochs)
        now = {int(i) for i in f.stage(difficulty, share=share)}
        outside = every - now
        harder = bool(now and outside) and max(difficulty[list(now)]) > min(difficulty[list(outside)])
        lost += len(before - now) + int(harder) + (len(outside) if epoch >= epochs else 0)
        lost += int(len(now) < begun * len(every)) + int(not 0 < share <= 1)
        before = now
    return Gap(float(lost), 0.0, "examples out of place")
