"""Second derivatives from values alone: central differences of eighth order, with their errors.

With S_k = φ(kh) + φ(-kh) - 2 φ(0),  φ''(0) = Σ_{k=1..4} c_k S_k / h² + O(h⁸),
c_k = 2 w_k / k with the w_k of `differences`; the mixed one is by polarisation,
4 vᵀHw = φ''(v + w) - φ''(v - w).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fiducial.checks.gradients.differences import (
    COMBINED,
    NODES,
    STEPS,
    TREMOR,
    Curve,
    Estimate,
    Level,
    along,
    noise_level,
    settle,
    truncation,
)
from fiducial.checks.gradients.subject import UNIT, numpy_subject

SQUARED = 2 * COMBINED / np.arange(1, 5)  # c_k = 2 w_k / k, and the differences of the orders
AMPLIFIED = 4 * float(np.abs(SQUARED[0]).sum())
TRIED = (2.0**-4, *STEPS[:5])  # at 2⁻¹⁹ the rounding u / h² has eaten ten digits


def curvature(curve: Curve) -> Estimate:
    """φ''(0) and its error, for each entry of a curve."""
    with np.errstate(all="ignore"):
        samples, magnitudes = curve(np.concatenate([TREMOR, *(h * NODES for h in TRIED)]))
        small = len(TREMOR)
        noise = noise_level(curve, samples[:small], magnitudes[:small])
        levels = []
        for i, h in enumerate(TRIED):
            part = slice(small + 8 * i, small + 8 * i + 8)
            even = samples[part][4:] + samples[part][3::-1] - 2 * samples[0]
            value, *differences = np.tensordot(SQUARED, even, 1) / h**2
            rounding = AMPLIFIED * np.fmax(noise, UNIT * magnitudes[part].max(axis=0)) / h**2
            levels.append(Level(value, truncation(*differences, rounding=rounding), rounding))
    return settle(levels)


def second_derivative(f: Callable[..., ArrayLike], x: ArrayLike, v: ArrayLike, w: ArrayLike | None = None) -> Estimate:
    """vᵀHw for each output of a NumPy function of one real array, and its error; w = v where it is absent.

    Raises ValueError where f cannot be evaluated at x.
    """
    subject = numpy_subject(f, [np.asarray(x, dtype=np.float64)])
    shape = subject.inputs.shapes[0]
    one = np.ravel(np.broadcast_to(np.asarray(v, dtype=np.float64), shape))
    two = one if w is None else np.ravel(np.broadcast_to(np.asarray(w, dtype=np.float64), shape))
    stretch = [float(np.max(np.abs(d) / subject.scale, initial=0.0)) or 1.0 for d in (one, two)]
    one, two = one / stretch[0], two / stretch[1]
    rows = one[None] if w is None else np.stack([(one + two) / 2, (one - two) / 2])
    found = curvature(along(subject, rows))
    value = found.value[0] - (found.value[1] if w is not None else 0.0)
    factor = stretch[0] * stretch[1]
    parts = (value * factor, found.error.sum(axis=0) * factor)
    return Estimate(*(np.asarray(subject.outputs.unpack(np.ascontiguousarray(p))[0]) for p in parts))
