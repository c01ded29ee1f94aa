"""Calibration, power and cost of the statistics engine, as tables and, with --json FILE, as a record.

    python -m fiducial.benchmarks.desk.statistics [--runs 10000] [--draws 30000000] [--seed 1] [--deep] [--json FILE]

Calibration: how often each test refuses a sound sampler at α = 1e-3, with the exact 99.99 % interval of that rate.
Power: how often each mutant is refused at the n, α and power of its plan. Sequential: draws until the verdict.
Cost: seconds of a whole `assert_distribution` against n. --deep adds a mean off by 0.002 σ, at 1e7 draws.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy import special

from fiducial.checks import statistics as st
from fiducial.suites.statistics.samplers import MUTANTS, SOUND, Mutant, alarms, plan, refusals

ALPHA = 1e-3
CONFIDENCE = 0.9999
Row = dict[str, Any]


def interval(count: int, runs: int) -> tuple[float, float]:
    """The exact (Clopper-Pearson) interval of a rate at 99.99 %."""
    miss = (1 - CONFIDENCE) / 2
    low = float(special.betaincinv(count, runs - count + 1, miss)) if count else 0.0
    high = float(special.betainccinv(count + 1, runs - count, miss)) if count < runs else 1.0
    return low, high


def calibration(runs: int, seed: int) -> list[Row]:
    """One row a sound sampler: alarms in `runs` runs at α = 1e-3."""
    rows = []
    for sound in SOUND:
        start = time.perf_counter()
        count = alarms(sound, runs=runs, alpha=ALPHA, seed=seed)
        low, high = interval(count, runs)
        each = 1e6 * (time.perf_counter() - start) / runs
        rows.append({"test": sound.name, "alarms": count, "runs": runs, "low": low, "high": high,
                     "within": low <= ALPHA, "microseconds": each})
    return rows


def power(draws: int, seed: int, mutants: list[Mutant]) -> list[Row]:
    """One row a mutant: refusals at its plan, in as many runs as `draws` values allow, at least 1 and at most 2000."""
    rows = []
    for mutant in mutants:
        runs = int(np.clip(draws // mutant.plan.n, 1, 2000))
        count = refusals(mutant, runs=runs, seed=seed)
        low, high = interval(count, runs)
        rows.append({"mutant": mutant.name, **mutant.plan.record(), "refused": count, "runs": runs, "low": low,
                     "high": high, "reached": high >= mutant.plan.power})
    return rows


def deep() -> Mutant:
    """A mean off by 0.2 % of σ."""
    return Mutant("mean off by 0.002 σ", plan("mean_of_normal", 0.002),
                  lambda r, n, a: st.mean_of_normal(r.normal(0.002, 1, n), 0, 1, alpha=a))


def sequential(seed: int, runs: int = 100) -> list[Row]:
    """Draws until the verdict of a staged test for a mean, as a share of the fixed-n test's at the same promise."""
    claim, rows = st.NormalMean(0, 1), []
    looks = st.stages(claim, alpha=1e-6, effect=0.1)
    fixed = st.plan("mean_of_normal", alpha=1e-6, effect=0.1).n
    for off in (0.0, 0.05, 0.1, 0.2, 0.5):
        rng = st.stream(seed, f"off by {off}")
        ends = [st.in_stages(shifted(off), claim, looks, rng=rng) for _ in range(runs)]
        rows.append({"off": off, "runs": runs, "refused": sum(not end.gap.holds for end in ends),
                     "draws": float(np.mean([end.n for end in ends])), "fixed": fixed})
    return rows


def shifted(off: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """A normal sampler whose mean is off."""
    return lambda rng, n: rng.normal(off, 1, n)


def cost() -> list[Row]:
    """Seconds of one judgement, sampling apart, against n; the best of three."""
    rows = []
    for n in (1000, 10_000, 100_000, 1_000_000):
        row: Row = {"n": n}
        for name, values in (("normal(0, 1)", np.random.default_rng(n).normal(size=n)),
                             ("poisson(3)", np.random.default_rng(n).poisson(3, n))):
            row[name] = min(timed(values, name) for _ in range(3))
        rows.append(row)
    return rows


def timed(values: np.ndarray, name: str) -> float:
    """Seconds of one `assert_distribution`."""
    start = time.perf_counter()
    st.assert_distribution(values, name)
    return time.perf_counter() - start


def table(title: str, rows: list[Row], columns: list[str]) -> None:
    """Print the columns of the rows, aligned."""
    cells = [[f"{row[c]:.4g}" if isinstance(row[c], float) else str(row[c]) for c in columns] for row in rows]
    widths = [max(len(line[i]) for line in [columns, *cells]) for i in range(len(columns))]
    print(f"\n{title}")
    for line in [columns, *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the record."""
    parser = argparse.ArgumentParser(description="Calibration, power and cost of the statistics engine.")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=30_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    record = {"schema": "fiducial.desk.statistics/1", "alpha": ALPHA, "seed": given.seed,
              "environment": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
              "calibration": calibration(given.runs, given.seed),
              "power": power(given.draws, given.seed, [*MUTANTS, *([deep()] if given.deep else [])]),
              "sequential": sequential(given.seed), "cost": cost()}
    show(record)
    if given.json:
        given.json.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(record: Row) -> None:
    """Print the record's four tables."""
    table(f"Calibration at α = {ALPHA:g}: alarms on sound samplers, exact 99.99 % interval", record["calibration"],
          ["test", "alarms", "runs", "low", "high", "within", "microseconds"])
    table("Power: mutants refused at the plan's n", record["power"],
          ["mutant", "alpha", "n", "effect", "power", "refused", "runs", "low", "high", "reached"])
    table("Sequential: a mean in stages, α = 1e-6, effect 0.1 σ, power 0.99", record["sequential"],
          ["off", "refused", "runs", "draws", "fixed"])
    table("Cost of a judgement, seconds", record["cost"], ["n", "normal(0, 1)", "poisson(3)"])


if __name__ == "__main__":
    main()
