"""The long valley against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from fiducial.checks.landscapes import CURVATURES, convex, newton_overshoots_on_the_floor
from fiducial.checks.objectives import places
from fiducial.reference.objectives import long_valley
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape, negative

DRAWS = {"x": places(2), "s": CURVATURES, "h": CURVATURES}
VALLEY = Landscape(long_valley, DRAWS)
CONVEX = convex(other=places(2), **DRAWS)


def parabola(x: Any, *, s: float = 1.0, h: float = 100.0) -> Any:
    """The Hessian of a floor that is the parabola ½ s x₁²."""
    return np.diag([s, h])


BINDING = Binding(
    row="long valley", section=11, definition=long_valley,
    claims=(*VALLEY.claims, CONVEX, newton_overshoots_on_the_floor),
    wrong=[*VALLEY.wrong, Wrong(negative(long_valley), by=CONVEX),
           Wrong(variant(long_valley, hessian=parabola), by=newton_overshoots_on_the_floor)])
test_long_valley = define_test(BINDING)


def in_torch(x: torch.Tensor, s: float, h: float) -> torch.Tensor:
    """The formula, with the floor as s (√(1 + x²) - 1) in digits that do not cancel."""
    root = torch.sqrt(1 + x[0] ** 2)
    return s * x[0] ** 2 / (root + 1) + 0.5 * h * x[1] ** 2


test_torch_agrees = VALLEY.agrees_with_torch(in_torch)
