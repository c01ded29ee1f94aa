"""Curriculum: easy examples first, harder ones joining them until all are there.

    order     indices by difficulty, equals as they came
    stage     the easiest ⌈q N⌉ of N examples
    q_e = min(1, q₀ + (1 - q₀) e / E)                         epochs e = 0, 1, …; all examples from epoch E on

Source   Bengio, Louradour, Collobert, Weston, Curriculum learning, 2009, section 3 (nested stages, up to all examples).
Variant  the source states no pace: the linear one is ours. Sorted once and never shuffled is `order`; each stage is
         meant to be shuffled (`minibatches`).
"""

import math

import numpy as np

from .._arguments import between, positive, real, whole
from .._arrays import Array


def order(difficulty: Array) -> Array:
    """Indices from easy to hard; equally difficult examples keep their order."""
    return np.argsort(real("difficulty", difficulty, ndim=1), kind="stable")


def stage(difficulty: Array, *, share: float) -> Array:
    """The easiest examples, from easy to hard. Raises ValueError unless 0 ≤ share ≤ 1."""
    found = order(difficulty)
    return found[:math.ceil(between("share", share, 0, 1) * found.size)]


def share(epoch: int, *, start: float, epochs: int) -> float:
    """q_e. Raises ValueError unless 0 < start ≤ 1 and there is at least one epoch."""
    begun = positive("start", between("start", start, 0, 1))
    part = min(whole("epoch", epoch) / whole("epochs", epochs, least=1), 1.0)
    return 1.0 if part == 1 else float(begun + (1 - begun) * part)
