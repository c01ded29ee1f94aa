"""The correlated quadratic against its claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fiducial.checks.landscapes import convex, newton_ends_at_the_minimum, stated_eigenvalues_are_the_hessians
from fiducial.checks.objectives import places
from fiducial.reference.objectives import correlated_quadratic
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape, half_as_bent, negative

N = st.shared(st.integers(1, 4), key="entries of a correlated bowl")
DRAWS = {"x": places(N), "rho": st.sampled_from((0.9, 0.0, -0.25, 0.99)), "c": st.sampled_from((0.0, -1.5))}
BOWL = Landscape(correlated_quadratic, DRAWS)
NEWTON, CONVEX = newton_ends_at_the_minimum(**DRAWS), convex(other=places(N), **DRAWS)


def of_two_inputs(*, rho: float = 0.9, n: int = 2) -> Any:
    """1 ± ρ, whatever n."""
    return np.sort(np.append(np.full(n - 1, 1 - rho), 1 + rho))


BINDING = Binding(
    row="correlated quadratic", section=11, definition=correlated_quadratic,
    claims=(*BOWL.claims, NEWTON, CONVEX, stated_eigenvalues_are_the_hessians),
    wrong=[*BOWL.wrong, Wrong(half_as_bent(correlated_quadratic), by=NEWTON),
           Wrong(negative(correlated_quadratic), by=CONVEX),
           Wrong(variant(correlated_quadratic, eigenvalues=of_two_inputs), by=stated_eigenvalues_are_the_hessians)])
test_correlated_quadratic = define_test(BINDING)


def in_torch(x: torch.Tensor, rho: float, c: float) -> torch.Tensor:
    """The formula, with H written out."""
    h = (1 - rho) * torch.eye(len(x), dtype=x.dtype) + rho
    return 0.5 * torch.dot(x - c, h @ (x - c))


test_torch_agrees = BOWL.agrees_with_torch(in_torch)


def test_a_correlation_beyond_what_a_bowl_can_have_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        correlated_quadratic.forward(np.zeros(3), rho=-0.5)
    assert str(raised.value) == "rho must lie strictly between -0.5 and 1 for n = 3, got -0.5"
