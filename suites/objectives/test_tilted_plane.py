"""The tilted plane against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import SIXTEENTHS, falls_without_end
from fiducial.checks.objectives import places
from fiducial.reference.objectives import tilted_plane
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

SLOPES = st.tuples(SIXTEENTHS, SIXTEENTHS, st.just(0.3))
PLANE = Landscape(tilted_plane, {"x": places(3), "a": SLOPES, "b": st.sampled_from((0.0, -0.7))},
                  critical=False, bounded=False)


def level_below(x: Any, *, a: Any, b: float = 0.0) -> Any:
    """The plane down to -1000, and level there."""
    return np.maximum(tilted_plane.forward(x, a=a, b=b), -1000.0)


BINDING = Binding(row="tilted plane", section=11, definition=tilted_plane, claims=(*PLANE.claims, falls_without_end),
                  wrong=[*PLANE.wrong, Wrong(variant(tilted_plane, forward=level_below), by=falls_without_end)])
test_tilted_plane = define_test(BINDING)


def in_torch(x: torch.Tensor, a: tuple[float, ...], b: float) -> torch.Tensor:
    """The formula."""
    return torch.dot(torch.tensor(a, dtype=x.dtype), x) + b


test_torch_agrees = PLANE.agrees_with_torch(in_torch)


def test_there_is_no_lowest_point() -> None:
    assert tilted_plane.points(a=(1.0, 0.0)) == ()
    assert tilted_plane.infimum(a=(1.0, 0.0)) == -np.inf


@pytest.mark.parametrize("a", [(0.0, 0.0), (1.0,)])
def test_a_slope_that_is_none_is_refused_in_one_sentence(a: tuple[float, ...]) -> None:
    with pytest.raises(ValueError) as raised:
        tilted_plane.forward(np.zeros(2), a=a)
    assert str(raised.value) == f"a must hold 2 numbers, not all zero, got {a}"
