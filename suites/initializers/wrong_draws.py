"""Wrong initializers: what a hurried author writes, for every initializer's claims to reject."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fiducial.checks.claims import Claim
from fiducial.checks.evidence import Array
from fiducial.suites.bindings import Wrong, variant
from fiducial.suites.rules.kinds import KindRule

Variance = Callable[..., float]


def claimed(rule: KindRule, name: str) -> Claim:
    """The claim of a rule whose id ends so."""
    return next(claim for claim in rule.claims if claim.id.endswith(name))


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """n_in, n_out."""
    return math.prod(shape[1:]), math.prod(shape) // shape[1]


def normal(variance: Variance) -> Any:
    """A draw from N(0, variance(n_in, n_out, **options))."""

    def draw(shape: tuple[int, ...], *, rng: np.random.Generator, **options: Any) -> Array:
        return rng.standard_normal(shape) * math.sqrt(variance(*fans(shape), **options))

    return draw


def uniform(variance: Variance) -> Any:
    """A draw from the centred uniform law of this variance."""

    def draw(shape: tuple[int, ...], *, rng: np.random.Generator, **options: Any) -> Array:
        return (2 * rng.random(shape) - 1) * math.sqrt(3 * variance(*fans(shape), **options))

    return draw


def seeded(shape: tuple[int, ...], *, rng: np.random.Generator, **options: Any) -> Array:
    """Always the same numbers."""
    return np.random.default_rng(0).standard_normal(shape)


def one_row_for_all(shape: tuple[int, ...], *, rng: np.random.Generator, **options: Any) -> Array:
    """One unit's weights, given to every unit."""
    return np.broadcast_to(rng.standard_normal((1, *shape[1:])), shape).copy()


def of_vectors_too(shape: tuple[int, ...], *, rng: np.random.Generator, **options: Any) -> Array:
    """A vector's length taken for both fans."""
    return rng.standard_normal(shape)


def never_fresh(rule: KindRule, definition: Any) -> list[Wrong]:
    """The mutants for the claims that every random initializer with independent entries shares."""
    return [Wrong(variant(definition, draw=seeded), by=claimed(rule, "come-from-the-generator")),
            Wrong(variant(definition, draw=one_row_for_all), by=claimed(rule, "are-independent"))]
