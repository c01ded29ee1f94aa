"""Random claims about subjects whose samples cannot be judged at all: nan, or the same number every time."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from fiducial.checks.evidence import Gap
from fiducial.checks.statistics import BadSample

Judge = Callable[[Any, np.random.Generator, float], Gap]


def bad_samples_fail(judge: Judge) -> Judge:
    """The judge, for whom a sample that no test takes is a gap that nothing allows."""

    @wraps(judge)
    def judged(f: Any, rng: np.random.Generator, alpha: float) -> Gap:
        try:
            return judge(f, rng, alpha)
        except BadSample as bad:
            return Gap(np.inf, 0.0, str(bad))

    return judged
