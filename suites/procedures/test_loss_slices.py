"""Slices through an objective against their claims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fiducial.checks.loss_slices import (
    ends_are_the_ends,
    filters_have_the_nets_norms,
    rescaled_layers_look_the_same,
    slices_of_a_quadratic_are_parabolas,
)
from fiducial.reference.procedures import loss_slices
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def exchanged(objective: Any, start: Any, end: Any, ts: Any) -> Any:
    """From the end to the start."""
    return loss_slices.segment(objective, end, start, ts)


def from_zero(objective: Any, start: Any, end: Any, ts: Any) -> Any:
    """θ₁ scaled by t, beside the start's own value."""
    moved = loss_slices.segment(objective, [0 * layer for layer in start], end, ts)
    return np.where(np.array(ts) == 0, objective(start), moved)


def other_way_round(objective: Any, theta: Any, d: Any, e: Any, alphas: Any, betas: Any) -> Any:
    """α along e, β along d."""
    return loss_slices.plane(objective, theta, e, d, alphas, betas)


def layer_by_layer(direction: Any, theta: Any) -> Any:
    """One norm for a layer."""
    return [d * np.linalg.norm(layer) / np.linalg.norm(d) for d, layer in zip(direction, theta, strict=True)]


def not_normalised(theta: Any, *, rng: np.random.Generator) -> Any:
    """As it was drawn."""
    return [rng.standard_normal(layer.shape) for layer in theta]


BINDING = Binding(
    row="loss slices", section=10, definition=loss_slices,
    claims=(ends_are_the_ends, slices_of_a_quadratic_are_parabolas, filters_have_the_nets_norms,
            rescaled_layers_look_the_same),
    wrong=[Wrong(variant(loss_slices, segment=exchanged), by=ends_are_the_ends),
           Wrong(variant(loss_slices, segment=from_zero), by=slices_of_a_quadratic_are_parabolas),
           Wrong(variant(loss_slices, plane=other_way_round), by=slices_of_a_quadratic_are_parabolas),
           Wrong(variant(loss_slices, filter_normalised=layer_by_layer), by=filters_have_the_nets_norms),
           Wrong(variant(loss_slices, random_direction=not_normalised), by=rescaled_layers_look_the_same)])
test_loss_slices = define_test(BINDING)


def test_a_direction_of_another_shape_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError) as raised:
        loss_slices.filter_normalised([np.zeros(2)], [np.zeros(3)])
    assert str(raised.value) == "direction must have the shapes of theta, got (2,) beside (3,)"
