"""The photographs that scikit-learn ships."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from fiducial.checks.evidence import Array


@cache
def photograph(name: str) -> Array:
    """china.jpg or flower.jpg: 427 × 640 × 3 bytes as float64. Skips the test without scikit-learn or Pillow."""
    pytest.importorskip("PIL")
    image: Array = pytest.importorskip("sklearn.datasets").load_sample_image(name).astype(np.float64)
    image.flags.writeable = False
    return image
