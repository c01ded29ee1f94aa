"""Rules of layers: how public functions and modules spell the arguments of the definitions in `reference.layers`."""

from __future__ import annotations

from typing import Any

from fiducial.checks.claims import Claim
from fiducial.checks.claims_of_maps import (
    float32_follows_definition,
    follows_definition,
    gradient_follows_definition,
    gradient_is_the_derivative,
    layouts_change_nothing,
)
from fiducial.checks.networks import AFFINE
from fiducial.reference.layers import affine
from fiducial.suites.rules.kinds import MapRule


def of_a_map(definition: Any, **draws: Any) -> tuple[Claim, ...]:
    """What every layer claims: values, gradients, float32, strides."""
    return (follows_definition(definition, **draws), gradient_follows_definition(definition, **draws),
            gradient_is_the_derivative(**draws), float32_follows_definition(definition, **draws),
            layouts_change_nothing(definition, **draws))


LINEAR = MapRule(
    name="linear", aliases=("affine", "dense"), summary="Affine layer: weights times inputs, plus biases.",
    formula="z = y Wᵀ + b", source="Rumelhart, Hinton, Williams, 1986, equation 1",
    definition=affine, claims=of_a_map(affine, **AFFINE), positional=("x", "w", "b"),
    parameters={"w": ("weight",), "b": ("bias",)},
    sizes={"in_features": lambda s: s["w"].shape[1], "out_features": lambda s: s["w"].shape[0]})
