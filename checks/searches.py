"""What is claimed of random search: its law, its tightening, and that it beats a grid where one setting matters."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fiducial.checks import statistics
from fiducial.checks.claims import claim
from fiducial.checks.evidence import Gap, same
from fiducial.checks.statistics.laws import uniform

Draws = SearchStrategy[Any]
U = 2.0**-53
RANGES = {"lr": (1e-6, 1e-1), "decay": (1e-3, 10.0)}
DRAWN, TRIALS, JOBS, NEAR = 4096, 2048, 25, 0.05
ENDS: Draws = st.sampled_from(((1e-6, 1e-1), (0.5, 2.0), (10.0, 1e5)))


@claim("distribution", random=True)
def draws_are_log_uniform(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """Each setting's logarithm is uniform over its range, and settings are independent.

        ln x ~ U(ln a, ln b);   P(both in their upper halves) = ¼

    Allowed  the uniform law of 4096 draws at α/4 for each setting (`distribution`, which says its own parts), and the
             exact binomial law at α/2; at 1e-9 a quarter off by 0.07 is found with probability 0.99.
    Rejects  a uniform draw: nine in ten of its rates lie in the top decade.
    """
    drawn = f.draw(RANGES, jobs=DRAWN, rng=rng)
    parts = {name: (np.log(drawn[name]) - np.log(a)) / np.log(b / a) for name, (a, b) in RANGES.items()}
    both = np.all([part > 0.5 for part in parts.values()], axis=0)
    laws = [statistics.distribution(part, uniform(0.0, 1.0), alpha=alpha / 4) for part in parts.values()]
    return Gap.worst([*laws, statistics.proportion(both, 0.25, alpha=alpha / 2)])


@claim("behaviour", examples=60, ends=ENDS, jobs=st.integers(1, 25), seed=st.integers(0, 2**20),
       best=st.integers(1, 3))
def tightened_ranges_hold_the_best(f: Any, ends: tuple[float, float], jobs: int, seed: int, best: int) -> Gap:
    """The tightened ranges hold the best few settings with room around them, inside the old ones, and are narrower.

        a ≤ a' ≤ min x_best,   max x_best ≤ b' ≤ b,   ln b' - ln a' ≤ ln span + 2 (ln b - ln a)/J

    Allowed  0 for the order; 32 u in logarithms for the width.
    Rejects  ranges about the worst few; ranges that end at the best few, beside which nothing is tried again.
    """
    rng = np.random.default_rng(seed)
    low, high = np.log(ends)
    x = np.exp(low + (high - low) * rng.random(jobs))
    scores, best = rng.permutation(jobs).astype(float), min(best, jobs)
    found = SimpleNamespace(ranges={"x": ends}, settings={"x": x}, scores=scores)
    low, high = f.tighten(found, best=best)["x"]
    near = np.sort(x[scores < best])
    spacing = float(np.log(ends[1] / ends[0]) / jobs)
    widest = float(np.log(near[-1] / near[0])) + 2 * spacing
    disorder = float((low < ends[0]) + (high > ends[1]) + (low > near[0]) + (high < near[-1]))
    tight = float((low == near[0] > ends[0]) + (high == near[-1] < ends[1]))
    return Gap.worst([Gap(disorder + tight, 0.0, f"[{low}, {high}] about {near}"),
                      Gap(max(0.0, float(np.log(high / low)) - widest), 32 * U * (1 + widest), "width")])


@claim("behaviour", examples=20, seed=st.integers(0, 2**20), jobs=st.integers(3, 25), rounds=st.integers(1, 3))
def finer_rounds_stay_inside(f: Any, seed: int, jobs: int, rounds: int) -> Gap:
    """Each round tries so many settings, in ranges inside those of the round before, and its scores are theirs.

        a_r ≤ x ≤ b_r,   [a_{r+1}, b_{r+1}] ⊂ [a_r, b_r],   scores = J(x)

    Allowed  nothing.
    Rejects  a second round as wide as the first; scores in another order than the settings.
    """

    def objective(lr: float, decay: float) -> float:
        return (math.log(lr) + 7) ** 2 + 0.01 * math.log(decay) ** 2

    found = f.search(objective, RANGES, rng=np.random.default_rng(seed), rounds=rounds, jobs=jobs, best=2)
    faults = abs(len(found) - rounds)
    for before, after in zip(found[:1] + found[:-1], found, strict=True):
        for name, (low, high) in after.ranges.items():
            outside = (after.settings[name] < low) | (after.settings[name] > high)
            faults += int(outside.sum()) + int(low < before.ranges[name][0]) + int(high > before.ranges[name][1])
        again = [objective(lr, decay) for lr, decay in zip(*after.settings.values(), strict=True)]
        faults += int(again != after.scores.tolist()) + abs(len(again) - jobs)
        faults += int(after is not before and after.ranges == before.ranges)
    return Gap(float(faults), 0.0, "settings or ranges out of place")


@claim("distribution", random=True)
def every_job_tries_another_value(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
    """25 random jobs find the one setting that matters as often as 25 values do, a grid of 5 × 5 as 5.

        P(some of J within ±δ of the best) = 1 - (1 - 2δ)^J = 0.928,   δ = 0.05 of the range in ln x
        a 5 × 5 grid: 5 distinct values, 0.45 at most

    Allowed  the exact binomial law for 2048 searches, the best uniform at least δ from the ends; at 1e-9 a share off by
             0.06 is found with probability 0.99.
    Rejects  a grid.
    """
    low, high = np.log(RANGES["lr"])
    hits = []
    for best in rng.uniform(NEAR, 1 - NEAR, TRIALS):
        tried = (np.log(f.draw(RANGES, jobs=JOBS, rng=rng)["lr"]) - low) / (high - low)
        hits.append(bool((np.abs(tried - best) < NEAR).any()))
    return statistics.proportion(hits, 1 - (1 - 2 * NEAR) ** JOBS, alpha=alpha)


@claim("value", examples=10, steps=st.integers(1, 6))
def a_grid_repeats_its_values(f: Any, steps: int) -> Gap:
    """A grid of n steps in two settings has n² jobs and only n values of each.

        #jobs = n²,   #{x_i} = n,   ends included for n > 1

    Allowed  nothing, and 32 u (1 + ln b/a) for the ends in logarithms.
    Rejects  a grid along the diagonal alone.
    """
    found = f.grid(RANGES, steps=steps)
    pairs = set(zip(*[values.tolist() for values in found.values()], strict=True))
    gaps = [same(steps**2, len(pairs), "jobs"), *(same(steps, len(set(v.tolist())), "values") for v in found.values())]
    if steps > 1:
        gaps += [Gap(abs(float(np.log(found[name].max() / b))), 32 * U * (1 + float(np.log(b / a))), "upper end")
                 for name, (a, b) in RANGES.items()]
    return Gap.worst(gaps)
