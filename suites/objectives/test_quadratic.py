"""The quadratic bowl, and with one entry the parabola, against its claims."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import convex, newton_ends_at_the_minimum
from fiducial.checks.objectives import places
from fiducial.reference.objectives import quadratic
from fiducial.suites.bindings import Binding, Wrong, define_test
from fiducial.suites.objectives.landscapes import Landscape, half_as_bent, negative

N = st.shared(st.integers(1, 4), key="entries of a bowl")
DRAWS = {"x": places(N), "h": st.sampled_from((1.0, 0.1, 50.0)), "c": st.sampled_from((0.0, -1.5, 0.3))}
BOWL = Landscape(quadratic, DRAWS)
NEWTON, CONVEX = newton_ends_at_the_minimum(**DRAWS), convex(other=places(N), **DRAWS)
BINDING = Binding(
    row="1-D quadratic", section=11, definition=quadratic, claims=(*BOWL.claims, NEWTON, CONVEX),
    wrong=[*BOWL.wrong, Wrong(half_as_bent(quadratic), by=NEWTON), Wrong(negative(quadratic), by=CONVEX)])
test_quadratic = define_test(BINDING)


def in_torch(x: torch.Tensor, h: float, c: float) -> torch.Tensor:
    """The formula."""
    return 0.5 * h * (x - c).square().sum()


test_torch_agrees = BOWL.agrees_with_torch(in_torch)


def test_a_bowl_that_does_not_bend_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        quadratic.forward(np.zeros(1), h=0.0)
    assert str(raised.value) == "h must be positive, got 0.0"
