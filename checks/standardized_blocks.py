"""Standardized blocks: which entries of an array a normalization treats together, and what rounding does to them.

    x̂ = (x - μ) / √(s² + ε),   y = γ x̂ + β        μ and s² (biased) of the m entries of a block

The bounds hold for any order of summation, for two-pass and for updating formulas of the variance, u = 2⁻⁵³. With
A = max |x| and σ = √(s² + ε), the mean of a block errs by m u A, x - μ by δ = (m + 2) u A, and s² by
2 s δ + δ² + (m + 1) u s².
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fiducial.checks.evidence import Array, Gap
from fiducial.checks.rounding import Rounded

Sample = Mapping[str, Any]
UNIT = 2.0**-53
SAFETY = 2  # for terms of second order in u, and for a subject that writes y as (γ/σ) x + (β - γ μ/σ)


@dataclass(frozen=True)
class Scope:
    """How a normalization cuts up its input.

    labels  sample → the number of each entry's block, shaped like x, from 0
    spread  (γ or β, x) → it, broadcast against x
    """

    labels: Callable[[Sample], Array]
    spread: Callable[[Array, Array], Array]


def _along_channels(values: Array, x: Array) -> Array:
    return values.reshape((1, -1, *[1] * (x.ndim - 2)))


def _leading(sample: Sample, axes: int, last: int = 1) -> Array:
    """One block for each index of the first `axes` axes, and for each of `last` pieces of the next."""
    shape = sample["x"].shape
    size = math.prod(shape[axes:]) // last
    return np.repeat(np.arange(sample["x"].size // size), size).reshape(shape)


def _channels(sample: Sample) -> Array:
    x = sample["x"]
    return np.array(np.broadcast_to(_along_channels(np.arange(x.shape[1]), x), x.shape))


CHANNEL = Scope(_channels, _along_channels)
EXAMPLE = Scope(lambda sample: _leading(sample, sample["x"].ndim - sample["gamma"].ndim), lambda values, x: values)
GROUP = Scope(lambda sample: _leading(sample, 1, sample["groups"]), _along_channels)
INSTANCE = Scope(lambda sample: _leading(sample, 2), _along_channels)


class Blocks(NamedTuple):
    """A sample seen block by block, each field but m shaped like x: A, s, σ and x̂, with γ and β laid along x."""

    labels: Array
    m: int
    largest: Array
    spread: Array
    root: Array
    x_hat: Array
    gamma: Array
    beta: Array

    def sums(self, values: Array) -> Array:
        """The sum of each block."""
        return np.bincount(self.labels.ravel(), weights=np.ravel(values))

    def most(self, values: Array) -> Array:
        """The largest entry of each block, laid along its entries."""
        found = np.zeros(self.labels.max() + 1)
        np.maximum.at(found, self.labels.ravel(), np.ravel(np.broadcast_to(values, self.labels.shape)))
        return np.asarray(found[self.labels])

    @property
    def wide(self) -> bool:
        """Whether every block's deviation exceeds the rounding of its mean by far, so that the bounds hold."""
        return bool((self.spread > 1e4 * (self.m + 2) * UNIT * self.largest).all() and (self.spread > 0).all())

    @property
    def delta(self) -> Array:
        """δ / σ: the error of x - μ, in deviations."""
        return (self.m + 2) * UNIT * self.largest / self.root

    def error_of_x_hat(self) -> Array:
        """|error of x̂| <= (1 + |x̂|) δ/σ + |x̂| (m + 6) u."""
        size = abs(self.x_hat)
        return SAFETY * ((1 + size) * self.delta + size * (self.m + 6) * UNIT)

    def error_of_y(self) -> Array:
        """|error of y| <= |γ| |error of x̂| + 2 u (|γ x̂| + |β|)."""
        size = abs(self.gamma)
        last = SAFETY * 2 * UNIT * (size * abs(self.x_hat) + abs(self.beta))
        return np.asarray(size * self.error_of_x_hat() + last)

    def error_of_gradient(self, g: Array) -> Array:
        """|error of ∂L/∂x|, with H = max |γ g|, X = max |x̂|, e = max |error of x̂| of the block.

        ∂L/∂x = (h - mean h - x̂ mean(h x̂)) / σ,  h = γ g: at most H (2 + X²) / σ; the three terms err by
        u H, (m + 2) u H, and 2 e H X + (m + 2) u H X²; 1/σ by δ/σ + (m + 6) u of the whole.
        """
        h, x, e = self.most(abs(self.gamma * g)), self.most(abs(self.x_hat)), self.most(self.error_of_x_hat())
        n = (self.m + 6) * UNIT
        return np.asarray(SAFETY * h / self.root * (n + 2 * e * x + n * x**2 + (self.delta + n) * (2 + x**2)))


def blocks(scope: Scope, sample: Sample) -> Blocks:
    """The blocks of a sample with x, gamma, beta and eps."""
    x, labels = sample["x"], scope.labels(sample)
    count = np.bincount(labels.ravel())

    def mean(values: Array) -> Array:
        return (np.bincount(labels.ravel(), weights=np.ravel(values)) / count)[labels]

    centred = x - mean(x)
    var = mean(centred**2)
    largest = np.zeros(count.size)
    np.maximum.at(largest, labels.ravel(), abs(x).ravel())
    root = np.sqrt(var + sample["eps"])
    x_hat = np.divide(centred, root, out=np.zeros_like(centred), where=root > 0)
    gamma, beta = (np.broadcast_to(scope.spread(sample[name], x), x.shape) for name in ("gamma", "beta"))
    return Blocks(labels, int(count[0]), largest[labels], np.sqrt(var), root, x_hat, gamma, beta)


def judged(scope: Scope, sample: Sample) -> Blocks | None:
    """The blocks; None where one of them is all but constant, so that rounding decides."""
    found = blocks(scope, sample)
    return found if found.wide else None


def aligned(gaps: Array, allowed: Array | float, where: str) -> Gap:
    """The entry with the worst ratio of two arrays of one shape; nan is worst of all."""
    measured, most = np.ravel(abs(gaps)), np.ravel(np.broadcast_to(allowed, np.shape(gaps)))
    with np.errstate(all="ignore"):
        ratio = np.where(measured == 0, 0.0, measured / most)
    worst = int(np.argmax(np.where(np.isnan(ratio), np.inf, ratio)))
    return Gap(float(measured[worst]), float(most[worst]), where)


class KnownToARounding:
    """A definition whose arguments of these names count as known to one unit roundoff, wherever it is run with bounds.

    So is what a subject computes that folds given statistics into one scale and one shift, as torch does:

        y = (γ/σ) x + (β - μ γ/σ)    is    γ (x (1 + δ₁) - μ (1 + δ₂)) / σ + β,    |δ| <= a few u

    which is as good as the definition on inputs that are rounded themselves, though x - μ may be far smaller than x.
    """

    def __init__(self, definition: Any, *names: str) -> None:
        self._definition = definition
        self._names = names

    def forward(self, **sample: Any) -> Any:
        """The definition's values, with the bound that this uncertainty makes."""
        return self._definition.forward(**self._widened(sample))

    def backward(self, **sample: Any) -> Any:
        """The definition's gradients, with the bound that this uncertainty makes."""
        return self._definition.backward(**self._widened(sample))

    def _widened(self, sample: Sample) -> dict[str, Any]:
        return {name: _rounded(v) if name in self._names else v for name, v in sample.items()}


def _rounded(x: Any) -> Any:
    """An array with one rounding more, if it carries its error at all."""
    if not isinstance(x, Rounded):
        return x
    return Rounded(x.value, x.error + x.rounding.unit * abs(x.value), x.rounding)
