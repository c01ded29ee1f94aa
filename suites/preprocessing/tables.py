"""Draws of data, with what a step has fitted to a training set."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks.preprocessing import EIGHTHS
from fiducial.checks.whitening import sample

TRAINING = [drawn.x for seed in range(8) if (drawn := sample(seed)) is not None]


def fitted_and_drawn(step: Any, name: str = "fitted") -> dict[str, Any]:
    """Strategies for `forward(x, fitted)`: a set of four examples, and the step fitted to one of a few others."""
    kept = st.integers(0, len(TRAINING) - 1).map(lambda k: step.fit(TRAINING[k]))
    return {"x": arrays(np.float64, (4, 3), elements=EIGHTHS), name: kept}
