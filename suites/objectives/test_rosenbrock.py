"""Rosenbrock's function against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import height_over_the_curved_floor
from fiducial.checks.objectives import places
from fiducial.reference.objectives import rosenbrock
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

CURVED = Landscape(rosenbrock, {"x": places(st.integers(2, 4), scales=(1.0, 0.25)), "b": st.sampled_from((100.0, 1.0))})


def turned_about(x: Any, *, b: float = 100.0) -> Any:
    """x_i - x_{i+1}²."""
    return np.sum(b * (x[:-1] - x[1:] ** 2) ** 2 + (1 - x[:-1]) ** 2)


BINDING = Binding(row="Rosenbrock", section=11, definition=rosenbrock,
                  claims=(*CURVED.claims, height_over_the_curved_floor),
                  wrong=[*CURVED.wrong,
                         Wrong(variant(rosenbrock, forward=turned_about), by=height_over_the_curved_floor)])
test_rosenbrock = define_test(BINDING)


def in_torch(x: torch.Tensor, b: float) -> torch.Tensor:
    """The formula."""
    return (b * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


test_torch_agrees = CURVED.agrees_with_torch(in_torch)


def test_the_usual_start_has_its_known_height() -> None:
    assert rosenbrock.forward(np.array([-1.2, 1.0])) == pytest.approx(24.2, rel=1e-14)


def test_one_entry_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        rosenbrock.forward(np.zeros(1))
    assert str(raised.value) == "x must have at least 2 entries, got shape (1,)"
