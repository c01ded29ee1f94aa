"""Beale's function against its claims."""

from __future__ import annotations

from typing import Any

import torch

from fiducial.checks.landscapes import level_along_two_lines
from fiducial.checks.objectives import places
from fiducial.reference.objectives import beale
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

BEALE = Landscape(beale, {"x": places(2, scales=(1.0, 0.25))})


def mistyped(x: Any) -> Any:
    """2.635 for 2.625."""
    r = 2.635 - x[0] * (1 - x[1] ** 3)
    return beale.forward(x) - (r - 0.01) ** 2 + r**2


BINDING = Binding(row="Beale", section=11, definition=beale, claims=(*BEALE.claims, level_along_two_lines),
                  wrong=[*BEALE.wrong, Wrong(variant(beale, forward=mistyped), by=level_along_two_lines)])
test_beale = define_test(BINDING)


def in_torch(x: torch.Tensor) -> torch.Tensor:
    """The formula."""
    c, i = torch.tensor([1.5, 2.25, 2.625], dtype=x.dtype), torch.arange(1, 4)
    return (c - x[0] * (1 - x[1] ** i)).square().sum()


test_torch_agrees = BEALE.agrees_with_torch(in_torch)
