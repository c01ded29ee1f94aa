"""Randomized leaky ReLU against its claims, torch's among its subjects."""

import numpy as np
from numpy.typing import NDArray

from fiducial.checks import rectifiers as claims
from fiducial.reference.activations import rrelu
from fiducial.suites.bindings import Binding, Wrong, define_test, variant
from fiducial.suites.rules.activations import RRELU

Array = NDArray[np.float64]


def dividing_train(x: Array, *, rng: np.random.Generator, lower: float, upper: float) -> Array:
    """x / a, a ~ U(1/u, 1/l): the paper's U(3, 8) for the bounds 1/8 and 1/3."""
    return rrelu.dividing_train(x, rng=rng, lower=1 / upper, upper=1 / lower)


def dividing_test(x: Array, *, lower: float, upper: float) -> Array:
    """x / ½(1/l + 1/u): x / 5.5 for the bounds 1/8 and 1/3."""
    return rrelu.dividing_test(x, lower=1 / upper, upper=1 / lower)


def one_leak_for_all(x: Array, *, rng: np.random.Generator, lower: float, upper: float) -> Array:
    """One draw for the whole array."""
    return rrelu.forward(x, np.full(x.shape, rng.uniform(lower, upper)))


def drawn_anew(x: Array, g: Array, *, rng: np.random.Generator, lower: float, upper: float) -> tuple[Array, Array]:
    """Other leaks in the backward pass."""
    leaks = [rrelu.draw(x.shape, rng=rng, lower=lower, upper=upper) for _ in range(2)]
    return rrelu.forward(x, leaks[0]), rrelu.backward(x, leaks[1], g)


BINDING = Binding(
    row="randomized leaky ReLU", section=1, rule=RRELU, against=("torch.nn.functional:rrelu", "torch.nn:RReLU"),
    wrong=[
        Wrong(variant(rrelu, train=dividing_train, test=dividing_test), by=claims.test_is_the_mean_of_training),
        Wrong(variant(rrelu, train=one_leak_for_all), by=claims.leaks_are_uniform),
        Wrong(variant(rrelu, train=dividing_train), by=claims.leaks_are_uniform),
        Wrong(variant(rrelu, train_with_gradient=drawn_anew), by=claims.gradient_leaks_as_the_values_do),
    ])

test_rrelu = define_test(BINDING)
