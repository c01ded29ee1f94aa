"""Claims about gains: what the table says, and what a gain is for."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from fiducial.checks.claims import claim
from fiducial.checks.evidence import Array, Gap
from fiducial.checks.initializers import EPS

GAINS = {("linear", None): 1.0, ("conv2d", None): 1.0, ("sigmoid", None): 1.0, ("tanh", None): 5 / 3,
         ("relu", None): math.sqrt(2), ("selu", None): 0.75, ("leaky_relu", None): math.sqrt(2 / 1.0001),
         ("leaky_relu", 0.2): math.sqrt(2 / 1.04), ("leaky_relu", 1): 1.0}


@claim("value", examples=20, which=st.sampled_from(sorted(GAINS, key=str)))
def gain_is_the_tables(f: Any, which: tuple[str, float | None]) -> Gap:
    """The gain is the one that the table gives.

        gain(activation, slope)

    Allowed  4 ulp: a square, a sum, a quotient and a root.
    Rejects  tanh at 1; the default slope of leaky_relu taken for 0.
    """
    found = f.gain(*which) if which[1] is not None else f.gain(which[0])
    return Gap(abs(float(found) - GAINS[which]), 4 * EPS * GAINS[which], f"gain of {which[0]}, {which[1]}")


@claim("value", a=st.floats(-2, 2))
def gain_restores_the_second_moment(f: Any, a: float) -> Gap:
    """For ReLU and leaky ReLU the gain makes up for what the activation takes.

        gain² E φ(z)² = gain² (1 + a²)/2 = 1,  z ~ N(0, 1)

    Allowed  8 ulp: two for each operation that both sides make.
    Rejects  the slope's square forgotten; √2 for every slope.
    """
    leaky, relu = f.gain("leaky_relu", a) ** 2 * (1 + a**2) / 2, f.gain("relu") ** 2 / 2
    return Gap.worst([Gap(abs(leaky - 1), 8 * EPS, "leaky_relu"), Gap(abs(relu - 1), 8 * EPS, "relu")])


@lru_cache(1)
def _gaussian() -> tuple[Array, Array]:
    """Nodes and weights for a mean over N(0, 1)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    return nodes, weights / weights.sum()


def settled(gain: float, q: float, layers: int = 100) -> float:
    """q ← gain² E tanh²(√q z), layer after layer."""
    nodes, weights = _gaussian()
    for _ in range(layers):
        q = float(gain**2 * (weights @ np.tanh(math.sqrt(q) * nodes) ** 2))
    return q


@claim("behaviour", examples=6, start=st.floats(0.01, 4))
def tanh_gain_keeps_a_signal(f: Any, start: float) -> Gap:
    """Under tanh and its gain the second moment settles at one positive value, from wherever it starts.

        q ← gain² E tanh²(√q z):   100 layers on, q from `start` and q from 1 agree and exceed 0.1

    Allowed  at 5/3 the map contracts by 0.43 a layer at its fixed point 1.18, so what is left of the start is nothing,
             and the rounding of a mean of 200 terms, 256 ulp a layer, sums to 256 ulp / (1 - 0.43) on each side.
    Rejects  gain 1, under which every signal dies like 1/layers.
    """
    q, other = settled(f.gain("tanh"), start), settled(f.gain("tanh"), 1.0)
    allowed = 2 * 256 * EPS * other / (1 - 0.43)
    return Gap(abs(q - other) if min(q, other) > 0.1 else math.inf, allowed, f"second moment {q:.3g}")
