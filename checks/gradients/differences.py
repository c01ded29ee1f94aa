"""Central differences of eighth order whose step adapts, and which say how far they may be off.

With O_k = φ(kh) - φ(-kh) the difference of order 2p is

    D_2p = Σ_{k=1..p} w_k O_k / h,      w_k = (-1)^{k+1} (p!)² / (k (p-k)! (p+k)!)

Value       D₈.
Truncation  |D₆ - D₄| / 16, where |D₈ - D₆| is smaller still: each order is then sixteen times as good as the one
            before, and D₈ has an order in hand against a difference that vanishes by chance.
            |D₈ - D₆| where that is rounding; infinite elsewhere, for there the series does not converge.
Rounding    2 Σ|w_k| ε / h, where ε is the noise of φ: the largest third difference at steps so small that a smooth
            function's is nothing (Hamming's table; Moré and Wild, Estimating computational noise, 2011), and one
            rounding u Σ|terms| of the value itself. The points 2⁻²⁶ (k^{3/2} + {k²g}), g the golden ratio, are
            unequal steps apart: values rounded to multiples of some q show no third difference where equal steps move
            them by nearly a whole number of q. Where φ does not move at these steps (erf(5) - 1, whose q is far above
            a rounding of the result), longer ones are tried, see `hidden_noise`.
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
GOLDEN = (1 + 5**0.5) / 2
CACHED = 2**19  # numbers that a core's cache holds
FIRST = 2  # how many steps the first batch holds
TREMOR: Vector = 2.0**-26 * (np.arange(13) ** 1.5 + np.arange(13) ** 2 * GOLDEN % 1)  # where the noise is measured
WIDER = (2.0**7, 2.0**14)  # and so many times farther where nothing moves


def central_weights(p: int) -> Vector:
    """w_1 … w_p of the first derivative's central difference of order 2p."""
    return np.array([(-1) ** (k + 1) * math.factorial(p) ** 2 / (k * math.factorial(p - k) * math.factorial(p + k))
                     for k in range(1, p + 1)])


def third_differences(t: Vector) -> Matrix:
    """What Σ w_k φ(t_k) is of φ(t_{k+1}) - φ(t_k), a row for each four neighbours; Σ|w_k| = 8 as for (1, -3, 3, -1).

    The w_k annihilate 1, t and t²; of values that are equal the differences are zero, and so is exactly this.
    """
    rows = np.zeros((len(t) - 3, len(t) - 1))
    for i, row in enumerate(rows):
        near = t[i:i + 4]
        w = 1 / np.prod(near[:, None] - near + np.eye(4), axis=1)
        row[i:i + 3] = np.cumsum(8 * w / np.abs(w).sum())[:3]
    return rows


W8, W6, W4 = (np.append(central_weights(p), np.zeros(4 - p)) for p in (4, 3, 2))
COMBINED = np.stack([W8, W8 - W6, W6 - W4])
TINY = float(np.finfo(np.float64).tiny)
AMPLIFIED = 2 * float(np.abs(W8).sum())
THIRD = third_differences(TREMOR)


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


def ripple(samples: Samples) -> Samples:
    """The absolute third differences of φ at the first points of TREMOR, or at those times any length."""
    steps = np.diff(samples, axis=0)
    count = len(steps)
    return np.abs(THIRD[:count - 2, :count] @ steps.reshape(count, -1)).reshape(-1, *samples.shape[1:])


def noise_level(curve: Curve, samples: Samples, magnitudes: Samples) -> Samples:
    """The noise ε of one value: the largest third difference at the tremor's points, and one rounding of the terms."""
    noise = ripple(samples).max(axis=0)
    if not noise.all():
        noise = np.where(noise == 0, hidden_noise(curve), noise)
    return np.asarray(noise + UNIT * magnitudes.max(axis=0))


def hidden_noise(curve: Curve) -> Samples:
    """The noise of a φ that the tremor leaves unmoved: its third differences at steps 2⁷ times as long, or 2¹⁴ times.

    A kink shows in at most three of the ten, so that their median counts. What is smooth about φ moved it by less than
    q over the tremor, and seldom has a third difference of q here: in doubt the noise is the larger.
    """
    near, far = (np.median(ripple(curve(factor * TREMOR)[0]), axis=0) for factor in WIDER)
    return np.asarray(np.where(near > 0, near, far))


def settle(levels: list[Level]) -> Estimate:
    """The best of several steps, given from the largest to the smallest."""
    value, error = levels[-1].value, levels[-1].error
    for larger in levels[-2::-1]:
        meets = np.abs(larger.value - value) <= larger.error + error
        better = meets & (larger.error < error)
        value, error = np.where(better, larger.value, value), np.where(better, larger.error, error)
    return Estimate(np.asarray(value), np.asarray(error))


def slope(curve: Curve, *, pooled: bool = False, reach: Samples | float = 0.0, known: Samples | float = 0.0) -> Slope:
    """φ'(0) for each entry of a curve, with its error; t is measured in units in which φ changes at about t = 1.

    `pooled`: the entries are lines through one function of one size, so that they share the largest relative noise.
    `known`: a noise that was found elsewhere, and below which none is believed.
    """
    tremor = TREMOR[:7] if pooled else TREMOR
    nodes = np.concatenate([tremor, *(h * NODES for h in STEPS[:FIRST])])
    with np.errstate(all="ignore"):
        samples, magnitudes = curve(nodes)
        small = len(tremor)
        noise = np.fmax(noise_level(curve, samples[:small], magnitudes[:small]), known)
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
