"""One cycle: up from a low rate to the highest, then down far below where it began; the momentum runs against it.

    η: η_max/d → η_max over pN - 1 steps, → η_max/(d f) at step N - 1              N total_steps, p pct_start
    μ: μ_max → μ₀ → μ_max at the same steps                                         d div_factor, f final_div_factor
    between two ends a, b at fraction q:  b + ½ (a - b) (1 + cos π q)   or   a + (b - a) q

Source   Smith, Topin, Super-convergence: very fast training of neural networks using large learning rates, 2018.
Variant  torch's OneCycleLR: these defaults; three_phase=True is the paper's (up, down to the start as steep, then the
         rest to the lowest), with straight lines. fastai: cosine, two phases. With pN = 1 torch divides by zero.
         One step past the end torch goes on along the curve: with straight lines its rate is negative there.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .. import _arguments as require

SHAPES = ("cos", "linear")


def ends(total_steps: int, pct_start: float, *, three_phase: bool) -> list[float]:
    """The last step of each phase, the start at 0 first. ValueError unless pN > 1 and the phases are in order."""
    last, peak = require.whole("total_steps", total_steps, 1) - 1, pct_start * total_steps - 1
    corners = [0.0, peak, 2 * peak, last] if three_phase else [0.0, peak, last]
    if not all(a < b for a, b in pairwise(corners)):
        raise ValueError(f"pct_start must leave every phase some of {total_steps} steps, got {pct_start}")
    return corners


def along(k: float, corners: Sequence[float], values: Sequence[float], shape: str) -> float:
    """The value at step k on a curve through `values` at the steps `corners`."""
    last = len(corners) - 1
    i = next((i for i in range(1, last) if k <= corners[i]), last)
    q = (k - corners[i - 1]) / (corners[i] - corners[i - 1])
    a, b = values[i - 1], values[i]
    if require.one_of("anneal_strategy", shape, SHAPES) == "linear":
        return (b - a) * q + a
    value: float = b + (a - b) / 2 * (1 + np.cos(math.pi * q))
    return value


def rate(k: float, *, base: float, total_steps: int, pct_start: float = 0.3, anneal_strategy: str = "cos",
         div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False) -> float:
    """The rate after k <= total_steps - 1 steps; base is the highest rate, η_max. ValueError for k outside."""
    corners = ends(total_steps, pct_start, three_phase=three_phase)
    low = base / require.positive("div_factor", div_factor)
    lowest = low / require.positive("final_div_factor", final_div_factor)
    values = [low, base, low, lowest] if three_phase else [low, base, lowest]
    return along(require.between("k", k, 0, total_steps - 1), corners, values, anneal_strategy)


def momentum(k: float, *, total_steps: int, base_momentum: float = 0.85, max_momentum: float = 0.95,
             pct_start: float = 0.3, anneal_strategy: str = "cos", three_phase: bool = False) -> float:
    """The momentum after k steps: lowest at the highest rate."""
    corners = ends(total_steps, pct_start, three_phase=three_phase)
    values = [max_momentum, base_momentum, max_momentum, max_momentum][:len(corners)]
    return along(require.between("k", k, 0, total_steps - 1), corners, values, anneal_strategy)
