"""Four ways to one gradient, against each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiducial.checks.graphs import four_ways_agree
from fiducial.reference.graphs import four_ways
from fiducial.suites.bindings import Binding, Wrong, define_test, variant

Array = NDArray[Any]


def without_the_slope(x: Array, t: float, w: Array, b: float) -> Array:
    """(y - t) x: right for the cross-entropy, wrong here."""
    found: Array = (four_ways._sigmoid(np.dot(w, x) + b) - t) * np.append(x, 1.0)
    return found


def one_sided(x: Array, t: float, w: Array, b: float, *, h: float) -> Array:
    """(E(θ + h) - E(θ)) / h: off by h/2 E''."""
    theta = np.append(w, b)
    moved = [four_ways.objective(x, t, row[:-1], row[-1]) for row in theta + h * np.eye(theta.size)]
    found: Array = (np.array(moved) - four_ways.objective(x, t, w, b)) / h
    return found


BINDING = Binding(
    row="four ways to a gradient", section=3, definition=four_ways, claims=(four_ways_agree,),
    wrong=[Wrong(variant(four_ways, analytic=without_the_slope), by=four_ways_agree),
           Wrong(variant(four_ways, numerical=one_sided), by=four_ways_agree)])

test_four_ways = define_test(BINDING)
