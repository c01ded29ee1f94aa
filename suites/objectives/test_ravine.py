"""The ravine against its claims."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import (
    CURVATURES,
    condition_is_the_ratio_of_heights,
    convex,
    newton_ends_at_the_minimum,
)
from fiducial.checks.objectives import places
from fiducial.reference.objectives import ravine
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape, half_as_bent, negative

DRAWS = {"x": places(3), "h": st.tuples(CURVATURES, CURVATURES, CURVATURES)}
RAVINE = Landscape(ravine, DRAWS)
NEWTON, CONVEX = newton_ends_at_the_minimum(**DRAWS), convex(other=places(3), **DRAWS)


def by_the_root(*, h: Sequence[float] = (1.0, 100.0)) -> float:
    """√κ."""
    return math.sqrt(max(h) / min(h))


BINDING = Binding(
    row="ravine", section=11, definition=ravine,
    claims=(*RAVINE.claims, NEWTON, CONVEX, condition_is_the_ratio_of_heights),
    wrong=[*RAVINE.wrong, Wrong(half_as_bent(ravine), by=NEWTON), Wrong(negative(ravine), by=CONVEX),
           Wrong(variant(ravine, condition=by_the_root), by=condition_is_the_ratio_of_heights)])
test_ravine = define_test(BINDING)


def in_torch(x: torch.Tensor, h: tuple[float, ...]) -> torch.Tensor:
    """The formula."""
    return 0.5 * torch.dot(torch.tensor(h, dtype=x.dtype), x * x)


test_torch_agrees = RAVINE.agrees_with_torch(in_torch)


def test_curvatures_that_do_not_fit_are_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        ravine.forward(np.zeros(3))
    assert str(raised.value) == "h must hold 3 numbers, one for each entry of x, got 2"
