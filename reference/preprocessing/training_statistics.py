"""Fit on the training set only: every step is fitted once, in its place in the chain, and applied to any other set.

    φ_1 = fit_1(X),  X ← forward_1(X, φ_1),  φ_2 = fit_2(X), …     X the training set
    y = forward_k(… forward_1(x, φ_1) …, φ_k)                      no statistic of x is ever read

Source   Hastie, Tibshirani, Friedman, The elements of statistical learning, 2009, section 7.10.2, for what goes wrong
         where a step has seen the other sets.
Variant  none in use.
"""

from collections.abc import Sequence
from typing import Any

from .._arguments import real
from .._arrays import Array

Fitted = tuple[tuple[Any, Any], ...]  # steps, such as the modules of this folder, and what each has kept


def fit(x: Array, steps: Sequence[Any]) -> Fitted:
    """Each step with what it keeps of the training set x (N, …). Raises ValueError for no steps."""
    if not steps:
        raise ValueError("steps must hold at least one step, got none")
    found: list[tuple[Any, Any]] = []
    for step in steps:
        fitted = step.fit(real("x", x))
        x = step.forward(x, fitted)
        found.append((step, fitted))
    return tuple(found)


def forward(x: Array, fitted: Fitted) -> Array:
    """x (M, …) through every step."""
    for step, kept in fitted:
        x = step.forward(real("x", x), kept)
    return x
