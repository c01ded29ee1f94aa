"""The hill in a round valley against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import CURVATURES, round_about_the_top
from fiducial.checks.objectives import places
from fiducial.reference.objectives import local_maximum
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape, replaced

HILL = Landscape(local_maximum, {"x": places(st.integers(1, 3)), "q": CURVATURES, "h": CURVATURES})


def with_corners(x: Any, *, q: float = 1.0, h: float = 1.0) -> Any:
    """¼ q Σ x_i⁴ - ½ h Σ x_i²."""
    return np.sum(0.25 * q * x**4 - 0.5 * h * x**2)


BINDING = Binding(
    row="local maximum", section=11, definition=local_maximum, claims=(*HILL.claims, round_about_the_top),
    wrong=[*HILL.wrong, Wrong(variant(local_maximum, forward=with_corners), by=round_about_the_top),
           Wrong(replaced(local_maximum, lambda point: point._replace(kind="local minimum")),
                 by=HILL.claim("points-are-critical"))])
test_local_maximum = define_test(BINDING)


def in_torch(x: torch.Tensor, q: float, h: float) -> torch.Tensor:
    """The formula."""
    square = x.square().sum()
    return 0.25 * q * square**2 - 0.5 * h * square


test_torch_agrees = HILL.agrees_with_torch(in_torch)
