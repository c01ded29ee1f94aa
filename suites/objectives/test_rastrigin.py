"""Rastrigin's function against its claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import dents_lie_at_whole_points
from fiducial.checks.objectives import places
from fiducial.reference.objectives import rastrigin
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

DENTED = Landscape(rastrigin, {"x": places(st.integers(1, 3), scales=(1.0, 0.25)), "a": st.sampled_from((10.0, 1.0))})


def twice_as_wide(x: Any, *, a: float = 10.0) -> Any:
    """cos πx."""
    return np.sum(x**2 + a * (1 - np.cos(np.pi * x)))


BINDING = Binding(row="Rastrigin", section=11, definition=rastrigin, claims=(*DENTED.claims, dents_lie_at_whole_points),
                  wrong=[*DENTED.wrong, Wrong(variant(rastrigin, forward=twice_as_wide), by=dents_lie_at_whole_points)])
test_rastrigin = define_test(BINDING)


def in_torch(x: torch.Tensor, a: float) -> torch.Tensor:
    """The formula; 1 - cos 2πx as 2 sin² πx, which does not cancel."""
    return (x**2 + 2 * a * torch.sin(math.pi * x) ** 2).sum()


test_torch_agrees = DENTED.agrees_with_torch(in_torch)
