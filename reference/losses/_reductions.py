"""Reductions: one number for many losses, and its cotangent handed back to each of them.

    none   each loss by itself          cotangent of each    g
    sum    Σ losses                                          g
    mean   Σ losses / n                                      g / n

Source   the lectures: a loss is summed, or averaged, over the examples.
Variant  `n` is the number of losses unless it is told: a weighted cross-entropy divides by Σ weights, torch's
         `batchmean` by the number of rows.
"""

import numpy as np

from .._arguments import one_of
from .._arrays import Array

REDUCTIONS = ("none", "sum", "mean")


def forward(losses: Array, *, reduction: str, n: Array | None = None) -> Array:
    """The losses reduced; the mean of no loss, and with n = 0, is nan. Raises ValueError for another reduction."""
    if one_of("reduction", reduction, REDUCTIONS) == "none":
        return losses
    total = np.sum(losses)
    if reduction == "sum":
        return total
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / (losses.size if n is None else n)


def backward(losses: Array, g: Array, *, reduction: str, n: Array | None = None) -> Array:
    """The cotangent of each loss, shaped like the losses."""
    if one_of("reduction", reduction, REDUCTIONS) == "none":
        return g * np.ones_like(losses)
    if reduction == "sum":
        return np.ones_like(losses) * g
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.ones_like(losses) * (g / (losses.size if n is None else n))
