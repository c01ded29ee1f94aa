"""Linear recurrences: what momentum does on a parabola, exactly, and how far rounding may lead away from it.

    (x, v)_t = Mᵗ (1, 0)                               x in units of the start, v the last step
    heavy ball   v' = α v - s x,            x' = x + v'          s = η h
    Nesterov     v' = α v - s (x + α v),    x' = x + v'
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np

from fiducial.checks.dynamics.walks import U
from fiducial.checks.evidence import Array, Gap


@dataclass(frozen=True)
class Linear:
    """One recurrence, by its matrix ((xx, xv), (vx, vv)) of exact numbers."""

    xx: Fraction
    xv: Fraction
    vx: Fraction
    vv: Fraction

    @cached_property
    def matrix(self) -> Array:
        """M in float64."""
        return np.array([[float(self.xx), float(self.xv)], [float(self.vx), float(self.vv)]])

    @property
    def radius(self) -> float:
        """The spectral radius of M."""
        return float(np.abs(np.linalg.eigvals(self.matrix)).max())

    def path(self, steps: int) -> Array:
        """(x, v) for t = 0…steps, computed exactly and rounded once."""
        return _path(self, steps)

    def error(self, steps: int) -> Array:
        """How far x may be off after t = 0…steps steps in float64.

        A step's six roundings err in x and v by at most e_k = 6 u (1 + |s|) (|x| + |v|) + 2⁻¹⁰⁷⁴ each, |s| = |vx|;
        what step k errs grows by ‖M^j‖ within j more: Σ_k √2 ‖M^{t-k-1}‖ e_k, doubled for what is of second order.
        """
        local = 6 * U * (1 + abs(float(self.vx))) * np.abs(self.path(steps)).sum(axis=1) + 2.0**-1074
        norms, power = [], np.eye(2)
        for _ in range(steps):
            norms.append(float(np.linalg.norm(power, 2)))
            power = self.matrix @ power
        summed = np.convolve(local, norms)[:steps] if steps else np.zeros(0)
        return np.asarray(2 * np.sqrt(2) * np.append(0.0, summed))

    def gap(self, path: Array, start: float) -> Gap:
        """A measured path beside the exact one, where they are farthest apart for what is allowed."""
        steps = len(path) - 1
        return farthest(path, start * self.path(steps)[:, 0], abs(start) * self.error(steps))


@lru_cache(256)
def _path(linear: Linear, steps: int) -> Array:
    x, v, found = Fraction(1), Fraction(0), []
    for _ in range(steps + 1):
        found.append((float(x), float(v)))
        x, v = linear.xx * x + linear.xv * v, linear.vx * x + linear.vv * v
    return np.array(found)


def farthest(path: Array, expected: Array, allowed: Array) -> Gap:
    """A path beside its closed form, at the step with the largest share of what is allowed."""
    distance = np.abs(path - expected)
    with np.errstate(over="ignore", invalid="ignore"):
        share = np.where(distance <= allowed, distance / np.maximum(allowed, 2.0**-1022), np.inf)
    worst = int(np.argmax(share))
    return Gap(float(distance[worst]), float(allowed[worst]), f"after {worst} steps",
               {"expected": float(expected[worst]), "found": float(path[worst])})


def heavy_ball(lr: float, h: float, alpha: float) -> Linear:
    """Momentum in the velocity form; gradient descent at α = 0."""
    s, a = Fraction(lr) * Fraction(h), Fraction(alpha)
    return Linear(1 - s, a, -s, a)


def nesterov(lr: float, h: float, alpha: float) -> Linear:
    """Nesterov's look-ahead form."""
    s, a = Fraction(lr) * Fraction(h), Fraction(alpha)
    return Linear(1 - s, a * (1 - s), -s, a * (1 - s))
