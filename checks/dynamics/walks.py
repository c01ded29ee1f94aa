"""Walks: an optimizer let loose on an objective, step by step.

A subject has `init(x)` and `step(x, gradient, state, **options)`, which may take the gradient wherever it likes, and
where it walks on an objective of its own `value(x, **of)` and `gradient(x, **of)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array

U = 2.0**-53
Gradient = Callable[[Array], Array]
NONE: Mapping[str, Any] = {}


def walk(f: Any, x: Array, steps: int, *, of: Mapping[str, Any] = NONE, along: Gradient | None = None,
         **options: Any) -> Array:
    """x and where each step led, (steps + 1, …): on f's own objective with options `of`, or on the gradient `along`."""
    gradient = along or (lambda at: f.gradient(at, **of))
    state, path = f.init(x), [x]
    for _ in range(steps):
        x, state = f.step(x, gradient, state, **options)
        path.append(x)
    return np.stack(path)


def led(f: Any, x: Array, gradients: Array, **options: Any) -> Array:
    """x and where each step led, on gradients that are given one by one."""
    state, path = f.init(x), [x]
    for g in gradients:
        x, state = f.step(x, lambda _, g=g: g, state, **options)
        path.append(x)
    return np.stack(path)


def velocities(f: Any, gradients: Array, **options: Any) -> Array:
    """Each step's displacement, shaped like the gradients given one by one: each is taken at 0, so that none rounds."""
    zero = np.zeros_like(gradients[0])
    state, found = f.init(zero), []
    for g in gradients:
        v, state = f.step(zero, lambda _, g=g: g, state, **options)
        found.append(v)
    return np.stack(found)


def steps_until(f: Any, x: Array, reached: Callable[[Array], bool], most: int, *, of: Mapping[str, Any] = NONE,
                along: Gradient | None = None, **options: Any) -> int:
    """How many steps until a point is reached; most + 1 if it is not within `most`."""
    gradient, state = along or (lambda at: f.gradient(at, **of)), f.init(x)
    for done in range(most + 1):
        if reached(x):
            return done
        x, state = f.step(x, gradient, state, **options)
    return most + 1
