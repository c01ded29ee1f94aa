"""The curvature by layer against its claims."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.checks.claims_of_maps import follows_definition
from fiducial.checks.gradient_flow import curvature_falls_towards_the_input, diagonal_of
from fiducial.checks.networks import PAIR
from fiducial.reference.layers import curvature, mlp_objective
from fiducial.reference.layers.mlp import LOGISTIC, layers, passed
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]
FOLLOWS, SECOND = follows_definition(curvature, **PAIR), diagonal_of(mlp_objective.forward)


def gauss_newton(x: Array, t: Array, theta: Array, *, sizes: Any) -> Array:
    """Without the term in σ'': targets at the outputs make it vanish in the last layer, and so in all."""
    y = passed(np.reshape(x, (1, -1)), theta, sizes, LOGISTIC)[0][-1][0]
    return curvature.forward(x, y, theta, sizes=sizes)


def without_slopes(x: Array, t: Array, theta: Array, *, sizes: Any) -> list[Array]:
    """H_{k-1} = W_kᵀ H_k W_k alone, from I."""
    found = [np.eye(sizes[-1])]
    for w, _ in reversed(layers(theta, sizes)[1:]):
        found.append(w.T @ found[-1] @ w)
    return found[::-1]


BINDING = Binding(
    row="curvature by layer", section=3, definition=curvature,
    claims=(FOLLOWS, SECOND, curvature_falls_towards_the_input),
    wrong=[
        Wrong(variant(curvature, forward=gauss_newton), by=FOLLOWS),
        Wrong(variant(curvature, forward=gauss_newton), by=SECOND),
        Wrong(variant(curvature, blocks=without_slopes), by=curvature_falls_towards_the_input),
    ])

test_curvature = define_test(BINDING)
