"""Random search, coarse to fine: try settings at random, tighten the ranges about the best few, try again.

    x = exp U(ln a, ln b) for each setting, a < b its range                                     J settings a round
    tightened: [a', b'] = the best k's span in ln x, widened by (ln b - ln a)/J on both sides, cut to [a, b]
    of 25 random settings the best lies in the top share q with probability 1 - (1 - q)^25 in any one dimension that
    matters; a 5 × 5 grid shows 5 values of it

Source   Bergstra, Bengio, Random search for hyper-parameter optimization, 2012, section 1 and figure 1.
         The lectures: 25 jobs, the best 2 or 3, tighter ranges, 25 more.
Variant  how far to tighten is not stated there: the best k's span widened by the mean spacing of the draws is ours.
         `grid`: equally spaced in ln x, both ends included.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from .._arguments import positive, whole
from .._arrays import Array

Ranges = Mapping[str, tuple[float, float]]


class Round(NamedTuple):
    """ranges that settings were drawn from; settings by name, (J,) each; scores (J,), the smallest is the best."""

    ranges: dict[str, tuple[float, float]]
    settings: dict[str, Array]
    scores: Array


def _logs(name: str, ends: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(np.log(positive(name, end))) for end in ends)
    if not low < high:
        raise ValueError(f"{name} must have its lower end first, got {ends}")
    return low, high


def draw(ranges: Ranges, *, jobs: int, rng: np.random.Generator) -> dict[str, Array]:
    """Log-uniform settings, (jobs,) each. Raises ValueError unless 0 < a < b."""
    count = whole("jobs", jobs, least=1)
    found = {}
    for name, ends in ranges.items():
        low, high = _logs(name, ends)
        found[name] = np.clip(np.exp(low + (high - low) * rng.random(count)), *ends)
    return found


def grid(ranges: Ranges, *, steps: int) -> dict[str, Array]:
    """Every combination of `steps` values of each setting, (steps^n,) each."""
    axes = [np.exp(np.linspace(*_logs(name, ends), whole("steps", steps, least=1))) for name, ends in ranges.items()]
    return dict(zip(ranges, np.array(list(itertools.product(*axes))).T, strict=True))


def tighten(found: Round, *, best: int = 3) -> dict[str, tuple[float, float]]:
    """Ranges about the best few settings. Raises ValueError for more than there are."""
    if not 1 <= whole("best", best) <= found.scores.size:
        raise ValueError(f"best must lie between 1 and the {found.scores.size} settings tried, got {best}")
    chosen = np.argsort(found.scores, kind="stable")[:best]
    ranges = {}
    for name, ends in found.ranges.items():
        low, high = _logs(name, ends)
        near = found.settings[name][chosen]
        spare = np.exp((high - low) / found.scores.size)
        ranges[name] = (max(ends[0], float(near.min() / spare)), min(ends[1], float(near.max() * spare)))
    return ranges


def search(objective: Callable[..., float], ranges: Ranges, *, rng: np.random.Generator, rounds: int = 2,
           jobs: int = 25, best: int = 3) -> list[Round]:
    """The rounds, from coarse to fine. objective(**setting): the score, to be made small."""
    found: list[Round] = []
    for _ in range(whole("rounds", rounds, least=1)):
        ranges = tighten(found[-1], best=best) if found else dict(ranges)
        settings = draw(ranges, jobs=jobs, rng=rng)
        scores = [objective(**{name: float(values[job]) for name, values in settings.items()}) for job in range(jobs)]
        found.append(Round(dict(ranges), settings, np.array(scores, dtype=np.float64)))
    return found
