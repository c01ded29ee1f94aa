"""The cliff against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from torch.nn.functional import logsigmoid

from fiducial.checks.landscapes import rises_away_from_the_minimum
from fiducial.checks.objectives import places
from fiducial.reference.objectives import cliff
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

CLIFF = Landscape(cliff, {"x": places(1, scales=(1.0, 0.25)), "s": st.sampled_from((0.1, 1.0)),
                          "d": st.sampled_from((1.0, 0.3, 3.0)), "k": st.sampled_from((5.0, 2.0, 10.0)),
                          "b": st.sampled_from((2.0, -1.0, 0.5))})


def gently(x: Any, g: Any, *, s: float = 0.1, d: float = 1.0, k: float = 20.0, b: float = 2.0) -> Any:
    """φ' = s + d σσ̄: the wall's slope without its k."""
    first = s + (cliff.slopes(x, s=s, d=d, k=k, b=b)[0] - s) / k
    return g * cliff.height(x, s=s, d=d, k=k, b=b) * first


BINDING = Binding(row="cliff", section=11, definition=cliff, claims=(*CLIFF.claims, rises_away_from_the_minimum),
                  wrong=[*CLIFF.wrong, Wrong(variant(cliff, backward=gently), by=rises_away_from_the_minimum)])
test_cliff = define_test(BINDING)


def in_torch(x: torch.Tensor, s: float, d: float, k: float, b: float) -> torch.Tensor:
    """The formula; σ as exp ln σ, as torch's slope of σ is y (1 - y), which loses the digits of 1 - y."""
    wall = logsigmoid(k * (x - b)).exp() - logsigmoid(k * (torch.zeros_like(x) - b)).exp()
    return 0.5 * (s * x + d * wall).square().sum()


test_torch_agrees = CLIFF.agrees_with_torch(in_torch)


def test_a_cliff_in_two_dimensions_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        cliff.forward(np.zeros(2))
    assert str(raised.value) == "x must have shape (1,), got (2,)"
