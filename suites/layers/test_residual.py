"""The residual block against its claims."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.networks import RESIDUAL, identity_without_a_branch, jacobian_is_one_and_the_branch
from fiducial.reference.layers import residual
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]
FOLLOWS = follows_definition(residual, examples=50, **RESIDUAL)
BACKWARD = gradient_follows_definition(residual, examples=50, **RESIDUAL)
DERIVATIVE = gradient_is_the_derivative(examples=10, **RESIDUAL)


def rectified(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    """max(0, x + F(x)), as in the first paper."""
    return np.maximum(residual.forward(x, w1, b1, w2, b2), 0.0)


def without_the_shortcut(*arguments: Array, **named: Array) -> Any:
    """The gradient through the branch alone."""
    found = residual.backward(*arguments, **named)
    return found._replace(x=found.x - (named["g"] if named else arguments[-1]))


def halved(*arguments: Array) -> Any:
    """(x + F(x)) / 2: a path of derivative ½."""
    found = residual.backward(*arguments)
    return found._replace(x=found.x / 2)


BINDING = Binding(
    row="residual block", section=3, definition=residual,
    claims=(FOLLOWS, BACKWARD, DERIVATIVE, identity_without_a_branch, jacobian_is_one_and_the_branch),
    wrong=[
        Wrong(variant(residual, forward=rectified), by=FOLLOWS),
        Wrong(variant(residual, backward=without_the_shortcut), by=BACKWARD),
        Wrong(variant(residual, backward=without_the_shortcut), by=DERIVATIVE),
        Wrong(variant(residual, forward=rectified), by=identity_without_a_branch),
        Wrong(variant(residual, backward=halved), by=jacobian_is_one_and_the_branch),
    ])

test_residual = define_test(BINDING)
