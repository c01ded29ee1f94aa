"""The shapes of unit tests against their claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from torch.nn import functional as F

from fiducial.checks.objectives import places
from fiducial.checks.prototypes import (
    SHAPES,
    convex_shapes_are_convex,
    scale_stretches_the_axis,
    the_infimum_is_approached,
)
from fiducial.reference.objectives import shape_prototypes
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.objectives.landscapes import Landscape

Curve = Callable[[torch.Tensor], torch.Tensor]
CURVES = Landscape(shape_prototypes, {
    "x": places(2, (1.0, 0.25)).map(lambda x: x + 0.03125), "shape": SHAPES, "scale": st.sampled_from((1.0, 0.5, 3.0))},
    critical=False, bounded=False, examples=100)


def higher_too(x: Any, *, shape: str = "bowl", scale: float = 1.0) -> Any:
    """s φ(x / s)."""
    return scale * shape_prototypes.forward(x, shape=shape, scale=scale)


def with_walls_that_level_out(x: Any, *, shape: str = "bowl", scale: float = 1.0) -> Any:
    """φ / (1 + |φ|)."""
    height = shape_prototypes.forward(x, shape=shape, scale=scale)
    return height / (1 + np.abs(height))


def too_low(*, shape: str = "bowl", scale: float = 1.0, n: int = 1) -> float:
    """-1 where it is 0."""
    return shape_prototypes.infimum(shape=shape, scale=scale, n=n) - 1


BINDING = Binding(
    row="shapes × scale × noise × curl × non-stationarity: shapes and scales", section=11, definition=shape_prototypes,
    claims=(*CURVES.claims, scale_stretches_the_axis, convex_shapes_are_convex, the_infimum_is_approached),
    wrong=[*CURVES.wrong, Wrong(variant(shape_prototypes, forward=higher_too), by=scale_stretches_the_axis),
           Wrong(variant(shape_prototypes, forward=with_walls_that_level_out), by=convex_shapes_are_convex),
           Wrong(variant(shape_prototypes, infimum=too_low), by=the_infimum_is_approached)])
test_shape_prototypes = define_test(BINDING)

IN_TORCH: dict[str, Curve] = {
    "line": torch.neg, "bowl": lambda z: 0.5 * z**2, "absolute": torch.abs, "rectified": torch.relu,
    "exponential": torch.exp, "valley": lambda z: z**2 / (torch.sqrt(1 + z**2) + 1), "quartic": lambda z: 0.25 * z**4,
    "gaussian": lambda z: -torch.expm1(-0.5 * z**2), "laplace": lambda z: -torch.expm1(-z.abs()),
    "step": lambda z: 0.5 + 0.5 * torch.tanh(z), "inflexion": lambda z: z**3,
}
TO_DIFFERENTIATE: dict[str, Curve] = IN_TORCH | {
    "gaussian": lambda z: 1 - torch.exp(-0.5 * z**2), "laplace": lambda z: 1 - torch.exp(-z.abs()),
    "step": lambda z: F.logsigmoid(2 * z).exp(),
}


def in_torch(x: torch.Tensor, shape: str, scale: float) -> torch.Tensor:
    """The formula."""
    return IN_TORCH[shape](x / scale).sum()


def to_differentiate(x: torch.Tensor, shape: str, scale: float) -> torch.Tensor:
    """The formula in a form whose derivative does not cancel in torch: expm1's is y + 1, that of tanh 1 - y²."""
    return TO_DIFFERENTIATE[shape](x / scale).sum()


test_torch_agrees = CURVES.agrees_with_torch(in_torch, to_differentiate)


def test_an_unknown_shape_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        shape_prototypes.forward(np.zeros(1), shape="cube")
    assert str(raised.value).startswith("shape must be one of line, bowl, absolute, ")
