"""Central differences of eighth order whose step adapts, and which say how far they may be off.

With O_k = φ(kh) - φ(-kh) the difference of order 2p is

    D_2p = Σ_{k=1..p} w_k O_k / h,      w_k = (-1)^{k+1} (p!)² / (k (p-k)! (p+k)!)

Value       D₈.
Truncation  |D₆ - D₄| / 16, where |D₈ - D₆| is smaller still: each order is then sixteen times as good as the one
            before, and D₈ has an order in hand against a difference that vanishes by chance.
            |D₈ - D₆| where that is rounding; infinite elsewhere, for there the series does not converge.
Rounding    2 Σ|w_k| ε / h, where ε is the noise of φ: the largest third difference at steps so small that a smooth
            function's is nothing (Hamming's table; Moré and Wild, Estimating computational noise, 2011), and no less
            than one rounding u Σ|terms| of the value itself.
Step        h = 2⁻⁷ and 2⁻¹⁰ in one batch, and smaller while truncation exceeds rounding. Steps are read from the
            smallest up: a larger one is believed if its error is smaller *and* the two intervals meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fiducial.checks.gradients.subject import UNIT, Differentiable, Layout, Matrix, Vector, numpy_subject

Samples = NDArray[np.float64]  # values of φ: one row for each step
Curve = Callable[[Vector], tuple[Samples, Samples]]  # steps t -> φ(t), and the sum of its terms' absolute values

NODES = np.array([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])
STEPS = tuple(2.0**-e for e in range(7, 46, 3))
CACHED = 2**19  # numbers that a core's cache holds
FIRST = 2  # how many steps the first batch holds
TREMOR: Vector = 2.0**-24 * np.arange(13.0)  # where the noise is measured


def central_weights(p: int) -> Vector:
    """w_1 … w_p of the first derivative's central difference of order 2p."""
    return np.array([(-1) ** (k + 1) * math.factorial(p) ** 2 / (k * math.factorial(p - k) * math.factorial(p + k))
                     for k in range(1, p + 1)])


W8, W6, W4 = (np.append(central_weights(p), np.zeros(4 - p)) for p in (4, 3, 2))
COMBINED = np.stack([W8, W8 - W6, W6 - W4])
TINY = float(np.finfo(np.float64).tiny)
AMPLIFIED = 2 * float(np.abs(W8).sum())


class Estimate(NamedTuple):
    """A number, and how far it may be from the truth."""

    value: Samples
    error: Samples


class Level(NamedTuple):
    """What one step gives."""

    value: Samples
    truncation: Samples
    rounding: Samples

    @property
    def error(self) -> Samples:
        """Truncation and rounding together; infinite where a sample is not finite."""
        total = self.truncation + self.rounding
        return np.asarray(np.where(np.isnan(total), np.inf, total))


@dataclass(frozen=True)
class Slope:
    """The derivative of φ at 0, with what was seen on the way: steps from large to small and φ at their nodes.

    `magnitude` is the largest sum of terms that was met where φ is finite, `centre` is φ(0).
    """

    value: Samples
    error: Samples
    noise: Samples
    magnitude: Samples
    centre: Samples
    steps: tuple[float, ...]
    samples: tuple[Samples, ...]


def level(samples: Samples, h: float, noise: Samples, reach: Samples | float = 0.0) -> Level:
    """The difference at one step from φ at the eight nodes, for noise ε of a single value.

    `reach` is |x| / |v| where one input moves: rounding x + tv to u|x| then moves φ by u reach |φ'|.
    """
    odd = samples[4:] - samples[3::-1]
    value, *differences = (COMBINED / h @ odd.reshape(4, -1)).reshape(3, *samples.shape[1:])
    rounding = AMPLIFIED * (noise + UNIT * reach * np.abs(value)) / h
    return Level(value, truncation(*differences, rounding=rounding), rounding)


def truncation(last: Samples, before: Samples, *, rounding: Samples) -> Samples:
    """|D₆ - D₄| / 16 where |D₈ - D₆| is below it; |D₈ - D₆| where that is below the rounding; else infinite."""
    last, before = np.abs(last, out=last), np.abs(before, out=before)
    before /= 16
    converges = last <= before
    last[(last > rounding) & ~converges] = np.inf
    return np.asarray(np.maximum(last, before, out=last, where=converges))


def noise_level(samples: Samples, magnitudes: Samples) -> Samples:
    """The noise ε of one value: the largest third difference of neighbours, and one rounding of the sum of terms."""
    return np.asarray(np.abs(np.diff(samples, 3, axis=0)).max(axis=0) + UNIT * magnitudes.max(axis=0))


def settle(levels: list[Level]) -> Estimate:
    """The best of several steps, given from the largest to the smallest."""
    value, error = levels[-1].value, levels[-1].error
    for larger in levels[-2::-1]:
        meets = np.abs(larger.value - value) <= larger.error + error
        better = meets & (larger.error < error)
        value, error = np.where(better, larger.value, value), np.where(better, larger.error, error)
    return Estimate(np.asarray(value), np.asarray(error))


def slope(curve: Curve, *, pooled: bool = False, reach: Samples | float = 0.0) -> Slope:
    """φ'(0) for each entry of a curve, with its error; t is measured in units in which φ changes at about t = 1.

    `pooled`: the entries are lines through one function of one size, so that they share the largest relative noise.
    """
    tremor = TREMOR[:5] if pooled else TREMOR
    nodes = np.concatenate([tremor, *(h * NODES for h in STEPS[:FIRST])])
    with np.errstate(all="ignore"):
        samples, magnitudes = curve(nodes)
        small = len(tremor)
        noise = noise_level(samples[:small], magnitudes[:small])
        if pooled:
            size = magnitudes[:small].max(axis=0)
            noise = np.fmax(noise, size * np.max(noise / np.fmax(size, TINY)))
        batches = [(samples[a:a + 8], magnitudes[a:a + 8]) for a in range(small, len(nodes), 8)]
        while True:
            levels = [level(s, h, np.fmax(noise, UNIT * m.max(axis=0)), reach)
                      for (s, m), h in zip(batches, STEPS, strict=False)]
            done = levels[-1].truncation <= levels[-1].rounding
            if done.all() or len(batches) == len(STEPS):
                break
            batches.append(curve(STEPS[len(batches)] * NODES))
    value, error = settle(levels)
    seen = np.where(np.isfinite(magnitudes), magnitudes, 0.0).max(axis=0)
    return Slope(value, error, noise, seen, samples[0], STEPS[:len(batches)],
                 tuple(s for s, _ in batches))


def line(subject: Differentiable, directions: Matrix, steps: Vector) -> Samples:
    """f(x + t v) for each step t and row v: (steps, directions, outputs)."""
    points = steps[:, None, None] * directions
    points += subject.x
    return subject.values(points.reshape(-1, subject.x.size)).reshape(len(steps), len(directions), -1)


def along(subject: Differentiable, directions: Matrix) -> Curve:
    """t -> f(x + t v) for each row v."""
    def curve(steps: Vector) -> tuple[Samples, Samples]:
        samples = line(subject, directions, steps)
        return samples, np.abs(samples)
    return curve


def contracted(subject: Differentiable, directions: Matrix, cotangents: Matrix) -> Curve:
    """t -> u·f(x + t v) for each pair of rows, samples of shape (steps, pairs); the sum of terms is bounded by ‖u‖ ‖f‖.

    A few directions at a time stay in cache.
    """
    def scalar(steps: Vector) -> tuple[Samples, Samples]:
        samples, magnitudes = np.empty((2, len(steps), len(directions)))
        size = max(1, CACHED // (len(steps) * max(subject.x.size, subject.outputs.size)))
        for start in range(0, len(directions), size):
            part = slice(start, start + size)
            rows = line(subject, directions[part], steps)
            samples[:, part] = np.einsum("tkm,km->tk", rows, cotangents[part])
            magnitudes[:, part] = np.sqrt(np.einsum("tkm,tkm->tk", rows, rows))
        return samples, magnitudes * np.linalg.norm(cotangents, axis=1)
    return scalar


def derivative(f: Callable[..., ArrayLike], x: ArrayLike, direction: ArrayLike) -> Estimate:
    """d/dt f(x + t·direction) at t = 0 and its error, both shaped like f(x); f is a NumPy function of one array.

    Raises ValueError where f cannot be evaluated at x.
    """
    subject = numpy_subject(f, [np.asarray(x, dtype=np.result_type(np.asarray(x).dtype, np.float64))])
    v = subject.inputs.pack([np.broadcast_to(np.asarray(direction), subject.inputs.shapes[0])])
    longest = float(np.max(np.abs(v) / subject.scale, initial=0.0))
    stretch = 1 / longest if longest > 0 else 1.0
    found = slope(along(subject, v[None] * stretch))
    return Estimate(*(_shaped(subject.outputs, part[0] / stretch) for part in (found.value, found.error)))


def _shaped(outputs: Layout, flat: Vector) -> NDArray[np.float64]:
    return np.asarray(outputs.unpack(np.ascontiguousarray(flat))[0])
