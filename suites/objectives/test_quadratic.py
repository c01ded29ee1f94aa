"""The quadratic bowl, and with one entry the parabola, against its claims."""

from __future__ import annotations

import torch
from hypothesis import strategies as st

from fiducial.checks.objectives import places
from fiducial.reference.objectives import quadratic
from fiducial.suites.bindings import Binding, define_test
from fiducial.suites.objectives.landscapes import Landscape

BOWL = Landscape(quadratic, {"x": places(st.integers(1, 4)), "h": st.sampled_from((1.0, 0.1, 50.0)),
                             "c": st.sampled_from((0.0, -1.5, 0.3))})
BINDING = Binding(row="1-D quadratic", section=11, definition=quadratic, claims=BOWL.claims, wrong=BOWL.wrong)
test_quadratic = define_test(BINDING)


def in_torch(x: torch.Tensor, h: float, c: float) -> torch.Tensor:
    """The formula."""
    return 0.5 * h * (x - c).square().sum()


test_torch_agrees = BOWL.agrees_with_torch(in_torch)
