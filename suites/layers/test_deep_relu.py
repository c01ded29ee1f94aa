"""The deep ReLU net at He scale against its claims."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.gradient_flow import DEEP, he_keeps_the_mean_square
from fiducial.reference.layers import deep_relu
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]
DRAWS = {name: DEEP[name] for name in ("x", "w")}
FOLLOWS = follows_definition(deep_relu, examples=50, **DRAWS)
BACKWARD = gradient_follows_definition(deep_relu, examples=50, **DRAWS)
DERIVATIVE = gradient_is_the_derivative(examples=10, **DRAWS)


def affine_at_the_end(x: Array, w: Array) -> Array:
    """The last layer without its rectifier."""
    found: Array = deep_relu.forward(x, w[:-1]) @ w[-1].T
    return found


def without_masks(x: Array, w: Array, g: Array) -> deep_relu.Gradients:
    """The weights alone, as if every unit were active."""
    found = deep_relu.backward(x, w, g)
    for k in reversed(range(len(w))):
        g = g @ w[k]
    return found._replace(x=g)


def of_variance(variance: float) -> Any:
    """Weights of variance `variance`/n."""
    def draw(depth: int, width: int, *, rng: np.random.Generator) -> Any:
        return deep_relu.draw(depth, width, rng=rng) * np.sqrt(variance / 2)
    return variant(deep_relu, draw=draw)


BINDING = Binding(
    row="vanishing / exploding gradients: ReLU at He scale", section=3, definition=deep_relu,
    claims=(FOLLOWS, BACKWARD, DERIVATIVE, he_keeps_the_mean_square),
    wrong=[
        Wrong(variant(deep_relu, forward=affine_at_the_end), by=FOLLOWS),
        Wrong(variant(deep_relu, backward=without_masks), by=BACKWARD),
        Wrong(variant(deep_relu, backward=without_masks), by=DERIVATIVE),
        Wrong(of_variance(1.0), by=he_keeps_the_mean_square),
        Wrong(of_variance(64.0), by=he_keeps_the_mean_square, printed="ReLU: no vanishing or exploding",
              right="neither at He scale only: each layer's factor is n Var(w)/2"),
        Wrong(of_variance(1.7), by=he_keeps_the_mean_square),
    ])

test_deep_relu = define_test(BINDING)
