"""The plateau against its claims."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import slope_is_steepest_at_the_rim
from fiducial.checks.objectives import places
from fiducial.reference.objectives import plateau
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

DRAWS = {"x": places(st.integers(1, 3), scales=(1.0, 0.25)), "w": st.sampled_from((1.0, 3.0, 2.5))}
PLATEAU = Landscape(plateau, DRAWS)


def without_its_width(x: Any, g: Any, *, w: float = 1.0) -> Any:
    """The gradient without 1/w²."""
    return plateau.backward(x, g, w=w) * w**2


BINDING = Binding(row="plateau", section=11, definition=plateau, claims=(*PLATEAU.claims, slope_is_steepest_at_the_rim),
                  wrong=[*PLATEAU.wrong,
                         Wrong(variant(plateau, backward=without_its_width), by=slope_is_steepest_at_the_rim)])
test_plateau = define_test(BINDING)


def in_torch(x: torch.Tensor, w: float) -> torch.Tensor:
    """The formula, in digits that do not cancel."""
    return -torch.expm1(-x.square().sum() / (2 * w**2))


def to_differentiate(x: torch.Tensor, w: float) -> torch.Tensor:
    """The formula whose slope torch finds in full: that of expm1 is its value + 1, which cancels on the plain."""
    return 1 - torch.exp(-x.square().sum() / (2 * w**2))


test_torch_agrees = PLATEAU.agrees_with_torch(in_torch, to_differentiate)
