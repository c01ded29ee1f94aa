"""The chain of sigmoid neurons against its claims: where gradients vanish, and where they explode."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.checks.claims_of_maps import follows_definition, gradient_follows_definition, gradient_is_the_derivative
from fiducial.checks.gradient_flow import (
    CHAIN,
    bounded_by_quarters_of_the_weights,
    fate_at_the_fixed_point,
    product_of_slopes_and_weights,
)
from fiducial.reference.layers import sigmoid_chain
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]
FOLLOWS = follows_definition(sigmoid_chain, examples=50, **CHAIN)
BACKWARD = gradient_follows_definition(sigmoid_chain, examples=50, **CHAIN)
DERIVATIVE = gradient_is_the_derivative(examples=10, **CHAIN)


def without_biases(x: Array, w: Array, b: Array) -> Array:
    """z = w a."""
    return sigmoid_chain.forward(x, w, 0 * b)


def weight_of_the_layer_before(x: Array, w: Array, b: Array, g: Array) -> sigmoid_chain.Gradients:
    """Π_{k>1} w_{k-1} σ'(z_k)."""
    found = sigmoid_chain.backward(x, w, b, g)
    return found._replace(b=found.b / np.append(w[1:], 1.0)[::-1].cumprod()[::-1]
                          * np.append(w[:-1], 1.0)[::-1].cumprod()[::-1])


def without_absolute_values(w: Array, g: Array) -> Array:
    """2 · ¼ · w for each layer, the 2 standing for the derivative of the squared error."""
    return np.append(0.25 * w[1:], 0.25 * 2.0)[::-1].cumprod()[::-1]


def vanishing_or_exploding(x: Array, w: Array, b: Array, g: Array) -> sigmoid_chain.Gradients:
    """The limits: nothing where every layer costs less than 1, all where it costs more, and no third case."""
    found = sigmoid_chain.backward(x, w, b, g)
    return found._replace(b=np.where(np.prod(np.abs(w) / 4) < 1, 0.0, np.inf) * np.ones_like(w))


BINDING = Binding(
    row="vanishing / exploding gradients: sigmoid chain", section=3, definition=sigmoid_chain,
    claims=(FOLLOWS, BACKWARD, DERIVATIVE, product_of_slopes_and_weights, bounded_by_quarters_of_the_weights,
            fate_at_the_fixed_point),
    wrong=[
        Wrong(variant(sigmoid_chain, forward=without_biases), by=FOLLOWS),
        Wrong(variant(sigmoid_chain, backward=weight_of_the_layer_before), by=BACKWARD),
        Wrong(variant(sigmoid_chain, backward=weight_of_the_layer_before), by=DERIVATIVE),
        Wrong(variant(sigmoid_chain, backward=weight_of_the_layer_before), by=product_of_slopes_and_weights),
        Wrong(variant(sigmoid_chain, bound=without_absolute_values), by=bounded_by_quarters_of_the_weights,
              printed="derivative bounded by 2·¼·w", right="by absolute values; the 2 is |∂C/∂y| ≤ 2|y - a|"),
        Wrong(variant(sigmoid_chain, backward=vanishing_or_exploding), by=fate_at_the_fixed_point,
              printed="gradients either vanish or explode", right="neither where a layer costs 1: w = 4 at σ = ½"),
    ])

test_sigmoid_chain = define_test(BINDING)
