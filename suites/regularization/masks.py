"""Draws of an input and a mask of its shape that keeps something."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiducial.checks.dropout import EIGHTHS

SHAPE = st.shared(st.sampled_from([(3,), (1,), (2, 3), (2, 2, 2)]), key="shape of a masked array")
DATA = SHAPE.flatmap(lambda shape: arrays(np.float64, shape, elements=EIGHTHS))
KEPT = SHAPE.flatmap(lambda shape: arrays(np.bool_, shape).filter(np.any))
MASKED: dict[str, Any] = {"x": DATA, "mask": KEPT}
