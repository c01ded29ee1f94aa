"""Spectral normalization: a power iteration towards the largest singular value, and a weight divided by it.

A subject has step(w, state) with the unit vectors state.u and state.v, forward(w, u, v) = w / σ and its backward.
Rounding: with k = R C + R + C + 6, sums over a matrix of R × C err by k u of their absolute terms, u = 2⁻⁵³; in a
bilinear form of unit vectors these are at most ‖W‖_F.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.claims_of_maps import COTANGENT, cotangent, gradients_of, has_backward
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.normalization import real_arrays
from fiducial.checks.standardized_blocks import UNIT, aligned

MATRICES = real_arrays(st.sampled_from(((3, 2), (2, 3), (4, 4), (1, 5), (6, 3))), means=(0.0, 1.0))
STEPS = 6
DIRECTIONS = st.integers(0, 2**16)


class Vectors(NamedTuple):
    """A start of the iteration."""

    u: Array
    v: Array


def _start(w: Array, seed: int) -> Vectors:
    """Directions at random, of length 1."""
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=w.shape[0]), rng.normal(size=w.shape[1])
    return Vectors(np.asarray(u / np.linalg.norm(u)), np.asarray(v / np.linalg.norm(v)))


def _estimate(w: Array, state: Any) -> float:
    return float(state.u @ w @ state.v)


def _rounding(w: Array) -> float:
    """k u ‖W‖_F: what rounding does to an estimate of ‖W‖₂."""
    return float((w.size + sum(w.shape) + 6) * UNIT * np.linalg.norm(w))


@claim("invariance", examples=40, w=MATRICES, seed=DIRECTIONS)
def estimate_rises_to_the_norm(f: Any, w: Array, seed: int) -> Gap | None:
    """From the first step on the estimate never falls, and never exceeds the largest singular value.

        σ_1 <= σ_2 <= … <= ‖W‖₂,   σ_t = u_tᵀ W v_t = ‖W v_t‖

    Allowed  4 k u ‖W‖_F: the estimates err by k u of it each, the step between them too, and so does the norm.
    Rejects  a step without the root in its lengths: the vectors are no unit vectors.
    """
    if not w.any():
        return None
    largest, state, gaps, last = float(np.linalg.svd(w, compute_uv=False)[0]), _start(w, seed), [], 0.0
    for t in range(8):
        state = f.step(w, state)
        found = _estimate(w, state)
        gaps += [Gap(max(last - found, 0.0), 4 * _rounding(w), f"fall at step {t + 1}"),
                 Gap(max(found - largest, 0.0), 4 * _rounding(w), f"excess at step {t + 1}")]
        last = found
    return Gap.worst(gaps)


@claim("value", examples=40, w=MATRICES, seed=DIRECTIONS)
def error_falls_with_the_gap(f: Any, w: Array, seed: int) -> Gap | None:
    """The tangent of the angle to the first singular vector falls by (σ₂/σ₁)² in every step.

        tan ∠(u_t, u*) <= (σ₂/σ₁)^(2 t) tan ∠(u_0, u*)

    Allowed  the bound itself, and 8 k u ‖W‖_F / (σ₁ c³ (1 - (σ₂/σ₁)²)), c = cos ∠(u_0, u*): a step moves u by no
             more than 2 k u ‖W‖_F / (σ₁ c), which moves the tangent by 2/c² times that; later steps shrink it, so
             that the sum is geometric; u* itself is known as well. c < 0.1 and gaps below 1 % are not judged.
    Rejects  a step along W instead of along Wᵀ and W in turn, or none at all.
    """
    left, values, _ = np.linalg.svd(w)
    second = values[1] if values.size > 1 else 0.0
    state = _start(w, seed)
    cosine = abs(float(left[:, 0] @ state.u))
    if not values[0] > 1.01 * second or cosine < 0.1:
        return None
    for _ in range(STEPS):
        state = f.step(w, state)
    along = float(left[:, 0] @ state.u)
    tangent = float(np.linalg.norm(state.u - along * left[:, 0])) / max(abs(along), 1e-300)
    rate = float((second / values[0]) ** 2)
    rounding = 8 * _rounding(w) / (float(values[0]) * cosine**3 * (1 - rate))
    return Gap(tangent, rate**STEPS * (1 - min(cosine, 1.0) ** 2) ** 0.5 / cosine + rounding, "tangent of the angle")


@claim("value", examples=40, w=MATRICES)
def norm_is_one_at_the_fixed_point(f: Any, w: Array) -> Gap | None:
    """With the first singular vectors the result has the spectral norm 1.

        u = u*, v = v*:   ‖y‖₂ = 1

    Allowed  8 k u ‖W‖_F / σ₁: the singular vectors, σ, y and the norm of y err by k u of it, the first doubly.
    Rejects  division by the Frobenius norm.
    """
    left, values, right = np.linalg.svd(w)
    if not values[0] > 0:
        return None
    norm = float(np.linalg.svd(f.forward(w=w, u=left[:, 0], v=right[0]), compute_uv=False)[0])
    return Gap(abs(norm - 1), 8 * _rounding(w) / float(values[0]), "spectral norm")


@claim("gradient", examples=40, applies=has_backward, w=MATRICES, seed=COTANGENT)
def gradient_is_orthogonal_to_the_weight(f: Any, w: Array, seed: int) -> Gap | None:
    """A factor of the weight is lost, so that its gradient is orthogonal to it.

        Σ ∂L/∂W ⊙ W = 0

    Allowed  8 k u a (1 + a) Σ |g ⊙ W| / σ, a = |u|ᵀ |W| |v| / σ >= 1: the terms of the sum are at most
             (1 + a) Σ |g ⊙ W| / σ; σ errs by k u a of itself and stands in them three times, the sums by k u.
    Rejects  the estimate taken for a constant.
    """
    left, values, right = np.linalg.svd(w)
    if not values[0] > 0:
        return None
    u, v, g = left[:, 0], right[0], cotangent(w.shape, seed)
    dw = gradients_of(f.backward(w=w, u=u, v=v, g=g), {"w": w, "u": u, "v": v}, f.forward)["w"]
    share = float(abs(u) @ abs(w) @ abs(v)) / float(values[0])
    size = (1 + share) * float(abs(g * w).sum()) / float(values[0])
    allowed = 8 * (w.size + sum(w.shape) + 6) * UNIT * share * size
    return aligned(np.array([(dw * w).sum()]), allowed, "Σ ∂L/∂W ⊙ W")
