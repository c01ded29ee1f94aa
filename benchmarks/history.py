"""A benchmark over commits: where it changed, and how much it moves when nothing changed.

    python -m fiducial.benchmarks.history STORE [--alpha 0.001] [--shuffled 200]

Change points  binary segmentation of log values. In a stretch of n points each cut k is given the CUSUM of their ranks,
               |Σ_{i≤k} (r_i - r̄)| / √(k (n - k) / n), and the largest is held against the same in PERMUTATIONS seeded
               shuffles of the stretch: p = (1 + #{as large}) / (1 + PERMUTATIONS), exact for exchangeable points,
               whatever their law. Cut where p ≤ α and the medians of both sides differ by at least `least`; then each
               side likewise, at α again. Within WINDOW points, as old changes say nothing of new ones.
False alarms   `--shuffled N` counts the series with a change point among N shuffles of the store's own.
Thresholds     the third quartile plus three interquartile ranges of |log(value / the one before)|: what a
               benchmark does by itself, from FEWEST points on. The gate asks for no less, whatever its own minimum.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.stats import rankdata

from fiducial.benchmarks.store import Point, points, read

PERMUTATIONS = 9999
LEAST = 0.02
WINDOW = 50
SHORTEST = 14  # points: 2 / C(14, 7) = 0.0006 is the least p of all; with fewer it is above 0.001
FEWEST = 8
Floats = NDArray[np.float64]


class Change(NamedTuple):
    """The place of the first point after a change, the ratio of both medians, and p."""

    place: int
    ratio: float
    p: float


def series(stored: Sequence[Point]) -> dict[tuple[str, str], list[Point]]:
    """Points by benchmark and fingerprint, in the order of time."""
    found: dict[tuple[str, str], list[Point]] = {}
    for point in sorted(stored, key=lambda each: each.time):
        if point.value > 0:
            found.setdefault((point.benchmark, point.fingerprint), []).append(point)
    return found


def largest(ranks: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """For each row the largest CUSUM over all cuts, and its place."""
    n = ranks.shape[-1]
    k = np.arange(1, n)
    sums = np.abs(np.cumsum(ranks - ranks.mean(axis=-1, keepdims=True), axis=-1)[..., :-1]) / np.sqrt(k * (n - k) / n)
    return sums.max(axis=-1), sums.argmax(axis=-1) + 1


def changes(values: Sequence[float], *, alpha: float = 0.001, least: float = LEAST, seed: int = 0) -> list[Change]:
    """Where positive values changed for good, first to last; ratios are those of neighbouring stretches."""
    logs = np.log(np.asarray(values[-WINDOW:], dtype=float))
    cuts = sorted(_cut(logs, 0, alpha, math.log1p(least), np.random.default_rng(seed)))
    ends = [0, *(place for place, _ in cuts), len(logs)]
    middles = [float(np.median(logs[start:end])) for start, end in itertools.pairwise(ends)] if cuts else []
    return [Change(len(values) - len(logs) + place, math.exp(after - before), p)
            for (place, p), (before, after) in zip(cuts, itertools.pairwise(middles), strict=True)]


def _cut(logs: Floats, start: int, alpha: float, least: float, rng: np.random.Generator) -> list[tuple[int, float]]:
    """Places and p of the cuts in a stretch that begins at `start`."""
    if len(logs) < SHORTEST:
        return []
    ranks = rankdata(logs)
    (height,), (place,) = largest(ranks[np.newaxis])
    shuffled = largest(rng.permuted(np.tile(ranks, (PERMUTATIONS, 1)), axis=1))[0]
    p = float((1 + np.sum(shuffled >= height - 1e-9)) / (1 + PERMUTATIONS))
    if p > alpha or abs(np.median(logs[place:]) - np.median(logs[:place])) < least:
        return []
    return [*_cut(logs[:place], start, alpha, least, rng), (start + int(place), p),
            *_cut(logs[place:], start + int(place), alpha, least, rng)]


def threshold(values: Sequence[float]) -> float | None:
    """The share by which a benchmark moves by itself; None where too little is known."""
    if len(values) < FEWEST:
        return None
    moves = np.abs(np.diff(np.log(values)))
    low, high = np.quantile(moves, [0.25, 0.75])
    return float(np.expm1(high + 3 * (high - low)))


def thresholds(stored: Sequence[Point], mark: str) -> dict[str, float]:
    """For each benchmark the share by which it moves by itself, under this fingerprint."""
    known = {name: threshold([point.value for point in found])
             for (name, print_), found in series(stored).items() if print_ == mark}
    return {name: share for name, share in known.items() if share is not None}


def false_alarms(stored: Sequence[Point], shuffles: int, *, alpha: float, seed: int = 0) -> tuple[int, int]:
    """Of so many shuffled series, drawn in turn from those of the store, how many have a change point."""
    rng = np.random.default_rng(seed)
    known = [[p.value for p in found] for found in series(stored).values() if len(found) >= SHORTEST]
    if not known:
        return 0, 0
    drawn = (list(rng.permutation(known[k % len(known)])) for k in range(shuffles))
    return sum(bool(changes(values, alpha=alpha, seed=k)) for k, values in enumerate(drawn)), shuffles


def main(arguments: list[str] | None = None) -> None:
    """Print the change points of a store."""
    parser = argparse.ArgumentParser(description="Change points of the benchmarks in a store.")
    parser.add_argument("store")
    parser.add_argument("--alpha", type=float, default=0.001)
    parser.add_argument("--shuffled", type=int, default=0, help="count false alarms on so many shuffled series")
    given, console = parser.parse_args(arguments), Console()
    rows, torn = read(given.store)
    table = Table("benchmark", "first commit after", "ratio", "p", box=None)
    for (name, _), found in series(points(rows)).items():
        for change in changes([p.value for p in found], alpha=given.alpha):
            table.add_row(name, found[change.place].commit[:10], f"{change.ratio:.3f}", f"{change.p:.1g}")
    console.print(table if table.row_count else "no benchmark changed")
    if torn:
        console.print(f"{torn} lines could not be read")
    if given.shuffled:
        hits, runs = false_alarms(points(rows), given.shuffled, alpha=given.alpha)
        console.print(f"{hits} of {runs} shuffled series show a change point")


if __name__ == "__main__":
    main()
