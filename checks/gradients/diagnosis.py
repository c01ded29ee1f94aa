"""Why a derivative cannot be judged, or does not exist: kink, flat, discontinuous, noisy, out of domain.

All look at φ(t) = u·f(x + t v) along the random pairs, at steps that shrink.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fiducial.checks.gradients.differences import Samples, Slope, contracted
from fiducial.checks.gradients.directions import Pairs
from fiducial.checks.gradients.subject import UNIT, Differentiable, Vector

NEAR, NEARER, FAR = 2.0**-24, 2.0**-21, 2.0**-12
HALF_OF_THE_DIGITS = UNIT**0.5
# Σ a_k S_k / h with S_k = φ(kh) + φ(-kh) - 2φ(0): 1 for |t|/2, 0 for t², |t|³ and t⁴
ONE_SIDED = np.linalg.solve(np.array([[float(k**p) for k in range(1, 5)] for p in range(1, 5)]), np.eye(4)[0])


class Sides(NamedTuple):
    """φ on the two sides of x, each at k·2⁻²⁴ and k·2⁻²¹ for k = 1 … 9 and at 2⁻¹²; and the size of its terms."""

    left: Samples
    right: Samples
    magnitude: Samples


def kink(found: Slope) -> Vector:
    """The jump φ'(0+) - φ'(0-) of each pair, 0 where the two sides agree.

        K(h) = Σ_k a_k (φ(kh) + φ(-kh) - 2 φ(0)) / h

    tends to the jump, and to 0 like h⁴ where φ is smooth. It is a jump if K exceeds eight times its rounding and
    changes by less than half between the two smallest steps.
    """
    jumps = []
    for samples, h in list(zip(found.samples, found.steps, strict=True))[-2:]:
        even = samples[4:] + samples[3::-1] - 2 * found.centre
        jumps.append(np.tensordot(ONE_SIDED, even, 1) / h)
    far, near = jumps
    rounding = 8 * 4 * float(np.abs(ONE_SIDED).sum()) * found.noise / found.steps[-1]
    with np.errstate(invalid="ignore"):
        real = (np.abs(near) > rounding) & (np.abs(far - near) <= np.abs(near) / 2)
    return np.asarray(np.where(real, near, 0.0))


def sides(subject: Differentiable, pairs: Pairs) -> Sides:
    """Values on both sides of x."""
    one = np.concatenate([NEAR * np.arange(1.0, 10.0), NEARER * np.arange(1.0, 10.0), [FAR]])
    with np.errstate(all="ignore"):
        samples, magnitudes = contracted(subject, pairs.v, pairs.u)(np.concatenate([-one, one]))
    return Sides(samples[:19], samples[19:], np.asarray(np.fmax.reduce(magnitudes, axis=0)))


def undefined(seen: Sides) -> str | None:
    """Where f is not finite at points that lie as near as can be."""
    bad = [part for part in (seen.left, seen.right) if not np.isfinite(part[:9]).all()]
    where = "on one side of x" if len(bad) == 1 else "beside x on either side"
    return f"f is not finite {where}; move x inside the domain" if bad else None


def roughness(seen: Sides) -> Vector:
    """The noise of φ relative to its terms: third differences at 2⁻²⁴ that do not grow 64-fold at steps eight times
    as large, as those of a smooth function do (512-fold); the smoother side counts."""
    noise = []
    for part in (seen.left, seen.right):
        near, farther = (np.abs(np.diff(part[a:a + 9], 3, axis=0)).max(axis=0) for a in (0, 9))
        noise.append(np.where(farther < 64 * near, near, 0.0))
    return np.asarray(np.fmin(*noise) / np.fmax(seen.magnitude, np.finfo(float).tiny))


def jump(seen: Sides) -> Vector:
    """φ(0+) - φ(0-) of each pair, 0 where the difference shrinks with the step as a continuous function's must.

    It is a jump where the difference across x at ±2⁻²⁴ is at least half of that at ±2⁻¹², and more than eight times
    what φ changes on either side.
    """
    near, far = seen.right[0] - seen.left[0], seen.right[18] - seen.left[18]
    drift = 8 * UNIT * seen.magnitude + np.fmax(np.ptp(seen.left[:9], axis=0), np.ptp(seen.right[:9], axis=0))
    return np.asarray(np.where((np.abs(near) > 8 * drift) & (np.abs(near) >= np.abs(far) / 2), near, 0.0))


def flat(subject: Differentiable, seed: int) -> bool:
    """Whether f does not change around any of five points, and yet differs between them."""
    rng = np.random.default_rng([seed, 0x666c])
    spread = rng.standard_normal((5, subject.x.size)) * np.array([0.0, 1.0, 1.0, 3.0, 3.0])[:, None]
    points = subject.x + spread * np.fmax(subject.scale, np.abs(subject.x))
    v = rng.standard_normal(subject.x.size) * subject.scale
    steps = np.array([-FAR, -NEARER, 0.0, NEARER, FAR])
    rows = subject.values((points + steps[:, None, None] * v).reshape(-1, subject.x.size)).reshape(5, 5, -1)
    here = (rows == rows[2]).all(axis=(0, 2)) & np.isfinite(rows).all(axis=(0, 2))
    return bool(here[0] and here.sum() >= 4 and (rows[2][here] != rows[2, 0]).any())
