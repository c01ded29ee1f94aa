"""The deep linear net against its claims."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from fiducial.checks.fitted_objectives import (
    FACTORS,
    LAYERS,
    MAP,
    neighbouring_layers_balance,
    nothing_moves_at_zero,
    scale_moves_between_layers,
)
from fiducial.reference.objectives import deep_linear
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

SINGULAR_VECTORS = 256.0  # by how many units of rounding of its norm a product of singular vectors of 3×3 may be off
DEEP = Landscape(deep_linear, {"theta": FACTORS, "m": MAP, "sizes": LAYERS}, away=lambda rest: SINGULAR_VECTORS,
                 examples=30)


def first_layer_twice(theta: Any, m: Any, g: Any, *, sizes: Any) -> Any:
    """The first layer learns twice as fast."""
    found = deep_linear.backward(theta, m, g, sizes=sizes)
    return np.concatenate([2 * found[:sizes[0] * sizes[1]], found[sizes[0] * sizes[1]:]])


def penalised(theta: Any, m: Any, *, sizes: Any) -> Any:
    """A penalty on the weights."""
    return deep_linear.forward(theta, m, sizes=sizes) + 0.01 * np.sum(theta**2)


def with_biases(theta: Any, m: Any, g: Any, *, sizes: Any) -> Any:
    """A gradient that does not vanish with the weights."""
    return deep_linear.backward(theta, m, g, sizes=sizes) + 0.01


BINDING = Binding(
    row="deep linear net", section=11, definition=deep_linear,
    claims=(*DEEP.claims, neighbouring_layers_balance, scale_moves_between_layers, nothing_moves_at_zero),
    wrong=[*DEEP.wrong, Wrong(variant(deep_linear, backward=first_layer_twice), by=neighbouring_layers_balance),
           Wrong(variant(deep_linear, forward=penalised), by=scale_moves_between_layers),
           Wrong(variant(deep_linear, backward=with_biases), by=nothing_moves_at_zero)])
test_deep_linear = define_test(BINDING)


def in_torch(theta: torch.Tensor, m: torch.Tensor, sizes: tuple[int, ...]) -> torch.Tensor:
    """The formula, with torch's chain of products."""
    ws, begun = [], 0
    for below, above in pairwise(sizes):
        ws.append(theta[begun:begun + above * below].view(above, below))
        begun += above * below
    product: torch.Tensor = torch.linalg.multi_dot(ws[::-1])
    return 0.5 * (product - m).square().sum()


test_torch_agrees = DEEP.agrees_with_torch(in_torch)


def test_weights_that_do_not_fit_are_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        deep_linear.forward(np.zeros(3), np.eye(2), sizes=(2, 2))
    assert str(raised.value) == "theta must hold 4 numbers for sizes (2, 2), got 3"


def test_a_bottleneck_leaves_the_smaller_singular_values_unlearnt() -> None:
    assert deep_linear.infimum(m=np.diag([3.0, 2.0]), sizes=(2, 1, 2)) == pytest.approx(2.0, rel=1e-14)
