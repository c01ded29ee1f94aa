"""The saddle against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from fiducial.checks.landscapes import CURVATURES, only_the_stable_set_leads_to_the_saddle
from fiducial.checks.objectives import places
from fiducial.reference.objectives import saddle
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape, replaced

SADDLE = Landscape(saddle, {"x": places(2), "a": CURVATURES, "b": CURVATURES}, bounded=False)


def bowl(x: Any, g: Any, *, a: float = 1.0, b: float = 1.0) -> Any:
    """The gradient of ½ (a x₁² + b x₂²)."""
    return g * np.stack([a * x[0], b * x[1]])


BINDING = Binding(
    row="saddle point", section=11, definition=saddle,
    claims=(*SADDLE.claims, only_the_stable_set_leads_to_the_saddle),
    wrong=[*SADDLE.wrong, Wrong(variant(saddle, backward=bowl), by=only_the_stable_set_leads_to_the_saddle),
           Wrong(replaced(saddle, lambda point: point._replace(kind="local minimum")),
                 by=SADDLE.claim("points-are-critical"))])
test_saddle = define_test(BINDING)


def in_torch(x: torch.Tensor, a: float, b: float) -> torch.Tensor:
    """The formula."""
    return 0.5 * (a * x[0] ** 2 - b * x[1] ** 2)


test_torch_agrees = SADDLE.agrees_with_torch(in_torch)


def test_it_has_no_lowest_point() -> None:
    assert saddle.infimum() == -np.inf
