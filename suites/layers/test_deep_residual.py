"""The deep residual net against its claims."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.gradient_flow import DEEP, residual_nets_keep_the_mean_square
from fiducial.reference.layers import deep_residual
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]
FOLLOWS = follows_definition(deep_residual, examples=50, **DEEP)
BACKWARD = gradient_follows_definition(deep_residual, examples=50, **DEEP)
DERIVATIVE = gradient_is_the_derivative(examples=10, **DEEP)


def unscaled(x: Array, w: Array, v: Array) -> Array:
    """Branches without L^{-½}."""
    return deep_residual.forward(x, w, v * len(v) ** 0.5)


def without_shortcuts(x: Array, w: Array, v: Array, g: Array) -> deep_residual.Gradients:
    """g ← h W in place of g + h W, of the last block alone."""
    found = deep_residual.backward(x, w, v, g)
    return found._replace(x=found.x - g)


def unscaled_draw(depth: int, width: int, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Branches that are as large as what they are added to."""
    w, v = deep_residual.draw(depth, width, rng=rng)
    return w, v * depth**0.5


BINDING = Binding(
    row="vanishing / exploding gradients: residual nets", section=3, definition=deep_residual,
    claims=(FOLLOWS, BACKWARD, DERIVATIVE, residual_nets_keep_the_mean_square),
    wrong=[
        Wrong(variant(deep_residual, forward=unscaled), by=FOLLOWS),
        Wrong(variant(deep_residual, backward=without_shortcuts), by=BACKWARD),
        Wrong(variant(deep_residual, backward=without_shortcuts), by=DERIVATIVE),
        Wrong(variant(deep_residual, draw=unscaled_draw), by=residual_nets_keep_the_mean_square),
    ])

test_deep_residual = define_test(BINDING)
