"""Shares with their exact (Clopper-Pearson) intervals: what a count says about a rate."""

from __future__ import annotations

from scipy import special

CONFIDENCE = 0.95


def upper_bound(failed: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """The exact one-sided bound of a rate of which `failed` in `runs` were seen; 1 where all or none were run."""
    return float(special.betaincinv(failed + 1, runs - failed, confidence)) if failed < runs else 1.0


def interval(found: int, all_: int) -> tuple[float, float]:
    """The exact two-sided interval of a rate of which `found` of all were seen; (0, 1) where there were none."""
    tail = (1 + CONFIDENCE) / 2
    return (1 - upper_bound(all_ - found, all_, tail) if all_ else 0.0), upper_bound(found, all_, tail)
