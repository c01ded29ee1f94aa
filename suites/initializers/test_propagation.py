"""Predicted moments are those of all nets; the formulas as the lectures print them are not."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fiducial.checks.evidence import Array
from fiducial.checks.moments_of_nets import (
    a_random_bias_adds_its_variance,
    gradient_moments_are_those_of_all_nets,
    linear_moments_are_those_of_all_nets,
    product_has_this_variance,
    rectified_moments_are_those_of_all_nets,
    rectifying_halves_the_second_moment,
)
from fiducial.reference.initializers import propagation
from fiducial.suites.bindings import Binding, Wrong, define_test, variant


def by_fan_out(second_moment: float, widths: Sequence[int], variances: Sequence[float]) -> list[float]:
    """The layer's own width for that of the layer below."""
    return [second_moment, *propagation.linear(second_moment, widths[1:], variances)[1:]]


def half_everywhere(second_moment: float, widths: Sequence[int], variances: Sequence[float]) -> list[float]:
    """½ in front of every factor."""
    return [moment / 2 for moment in propagation.rectified(second_moment, widths, variances)]


def one_layer_too_far(second_moment: float, widths: Sequence[int], variances: Sequence[float]) -> list[float]:
    """The product runs to N, whose factor is taken for that of the layer before."""
    return [widths[-1] * variances[-1] * moment for moment in propagation.backward(second_moment, widths, variances)]


def product_as_printed(mean_u: float, variance_u: float, mean_w: float, variance_w: float) -> float:
    """E(u²) E(w²) - E²(u²) E²(w²)."""
    u, w = variance_u + mean_u**2, variance_w + mean_w**2
    return u * w - u**2 * w**2


def half_as_printed(s: Array) -> Any:
    """½ var(s²)."""
    return np.var(s**2) / 2


CLAIMS = (linear_moments_are_those_of_all_nets, rectified_moments_are_those_of_all_nets,
          gradient_moments_are_those_of_all_nets, a_random_bias_adds_its_variance, product_has_this_variance,
          rectifying_halves_the_second_moment)
BINDING = Binding(row="propagation of variances", section=5, definition=propagation, claims=CLAIMS, wrong=[
    Wrong(variant(propagation, linear=by_fan_out), by=linear_moments_are_those_of_all_nets),
    Wrong(variant(propagation, rectified=half_everywhere), by=rectified_moments_are_those_of_all_nets,
          printed="½ in front of every layer's factor n_jD(w_j), input layer too",
          right="not for the input, which no ReLU has cut"),
    Wrong(variant(propagation, backward=one_layer_too_far), by=gradient_moments_are_those_of_all_nets,
          printed="backward variance product over j=d…N", right="N-d layers: d…N-1"),
    Wrong(variant(propagation, biased=lambda moment, width, variance, bias: width * variance * moment),
          by=a_random_bias_adds_its_variance,
          printed="variance goal met with a random bias term of the same variance",
          right="the bias adds var(w₀): it must be constant"),
    Wrong(variant(propagation, product=product_as_printed), by=product_has_this_variance,
          printed="D(uw)=E(u²)E(w²)-E²(u²)E²(w²) for independent u, w",
          right="…-E²(u)E²(w); = D(u)D(w) only at zero means"),
    Wrong(variant(propagation, half=half_as_printed), by=rectifying_halves_the_second_moment,
          printed="E(x²)=½var(s²) after ReLU", right="½var(s), for symmetric s"),
])
test_propagation = define_test(BINDING)


def test_he_doubles_the_pre_activations_once_and_keeps_them_from_then_on() -> None:
    """At standardized input E s² = 2 in every hidden layer: 2 E x², where E x² = 1 for the input and for max(s, 0)."""
    widths = (8, 5, 3, 16)
    assert propagation.rectified(1.0, widths, [2 / n for n in widths[:-1]]) == [2.0, 2.0, 2.0]
    assert propagation.linear(1.0, widths, [1 / n for n in widths[:-1]]) == [1.0, 1.0, 1.0, 1.0]
